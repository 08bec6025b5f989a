"""Interval arithmetic holds what high precision computes."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Expr, Rational, Symbol, cosh, erf, exp, log, pi, sin, sqrt, tanh

from symbprop.sensitivity.enclosure import enclose
from symbprop.sensitivity.intervals import FUNCTIONS, Interval, add, integer_power, multiply, points, reciprocal
from symbprop.sensitivity.tails import settle

Y = Symbol("y", positive=True)
FINITE = st.floats(-1e6, 1e6, allow_subnormal=False)
ENDS = st.tuples(FINITE, FINITE).map(sorted)


def interval(ends: list[float]) -> Interval:
    return Interval(np.array([ends[0]]), np.array([ends[1]]))


def holds(found: Interval, value: mpmath.mpf) -> bool:
    return bool(mpmath.mpf(float(found.low[0])) <= value <= mpmath.mpf(float(found.high[0])))


@given(ENDS, ENDS, st.floats(0, 1), st.floats(0, 1))
def test_sums_products_and_quotients_hold_those_of_every_pair(
    a: list[float], b: list[float], s: float, t: float
) -> None:
    x, y = (min(max(low + part * (high - low), low), high) for (low, high), part in ((a, s), (b, t)))
    with mpmath.workdps(60), np.errstate(all="ignore"):
        exact_x, exact_y = mpmath.mpf(x), mpmath.mpf(y)
        assert holds(add(interval(a), interval(b)), exact_x + exact_y)
        assert holds(multiply(interval(a), interval(b)), exact_x * exact_y)
        assert holds(integer_power(interval(a), 3), exact_x**3)
        assert holds(integer_power(interval(a), 2), exact_x**2)
        if y:
            assert holds(reciprocal(interval(b)), 1 / exact_y)


DOMAINS = {
    "log": (1e-6, 50),
    "acosh": (1, 50),
    "asin": (-1, 1),
    "acos": (-1, 1),
    "atanh": (-0.999, 0.999),
    "tan": (-1.5, 1.5),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_hold_every_value_in_the_interval(name: str) -> None:
    rng = np.random.default_rng(0)
    exact = getattr(mpmath, name.lower())
    for _ in range(200):
        low, high = sorted(rng.uniform(*DOMAINS.get(name, (-20, 20)), 2))
        inside = rng.uniform(low, high)
        with mpmath.workdps(40), np.errstate(all="ignore"):
            for place in (low, inside, high):
                assert holds(FUNCTIONS[name](interval([low, high])), exact(mpmath.mpf(place))), (low, place, high)
                assert holds(FUNCTIONS[name](points(np.array([place]))), exact(mpmath.mpf(place)))


FORMULAS: list[Expr] = [
    1 / (1 + exp(-Y)), exp(Y) / (1 + exp(Y)) ** 2, Y / sqrt(Y**2 + 4), 1 - tanh(Y) ** 2, 1 - tanh(3 - 2 * Y),
    Y * tanh(log(1 + exp(Y))), (1 - erf(Y)) * Y, log(cosh(Y)), Y**3 * exp(-(Y**2) / 2), sin(Y) / (1 + Y**2),
    tanh(sqrt(2 / pi) * (Y + Y**3 / 20)) ** 2 - 1, exp(Y - Y**2) * (Y + 1 / Y), log(1 + Y + exp(2 * Y)),
]  # fmt: skip


@pytest.mark.parametrize("formula", FORMULAS, ids=str)
def test_a_settled_form_is_equal_to_the_formula(formula: Expr) -> None:
    for place in (Rational(3, 10), Rational(1), Rational(5, 2), Rational(17)):
        plain, settled = (each.subs(Y, place).evalf(40) for each in (formula, settle(formula, Y)))
        assert abs(plain - settled) < 1e-25 * (1 + abs(plain))


@pytest.mark.parametrize("formula", FORMULAS, ids=str)
def test_an_enclosure_holds_the_formula_on_a_box_and_beyond_every_bound(formula: Expr) -> None:
    low, high = np.array([0.5, 3.0, 40.0]), np.array([0.75, 3.5, np.inf])
    for form in (formula, settle(formula, Y)):
        found = enclose(form, Y, Interval(low, high))
        for row, place in ((0, "0.6"), (0, "0.75"), (1, "3.2"), (2, "41"), (2, "10000")):
            value = mpmath.mpf(str(formula.evalf(40, subs={Y: place}, maxn=10000)))
            assert holds(found[row : row + 1], value), (form, place)
