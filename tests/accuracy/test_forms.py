"""Every form of every function of the library is the same function, and the estimate of its error holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import mpmath
import numpy as np
import pytest
import sympy
from networks import pointwise_statements
from sympy.codegen.cfunctions import hypot

from symbprop.accuracy.choice import forms
from symbprop.accuracy.estimate import estimate, estimates, given
from symbprop.accuracy.functions import tail_exp, wide_exp, written_out
from symbprop.calculus.functions import Detach, Held
from symbprop.calculus.statement import read_symbol

PLACES = (-50.0, -37.5, -4.0, -1.0, -0.3, -1e-9, 1e-9, 0.4, 1.0, 2.75, 30.0, 50.0)
UNDERFLOW = sympy.Float("1e-330")  # what is held at a bound is 0 in float64 from there on
SIZE = sympy.Integer(3)  # what N is


def plain(expression: sympy.Expr) -> sympy.Expr:
    """A form without what only says how it is computed."""
    expression = expression.replace(Held, lambda u: u).replace(Detach, lambda u: u)
    expression = expression.replace(wide_exp, sympy.exp)
    expression = expression.replace(tail_exp, lambda u: sympy.exp(u - sympy.Max(u, -43)))
    expression = expression.replace(hypot, lambda a, b: sympy.sqrt(a**2 + b**2))
    return written_out(expression)


def value(expression: sympy.Expr, point: dict[sympy.Symbol, sympy.Expr]) -> sympy.Expr:
    sizes = {symbol: SIZE for symbol in expression.free_symbols if symbol not in point}
    return plain(expression).subs({**point, **sizes}).evalf(30, maxn=3000)


def points(count: int) -> Iterator[dict[sympy.Symbol, sympy.Expr]]:
    """Every place for the first read; the others stay moderate."""
    others = (sympy.Rational(1, 3), sympy.Integer(1), sympy.Rational(3, 4), sympy.Rational(1, 5), sympy.Integer(2))
    for shift in range(count):
        for place in PLACES:
            moved = [*others[:shift], sympy.Rational(place), *others[shift:]]
            yield {read_symbol(position): moved[position] for position in range(count)}


EXPRESSIONS = dict.fromkeys(pointwise_statements())


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=str)
def test_every_form_is_the_same_function(expression: sympy.Expr) -> None:
    count = 1 + max((int(s.name[1:]) for s in expression.free_symbols if s.name.startswith("a")), default=0)
    for form in forms(expression, alone=True):
        for point in points(count):
            truth = value(expression, point)
            if truth.is_real and truth.is_finite:
                assert abs(value(form, point) - truth) <= abs(truth) * sympy.Float(10) ** -17 + UNDERFLOW, (form, point)


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=str)
def test_the_estimated_error_bounds_the_true_one(expression: sympy.Expr) -> None:
    symbols = sorted((s for s in expression.free_symbols if s.name.startswith("a")), key=lambda s: int(s.name[1:]))
    columns = np.array(list(zip(*[[float(p[s]) for s in map(read_symbol, range(6))] for p in points(6)], strict=True)))
    sizes = {symbol: 32 for symbol in expression.free_symbols if symbol not in symbols}
    for form in forms(expression.subs(sizes), alone=True):
        leaves = {s: given(columns[int(s.name[1:])], n, len(symbols)) for n, s in enumerate(symbols)}
        if not leaves:
            continue
        found = estimate(form, leaves)
        for row in range(0, columns.shape[1], 7):
            if not (found.quiet[row] and np.isfinite(found.value[row])):
                continue
            point = {s: sympy.Rational(float(columns[int(s.name[1:]), row])) for s in symbols}
            truth = value(expression.subs(sizes), point)
            with mpmath.workdps(40):
                error = abs(mpmath.mpf(float(found.value[row])) - mpmath.mpf(str(truth)))
                assert error <= found.error[row] * (1 + 1e-6) + mpmath.mpf(str(abs(truth))) * 1e-25 + 1e-320, (
                    form,
                    point,
                )


@pytest.mark.parametrize("function", [sympy.tanh, lambda x: 1 / (1 + sympy.exp(-x)), lambda x: x * sympy.erf(x)])
def test_forms_estimated_together_are_estimated_as_each_alone(function: Callable[[sympy.Expr], sympy.Expr]) -> None:
    x = read_symbol(0)
    known = {x: given(np.linspace(-50, 50, 101), 0, 1)}
    every = forms(function(x), alone=True)
    assert len(every) > 1
    for form, together in zip(every, estimates(every, known), strict=True):
        alone = estimate(form, known)
        np.testing.assert_array_equal(together.value, alone.value)
        np.testing.assert_array_equal(together.quiet, alone.quiet)
        for name in ("error", "likely", "slopes"):
            np.testing.assert_allclose(getattr(together, name), getattr(alone, name), rtol=1e-12)
