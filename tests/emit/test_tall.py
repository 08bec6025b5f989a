"""Tall matrices times narrow ones: the numbers of one product, and where they are cut."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from symbprop.emit.missing import helper_source
from symbprop.emit.tall import piece_count
from symbprop.language.source import Source
from symbprop.pipeline import compile_description, read
from symbprop.verify.numbers import lifted

Compiled = Callable[..., ModuleType]
NET = """
inputs: {{x: {{shape: [{inputs}]}}}}
targets: {{y: {{shape: [{units}]}}}}
layers: [{{dense: {{units: {units}}}}}]
loss: mean_squared_error
"""


@pytest.fixture(scope="module")
def helper() -> ModuleType:
    module = ModuleType("helper")
    module.__dict__["np"] = np
    for name in ("pieces", "narrow", "tall"):
        exec(compile(helper_source(name), "helper.py", "exec"), module.__dict__)
    return module


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
@pytest.mark.parametrize("rows", [1, 127, 128, 255, 256, 257, 1009, 20_000])
def test_pieces_give_what_one_product_gives(helper: ModuleType, rows: int, dtype: type) -> None:
    rng = np.random.default_rng(rows)
    a, b, g = (rng.normal(size=shape).astype(dtype) for shape in ((rows, 784), (784, 10), (rows, 10)))
    near = {"rtol": 1e-5 if dtype is np.float32 else 1e-12, "atol": 2e-3 if dtype is np.float32 else 1e-10}
    out = np.empty((rows, 10), dtype)
    assert helper._narrow_dot(a, b, out=out) is out
    np.testing.assert_allclose(out, a @ b, **near)
    np.testing.assert_array_equal(helper._narrow_dot(a, b), out)
    np.testing.assert_allclose(helper._tall_dot(a, g), a.T @ g, **near)
    assert helper._tall_dot(a, g).dtype == dtype


def test_no_piece_is_larger_than_a_small_product_and_none_is_left_over_where_that_can_be(helper: ModuleType) -> None:
    for rows in (1, 100, 127, 128, 254, 255, 256, 1000, 4096):
        pieces = helper._pieces(rows, 7840)
        assert rows // pieces * 7840 <= helper._SMALL
        assert rows % pieces == 0 or all(rows % each for each in range(pieces, 2 * pieces))


def test_numbers_of_fifty_digits_go_through_one_product(helper: ModuleType) -> None:
    a, b = lifted(np.ones((3, 2))), lifted(np.full((2, 1), 0.5))
    assert helper._narrow_dot(a, b)[0, 0] == 1
    assert helper._tall_dot(a, lifted(np.ones((3, 1))))[0, 0] == 3


@pytest.mark.parametrize(
    ("inputs", "units", "cut"),
    [(784, 10, True), (64, 16, True), (784, 33, False), (20, 60, True), (63, 16, False), (4, 8, False)],
)
def test_what_is_cut(inputs: int, units: int, cut: bool) -> None:
    source = Source("net.yaml", NET.format(inputs=inputs, units=units))
    text = compile_description(read(source), source).source
    assert ("_narrow_dot(x, W" in text) is cut
    assert ("_tall_dot(x, z_bar)" in text) is cut


def test_a_module_with_cut_products_is_that_without_them_to_rounding(compiled: Compiled) -> None:
    module = compiled(NET.format(inputs=300, units=8))
    rng = np.random.default_rng(0)
    params = module.init(0)
    x, y = rng.normal(size=(1501, 300)), rng.normal(size=(1501, 8))
    loss, grads = module.loss_and_grad(params, x, y)
    error = x @ params["W"] + params["b"] - y
    np.testing.assert_allclose(loss, np.mean(error**2), rtol=1e-12)
    np.testing.assert_allclose(grads["W"], 2 * x.T @ error / error.size, rtol=1e-10, atol=1e-14)


SHAPES = ((32, 784, 10), (200, 784, 10), (256, 784, 10), (1000, 784, 10), (997, 100, 30), (70_000, 900, 10))


@pytest.mark.parametrize("name", ["_narrow_dot", "_tall_dot"])
def test_the_summary_counts_the_pieces_that_a_module_cuts(
    name: str, helper: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    stacks: list[int] = []
    plain = np.matmul

    def matmul(a: np.ndarray, b: np.ndarray, **into: np.ndarray) -> np.ndarray:
        stacks.append(len(a))
        made: np.ndarray = plain(a, b, **into)
        return made

    monkeypatch.setattr(np, "matmul", matmul)
    for length, rows, columns in SHAPES:
        stacks.clear()
        left, other = np.ones((length, rows)), (rows if name == "_narrow_dot" else length, columns)
        getattr(helper, name)(left, np.ones(other))
        assert piece_count(name, length, rows * columns) == (stacks[0] if stacks else 1)


def test_a_product_with_a_transpose_stays_whole() -> None:
    text = "inputs: {x: {shape: [4]}}\ntargets: {y: {shape: [10]}}\nlayers: [{dense: {units: 200}}, {dense: {units: 10}}]\nloss: mean_squared_error\n"
    source = Source("net.yaml", text)
    emitted = compile_description(read(source), source).source
    assert "z2_bar.dot(W2.T" in emitted
    assert "_narrow_dot(z1, W2" in emitted
