"""The derivative of an expression is SymPy's own."""

from __future__ import annotations

import random

import pytest
import sympy
from networks import pointwise_statements
from random_expressions import X, Y, random_expression
from sympy import Expr, exp, log, sqrt
from sympy.codegen.cfunctions import expm1, hypot, log1p

from symbprop.calculus.functions import Detach, Floor, derivative, without_sympy_kinks


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_random_expressions(depth: int) -> None:
    rng = random.Random(depth)
    for _ in range(60):
        expression = random_expression(rng, depth)
        assert derivative(expression, X) == without_sympy_kinks(sympy.diff(expression, X))


@pytest.mark.parametrize(
    "expression",
    [X**Y, Y**X, (1 + X**2) ** (X * Y), exp(X) ** 2, log(sqrt(X**2)), Detach(X) * X, Floor(X) + X, hypot(X, Y * X), log1p(expm1(X))],
    ids=str,
)  # fmt: skip
def test_powers_and_functions(expression: Expr) -> None:
    assert derivative(expression, X) == without_sympy_kinks(sympy.diff(expression, X))


def test_every_activation_and_its_derivative() -> None:
    for expression in pointwise_statements():
        for symbol in expression.free_symbols:
            assert derivative(expression, symbol) == without_sympy_kinks(sympy.diff(expression, symbol))
