"""Common factors are those that SymPy itself finds."""

from __future__ import annotations

import random

import pytest
import sympy
from networks import pointwise_statements
from sympy import Expr, Rational, Symbol, cos, exp, log, sqrt, tanh

from symbprop.calculus.factoring import factor_terms
from symbprop.calculus.functions import Held, Select, absolute

SPECIFICATION = sympy.factor_terms
X, Y, Z = (Symbol(name, real=True) for name in "xyz")
P = Symbol("p", positive=True)
ATOMS = (X, Y, Z, P, sqrt(P), exp(X), exp(-2 * X - 4), exp(-(X + Y)), tanh(X), log(P), cos(X * Y + X), Held(X + X * Y), absolute(X))  # fmt: skip
NUMBERS = (1, -1, 2, -6, Rational(1, 2), Rational(-3, 4), 12)


def random_expression(rng: random.Random, depth: int) -> Expr:
    if depth == 0:
        return rng.choice(ATOMS)
    parts = [random_expression(rng, depth - 1) * rng.choice(NUMBERS) for _ in range(rng.randint(1, 3))]
    kind = rng.choice(["sum", "sum", "product", "power", "quotient", "select"])
    if kind == "sum":
        return sympy.Add(*parts)
    if kind == "product":
        return sympy.Mul(*parts)
    if kind == "power":
        return parts[0] ** rng.choice([2, -1, 3])
    return parts[0] / (1 + parts[-1] ** 2) if kind == "quotient" else Select(parts[0] < X, parts[-1], Y * parts[0])


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
