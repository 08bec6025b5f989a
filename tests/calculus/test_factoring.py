"""Common factors are those that SymPy itself finds."""

from __future__ import annotations

import random

import pytest
import sympy
from networks import pointwise_statements
from random_expressions import X, Y, random_expression
from sympy import Expr, exp

from symbprop.calculus.factoring import factor_terms

SPECIFICATION = sympy.factor_terms


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_random_expressions(depth: int) -> None:
    rng = random.Random(depth)
    for _ in range(150):
        expression = random_expression(rng, depth)
        assert factor_terms(expression) == SPECIFICATION(expression)


def test_every_activation_and_its_derivative() -> None:
    for expression in pointwise_statements():
        for each in (expression, sympy.expand(expression), sympy.together(expression)):
            assert factor_terms(each) == SPECIFICATION(each)


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        (X * Y + X, X * (Y + 1)),
        (-X - Y, -(X + Y)),
        (X / 2 + 1, X / 2 + 1),
        (2 * X / Y + 4 / Y, 2 * (X + 2) / Y),
        (exp(-(X + 2)) * X + X, X * (exp(-(X + 2)) + 1)),
    ],
)
def test_what_is_found_is_what_a_person_would_take_out(expression: Expr, found: Expr) -> None:
    assert sympy.expand(factor_terms(expression) - found) == 0
    assert factor_terms(expression) == SPECIFICATION(expression)
