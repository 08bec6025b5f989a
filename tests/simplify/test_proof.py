"""The prover of rewritings: equal forms pass, in exact rationals or to 45 digits; different ones are told, on use."""

from __future__ import annotations

import pytest
from sympy import Expr, Rational, cosh, exp, log, sinh, sqrt, tanh
from sympy.codegen.cfunctions import log1p

from symbprop.calculus.functions import Select, absolute
from symbprop.calculus.index import size_symbol
from symbprop.calculus.statement import read_symbol
from symbprop.simplify import tidy
from symbprop.simplify.proof import WrongRewriting, proved

X, Y, Z = read_symbol(0), read_symbol(1), read_symbol(2)
N = size_symbol("N")

EQUAL = [
    ((X + Y) ** 2 / N, (X**2 + 2 * X * Y + Y**2) / N),
    (sinh(X), tanh(X) * cosh(X)),
    (exp(X) / (1 + exp(X)), 1 / (1 + exp(-X))),
    (log(1 + X), log1p(X)),
    (X / sqrt(1 + X**2), X * (1 + X**2) ** Rational(-1, 2)),
    (absolute(X) ** 2, X**2),
    (log(X * Y), log(X) + log(Y)),  # where both sides have a value
]


@pytest.mark.parametrize(("before", "after"), EQUAL)
def test_equal_forms_are_proved(before: Expr, after: Expr) -> None:
    assert proved(before, after) == after


@pytest.mark.parametrize(("before", "after"), EQUAL)
def test_the_least_change_is_seen(before: Expr, after: Expr) -> None:
    with pytest.raises(WrongRewriting, match="another function at"):
        proved(before, after * (1 + Rational(1, 10**12)))
    with pytest.raises(WrongRewriting):
        proved(before, after + Select(X > 0, Rational(1, 10**30), 0))


def test_a_saved_value_stands_for_what_it_is() -> None:
    sigmoid = 1 / (1 + exp(-X))
    proved(sigmoid.diff(X), Z * (1 - Z), ((Z, sigmoid),))
    with pytest.raises(WrongRewriting):
        proved(sigmoid.diff(X), Z * (1 + Z), ((Z, sigmoid),))


def test_a_rule_that_is_wrong_is_stopped_where_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    tidy.cheapest_form.cache_clear()
    monkeypatch.setattr(tidy, "factor_terms", lambda expression: X)
    with pytest.raises(WrongRewriting):
        tidy.cheapest_form(X * Y + X * Z)
    tidy.cheapest_form.cache_clear()
