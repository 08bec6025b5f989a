"""Random scalar expressions, the same from the same generator: sums, products, powers, quotients and selections."""

from __future__ import annotations

import random

import sympy
from sympy import Expr, Rational, Symbol, cos, exp, log, sqrt, tanh

from symbprop.calculus.functions import Held, Select, absolute

X, Y, Z = (Symbol(name, real=True) for name in "xyz")
P = Symbol("p", positive=True)
ATOMS = (X, Y, Z, P, sqrt(P), exp(X), exp(-2 * X - 4), exp(-(X + Y)), tanh(X), log(P), cos(X * Y + X), Held(X + X * Y), absolute(X))  # fmt: skip
NUMBERS = (1, -1, 2, -6, Rational(1, 2), Rational(-3, 4), 12)


def random_expression(rng: random.Random, depth: int) -> Expr:
    """An expression in x, y, z and the positive p, ``depth`` operations deep."""
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
