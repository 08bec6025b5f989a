"""A difference that cancels near zero, against 60 digits: the quotient of polynomials is the function."""

from __future__ import annotations

import types

import mpmath
import numpy as np
import pytest
from sympy import Expr, Rational, exp, log, sin, sqrt, tanh

from symbprop.accuracy.origin import near_zero
from symbprop.calculus.functions import Held, Select
from symbprop.calculus.statement import read_symbol
from symbprop.language.source import Source
from symbprop.pipeline import compile_description, read

X = read_symbol(0)
NET = """inputs: {{x: {{shape: []}}}}
nodes:
  u: {{formula: 'u[n] = x[n] + b', inputs: [x]}}
  h: {{formula: 'h[n] = {formula}', inputs: [u]}}
loss: {{formula: 'L = sum(n, h[n]^2)', inputs: [h]}}
"""


def points(dtype: str) -> np.ndarray:
    rng = np.random.default_rng(3)
    near = rng.uniform(-1.5, 1.5, 3000)
    tiny = rng.choice([-1, 1], 3000) * 10.0 ** rng.uniform(-9, 1, 3000)
    return np.concatenate([near, tiny]).astype(dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("formula", "truth", "slope"),
    [
        ("u[n] - tanh(u[n])", lambda x: x - mpmath.tanh(x), lambda x: mpmath.tanh(x) ** 2),
        ("u[n] - sin(u[n])", lambda x: x - mpmath.sin(x), lambda x: 1 - mpmath.cos(x)),
        (
            "tanh(u[n]) - tanh(u[n] / 2)",
            lambda x: mpmath.tanh(x) - mpmath.tanh(x / 2),
            lambda x: mpmath.sech(x) ** 2 - mpmath.sech(x / 2) ** 2 / 2,
        ),
    ],
)
def test_no_digit_is_lost_where_a_difference_cancels(
    formula: str, truth: mpmath.mpf, slope: mpmath.mpf, dtype: str
) -> None:
    source = Source("net.yaml", NET.format(formula=formula))
    module = types.ModuleType("emitted")
    exec(compile(compile_description(read(source), source).source, "emitted", "exec"), module.__dict__)
    x = points(dtype)
    unit = np.finfo(dtype).eps / 2
    with np.errstate(all="raise", under="ignore"):
        found = module.forward({"b_u": np.zeros((), dtype)}, x)
    assert found.dtype == dtype
    with mpmath.workdps(60):
        for each, got in zip(x.tolist(), found.tolist(), strict=True):
            exact, moved = truth(mpmath.mpf(each)), abs(each * slope(mpmath.mpf(each))) * unit
            ulp = float(np.spacing(np.dtype(dtype).type(abs(float(exact)))))
            assert abs(got - exact) <= 4.75 * (ulp + moved), each


@pytest.mark.parametrize(
    "expression", [X - tanh(X), X - sin(X), sqrt(1 + X**2) - 1, exp(X) - exp(X / 2), log(1 + X) - X], ids=str
)
def test_the_quotient_is_the_function(expression: Expr) -> None:
    forms = list(near_zero(expression))
    assert forms
    for form in forms:
        assert isinstance(form, Select)
        within = float(form.condition.args[1])
        for n in range(1, 40):
            place = Rational(int(1000 * within) * n * (-1) ** n, 40_000)
            exact = expression.subs(X, place).evalf(50)
            value = form.chosen.subs(X, place).replace(Held, lambda u: u).evalf(50)
            assert abs(value - exact) <= 2.0**-51 * abs(exact)


@pytest.mark.parametrize(
    "expression", [X + 1 - tanh(X), Select(X > 0, X, 0), sqrt(X), X * log(X), X + read_symbol(1)], ids=str
)
def test_what_does_not_vanish_at_zero_or_has_no_series_there_is_left_alone(expression: Expr) -> None:
    assert not list(near_zero(expression))
