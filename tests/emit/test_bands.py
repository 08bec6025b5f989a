"""Windows along the slowest axis are seen in a copy of those along the others, and nothing is copied for them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from types import ModuleType

import numpy as np
import pytest

from symbprop.calculus.gradient import gradient
from symbprop.calculus.interpreter import Arithmetic, interpret
from symbprop.language.source import Source
from symbprop.network.build import build
from symbprop.pipeline import read
from tests.networks import CONVOLVED, assert_same_gradient, body_of, point

Compiled = Callable[..., ModuleType]

EXACT = Arithmetic(rational=Fraction, functions={}, power=lambda base, exponent: Fraction(base) ** int(exponent))

BANDED = {
    "plain": ("6, 40, 2", "conv2d: {filters: 4, kernel_size: 3}"),
    "padded, some rows left out": (
        "7, 42, 2",
        "conv2d: {filters: 6, kernel_size: [3, 2], strides: [2, 1], padding: same}",
    ),
    "holes along the rows": ("5, 40, 2", "conv2d: {filters: 4, kernel_size: 3, dilation_rate: [1, 2]}"),
    "steps along the rows": ("5, 81, 2", "conv2d: {filters: 4, kernel_size: 3, strides: [1, 2]}"),
    "many": ("4, 20, 12", "conv2d: {filters: 16, kernel_size: 3}"),
    "three axes": ("4, 8, 9, 1", "conv3d: {filters: 3, kernel_size: [2, 3, 3]}"),
}
WHOLE = {
    "holes from row to row": ("7, 40, 2", "conv2d: {filters: 4, kernel_size: 3, dilation_rate: [2, 1]}"),
    "little to do": ("6, 6, 2", "conv2d: {filters: 4, kernel_size: 3}"),
    "more to add up than to copy": ("9, 9, 4", "conv2d: {filters: 200, kernel_size: 3}"),
}


def fractions(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    found = np.empty(shape, dtype=object)
    for place in np.ndindex(shape):
        found[place] = Fraction(int(rng.integers(1, 9)), int(rng.integers(1, 4)))
    return found


@pytest.mark.parametrize("name", BANDED)
def test_the_gradient_is_that_of_all_windows_copied(name: str, compiled: Compiled) -> None:
    shape, layer = BANDED[name]
    text = CONVOLVED.format(shape=shape, layer=layer)
    module, plain = compiled(text), compiled(text, without=["workspace"])
    assert "_bands = _windows(" in body_of(module)
    assert "_bands = _windows(" not in body_of(plain)
    params, data = point(module, batch=3)
    for _ in range(2):  # the second time in what the first has left in the workspace
        assert_same_gradient(module, plain, params, data, loss=1e-13, rtol=1e-10, atol=1e-12)


def test_an_axis_may_be_of_a_length_that_is_known_at_run_time_alone(compiled: Compiled) -> None:
    text = CONVOLVED.format(shape="6, T, 2", layer="conv2d: {filters: 6, kernel_size: 3}")
    text = text.replace("flatten", "global_average_pooling2d")
    module, plain = compiled(text), compiled(text, without=["workspace"])
    assert "_bands = _windows(" in body_of(module)
    rng = np.random.default_rng(2)
    params = {name: rng.normal(size=shape) for name, shape in module.PARAMETERS.items()}
    for length in (3, 17):
        data = [rng.normal(size=(3, 6, length, 2)), rng.normal(size=(3, 2))]
        assert_same_gradient(module, plain, params, data, loss=1e-13, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", ["plain", "padded, some rows left out"])
def test_the_gradient_is_exact_on_fractions(name: str, compiled: Compiled) -> None:
    shape, layer = BANDED[name]
    text = CONVOLVED.format(shape=shape, layer=layer)
    module = compiled(text)
    rng = np.random.default_rng(3)
    params = {each: fractions(rng, sizes) for each, sizes in module.PARAMETERS.items()}
    x, y = (fractions(rng, (1, *sizes[1:])) for sizes in (module.INPUTS["x"], module.TARGETS["y"]))
    program = build(read(Source("net.yaml", text))).program
    derived = gradient(program, list(params))
    truth = interpret(derived.program, {**params, "x": x, "y": y, derived.seed: Fraction(1)}, {"N": 1}, EXACT)
    _, grads = module.loss_and_grad(params, x, y, cotangent=Fraction(1))
    for each, bar in derived.gradients.items():
        for place, value in truth[bar].items():
            assert grads[each][place] == value, (each, place)


@pytest.mark.parametrize("name", WHOLE)
def test_where_rows_are_no_blocks_or_little_is_gained_all_windows_are_copied(name: str, compiled: Compiled) -> None:
    shape, layer = WHOLE[name]
    body = body_of(compiled(CONVOLVED.format(shape=shape, layer=layer)))
    assert "_windows(" in body
    assert "_bands = _windows(" not in body


def test_of_windows_of_five_rows_a_fifth_is_copied_once_for_both_products(compiled: Compiled) -> None:
    module = compiled(CONVOLVED.format(shape="28, 28, 1", layer="conv2d: {filters: 6, kernel_size: 5}"))
    body = body_of(module)
    assert body.count("_bands = _windows(") == 1
    assert body.count("_windows(") == 2
    params, data = point(module, batch=2)
    module.loss_and_grad(params, *data)
    ((work,),) = module._IDLE.values()
    (windows,) = (each for name, each in vars(work).items() if name.endswith("_windows"))
    assert windows.size == 2 * 28 * 5 * 24


def test_rows_whose_product_is_large_are_cut_once_more(compiled: Compiled) -> None:
    shape, layer = BANDED["many"]
    body = body_of(compiled(CONVOLVED.format(shape=shape, layer=layer)))
    assert "_bands.reshape(2, 108, 18, N)" in body  # the forward product, once more along the rows
    assert "_bands.reshape(2, 3, 36, -1)" in body  # the gradient of the kernel, row by row of it
