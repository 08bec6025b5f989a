"""Selections that are written as the larger of two values: which are, and that nothing changes by it."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Expr, Integer, Rational, S, Symbol, exp, sqrt

from symbprop.calculus.functions import Held, Select, absolute, larger, smaller
from symbprop.calculus.statement import read_symbol
from symbprop.emit.bounds import Known, as_one_call
from symbprop.emit.elementwise import Elementwise
from symbprop.emit.kernel import Storage
from symbprop.emit.pool import Pool
from symbprop.emit.value import Value

X = read_symbol(0)
FALLING = exp(-absolute(X))
CLAMPED = Held(larger(smaller(X, Integer(30)), Integer(-30)))
LARGER = {
    "a share of one": Select(X >= 0, S.One, FALLING),
    "a share of one, held": Select(X < 2, S.One, Held(FALLING * Held(exp(smaller(X, -X)))) / 3),
    "one more": Select(X > 0, 1 - X, -X),
    "a share of itself": Select(X >= 0, X, X * FALLING),
    "a share of itself, clamped": Select(X > 0, X, CLAMPED * FALLING),
}
OTHERS = {
    "what may be above one": Select(X >= 0, S.One, exp(X)),
    "twice a share": Select(X >= 0, S.One, 2 * FALLING),
    "a share with its sign turned": Select(X >= 0, X, -X * FALLING),
    "the other branch": Select(X <= 0, X, X * FALLING),
    "clamped away from zero": Select(X >= 0, X, larger(X, S.One) * FALLING),
    "the larger of a negative and a positive": Select(X >= 0, S.One, exp(larger(-absolute(X), S.One))),
    "another tensor's share": Select(X >= 0, read_symbol(1), X * FALLING),
    "the square root of a share, which nobody proved": Select(X >= 0, S.One, sqrt(FALLING)),
}


def computed(expression: Expr, x: np.ndarray, elements: int = 0) -> tuple[np.ndarray, str]:
    """What the lines of an expression compute, and the lines as they are for so many elements."""
    pool = Pool(("t", "u", "v", "w"))
    leaf = {X: Value("x", frozenset("n"))}
    lower = Elementwise(leaf.__getitem__, storage=Storage(pool.take, pool.release), known=Known(elements))
    result = lower.lower(expression)
    text = "\n".join(row for line in lower.lines for row in line.render(0))
    scope: dict[str, object] = {"np": np, "x": x, "dtype": x.dtype}
    exec(text, scope)
    found = eval(result.text, scope)
    assert isinstance(found, np.ndarray)
    return found, text


@pytest.mark.parametrize("name", LARGER)
@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
def test_the_larger_of_two_is_the_selection(name: str, dtype: str) -> None:
    expression = LARGER[name]
    ends = np.array([0.0, -0.0, 1e-30, -1e-30, 88.0, -88.0, 1e4, -1e4, np.nan])
    x = np.concatenate([ends, np.random.default_rng(0).normal(size=200) * 5]).astype(dtype)
    if dtype == "complex128":
        x = x[~np.isnan(x)] + 1e-20j
    found, text = computed(expression, x)
    assert "np.where" not in text
    condition, chosen, otherwise = expression.args
    branches = [computed(each, x)[0] if each.free_symbols else np.asarray(1, dtype) for each in (chosen, otherwise)]
    holds = computed(condition, x)[0] if condition.free_symbols else None
    expected = np.where(holds, *branches)
    assert found.dtype == expected.dtype
    if dtype == "complex128":  # beside zero and a step of h the branches differ by h²
        np.testing.assert_allclose(found, expected, rtol=0, atol=1.1e-40)
    else:
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", OTHERS)
def test_nothing_else_is_taken_for_the_larger_of_two(name: str) -> None:
    assert as_one_call(OTHERS[name]) is None


def test_a_half_is_a_share_and_three_halves_are_none() -> None:
    y = Symbol("a1", real=True)
    assert as_one_call(Select(y > 0, S.One, FALLING * Rational(1, 2))) is not None
    assert as_one_call(Select(y > 0, S.One, FALLING * Rational(3, 2))) is None


MANY = 10**6
CLIPPED = {
    "between two": larger(smaller(X, Integer(3)), Integer(-2)),
    "between two, the other way": smaller(larger(X, Integer(-2)), Integer(3)),
    "from below": larger(X, Integer(-1)),
    "from above": smaller(X, Rational(1, 2)),
}
POINTS = np.concatenate([[0.0, 1e30, -1e30, np.inf, -np.inf, np.nan], np.random.default_rng(1).normal(size=200) * 3])


def points(dtype: str) -> np.ndarray:
    return (POINTS[np.abs(POINTS) < 100] + 1e-20j) if dtype == "complex128" else POINTS.astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
@pytest.mark.parametrize("name", CLIPPED)
def test_many_elements_are_clipped_in_one_call(name: str, dtype: str) -> None:
    x = points(dtype)
    found, text = computed(CLIPPED[name], x, MANY)
    expected, plain = computed(CLIPPED[name], x)
    assert text.count("np.") == 1 + text.count("np.inf")
    assert "np.clip(" in text
    assert "np.clip(" not in plain
    np.testing.assert_array_equal(found, expected)


def test_bounds_that_cross_are_not_clipped_at() -> None:
    crossed = larger(smaller(X, Integer(-2)), Integer(3))
    found, _ = computed(crossed, POINTS, MANY)
    np.testing.assert_array_equal(found[:5], [3] * 5)


def test_a_read_that_is_known_to_be_a_share_is_one() -> None:
    chosen = Select(read_symbol(1) >= 0, S.One, Held(X))
    assert as_one_call(chosen) is None
    assert as_one_call(chosen, Known(shares=frozenset((X,)))) == ("maximum", Held(X), read_symbol(1) >= 0)
