"""``_either``: what ``np.where`` chooses, to the bit, however many elements there are and wherever they lie."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from symbprop.emit.missing import helper_source
from tests.networks import body_of, point

Compiled = Callable[..., ModuleType]
MANY = 5000
SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-45, -3.5]
BRANCHED = """
inputs: {x: {shape: []}}
nodes: {h: {formula: "h[n] = where(x[n] > 0, w * x[n]^2, x[n] - w)", inputs: [x]}}
loss: {formula: "L = sum(n, h[n] * h[n])", inputs: [h]}
"""


def either() -> Callable[..., np.ndarray]:
    scope: dict[str, object] = {"np": np}
    exec(helper_source("either"), scope)
    function = scope["_either"]
    assert callable(function)
    return function


def drawn(dtype: str, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(count)
    values = np.concatenate([SPECIAL, rng.normal(size=count)])
    return rng.random(count) < 0.5, rng.choice(values, count).astype(dtype), rng.choice(values, count).astype(dtype)


def same_bits(one: np.ndarray, other: np.ndarray) -> bool:
    return one.dtype == other.dtype and one.tobytes() == other.tobytes()


@pytest.mark.parametrize("count", [1, 7, 4095, 4096, MANY])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "longdouble", "complex128"])
def test_it_chooses_as_where_does_to_the_bit(dtype: str, count: int) -> None:
    condition, chosen, other = drawn(dtype, count)
    wanted = np.where(condition, chosen, other)
    if dtype == "longdouble":  # its padding is nobody's
        np.testing.assert_array_equal(either()(condition, chosen, other), wanted)
        return
    assert same_bits(either()(condition, chosen, other), wanted)


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64"])
@pytest.mark.parametrize("place", ["new", "chosen", "other"])
def test_it_writes_where_it_is_told_to_even_over_a_branch(place: str, dtype: str) -> None:
    condition, chosen, other = drawn(dtype, MANY)
    wanted = np.where(condition, chosen, other)
    out = {"new": np.empty_like(chosen), "chosen": chosen, "other": other}[place]
    assert either()(condition, chosen, other, out=out) is out
    assert same_bits(out, wanted)


def test_arrays_may_lie_in_memory_in_any_order() -> None:
    condition, chosen, other = (each.reshape(50, 100) for each in drawn("float32", MANY))
    wanted = np.where(condition, chosen, other)
    out = np.empty((100, 50), np.float32).T
    either()(np.asfortranarray(condition), chosen, np.repeat(other, 2, axis=1)[:, ::2], out=out)
    np.testing.assert_array_equal(out, wanted)


def test_objects_and_branches_of_different_kinds_are_left_to_where() -> None:
    condition, chosen, other = drawn("float64", MANY)
    found = either()(condition, chosen.astype(object), other)
    assert found.dtype == object
    assert either()(condition, chosen, other.astype("float32")).dtype == np.float64


def test_nothing_is_said_of_what_is_not_chosen() -> None:
    condition, chosen, other = drawn("float32", MANY)
    with np.errstate(all="raise"):
        either()(condition, chosen, other)


@pytest.mark.parametrize("count", [6, MANY])
def test_a_module_with_two_branches_calls_it_and_agrees_with_where(count: int, compiled: Compiled) -> None:
    module = compiled(BRANCHED)
    assert "_either(" in body_of(module, "loss_and_grad")
    params, _ = point(module)
    (name,) = params
    x, w = np.random.default_rng(0).normal(size=count), params[name]
    loss, grads = module.loss_and_grad(params, x)
    h, slope = np.where(x > 0, w * x**2, x - w), np.where(x > 0, x**2, -1)
    np.testing.assert_allclose(loss, np.sum(h * h), rtol=1e-12)
    np.testing.assert_allclose(grads[name], np.sum(2 * h * slope), rtol=1e-12)
