"""What is added up window by window along two axes goes along one of them first, where a product for each place would be narrow."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest

from tests.networks import CONVOLVED, assert_same_gradient, body_of, point

Compiled = Callable[..., ModuleType]

CASES = {
    "plain": ("7, 6, 3", "conv2d: {filters: 4, kernel_size: [3, 2]}"),
    "padded": ("7, 6, 3", "conv2d: {filters: 4, kernel_size: 3, padding: same}"),
    "steps": ("9, 8, 2", "conv2d: {filters: 4, kernel_size: 3, strides: [2, 1]}"),
    "holes": ("9, 8, 2", "conv2d: {filters: 4, kernel_size: 3, dilation_rate: [2, 3]}"),
    "three axes": ("5, 6, 7, 2", "conv3d: {filters: 3, kernel_size: [2, 3, 2]}"),
    "forwards": ("5, 4, 3", "conv2d_transpose: {filters: 3, kernel_size: [3, 2]}"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_gradient_is_that_of_a_product_for_each_place(
    name: str, compiled: Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape, layer = CASES[name]
    text = CONVOLVED.format(shape=shape, layer=layer)
    module, plain = compiled(text), compiled(text, without=["workspace"])
    monkeypatch.setattr("symbprop.schedule.kernels.stages", lambda *_: None)
    whole = compiled(text)
    assert "_bands[" in body_of(module)
    assert "_bands[" not in body_of(whole)
    params, data = point(module, batch=3)
    for _ in range(2):  # the second time over what the first has left in the workspace
        for each in (module, plain):
            assert_same_gradient(each, whole, params, data, loss=1e-13, rtol=1e-10, atol=1e-12)


def test_the_products_of_one_row_of_a_kernel_are_one(compiled: Compiled) -> None:
    shape, layer = CASES["plain"]
    body = body_of(compiled(CONVOLVED.format(shape=shape, layer=layer)))
    inner = [line for line in body.splitlines() if line.startswith(" " * 8) and "+=" in line]
    assert len(inner) == 2  # one product for each of three rows, one slice for each of two columns
    assert "K[p].reshape(-1, 4)" in body


@pytest.mark.parametrize(
    ("shape", "layer"),
    [
        ("7, 6, 40", "conv2d: {filters: 4, kernel_size: 3}"),  # whose products have 40 rows as they are
        ("9, 3", "conv1d: {filters: 4, kernel_size: 3}"),
        ("6, 6, 3", "conv2d: {filters: 4, kernel_size: 2, strides: 2}"),  # side by side, a view
    ],
)
def test_others_have_no_bands(shape: str, layer: str, compiled: Compiled) -> None:
    body = body_of(compiled(CONVOLVED.format(shape=shape, layer=layer)))
    assert "_bar_bands" not in body
