"""Functions of a logistic by one exponential that is kept from overflowing, exp(min(g, 43)): few calls, no digit lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import ModuleType

import mpmath
import numpy as np
import pytest
from networks import body_of
from sympy import Rational, Symbol, exp, tanh

from symbprop.accuracy.choice import forms
from symbprop.accuracy.clamped import clamped
from symbprop.accuracy.damping import Split, bound_of
from symbprop.accuracy.functions import tail_exp
from symbprop.calculus.functions import Held
from symbprop.calculus.statement import read_symbol
from symbprop.simplify.cost import cost, transcendentals

Compiled = Callable[..., ModuleType]

X = read_symbol(0)
GATE = """
operations: |
  op gate(x[...]):
      h[...] = FORMULA
inputs: {x: {shape: [5]}}
layers: [gate]
"""
TRAINED = """
inputs: {x: {shape: [3]}}
targets: {y: {shape: [4]}}
layers: [{dense: {units: 5, activation: ACTIVATION}}, {dense: {units: 4}}]
loss: mean_squared_error
"""
LABELLED = """
inputs: {x: {shape: [3]}}
targets: {y: {shape: [4], range: [0, 1]}}
layers: [{dense: {units: 4, activation: sigmoid}}]
loss: binary_crossentropy
"""
LSTM = """
inputs: {x: {shape: [6, 3]}}
targets: {y: {shape: [4]}}
layers: [{lstm: {units: 4}}]
loss: mean_squared_error
"""
FUNCTIONS: dict[str, Callable[[mpmath.mpf], mpmath.mpf]] = {
    "1 / (1 + exp(-x[...]))": lambda x: 1 / (1 + mpmath.exp(-x)),
    "1 / (1 + exp(x[...]))": lambda x: 1 / (1 + mpmath.exp(x)),
    "1 / (1 + exp(-x[...]))^2": lambda x: 1 / (1 + mpmath.exp(-x)) ** 2,
    "x[...] / (1 + exp(-x[...]))": lambda x: x / (1 + mpmath.exp(-x)),
    "x[...] / (1 + exp(x[...]))": lambda x: x / (1 + mpmath.exp(x)),
    "x[...] / (1 + exp(-2.5 * x[...]))": lambda x: x / (1 + mpmath.exp(-x * 5 / 2)),
    "x[...] / (1 + exp(-x[...] / 64))": lambda x: x / (1 + mpmath.exp(-x / 64)),
    "x[...] * (1 + tanh(x[...] + x[...]^3)) / 2": lambda x: x / (1 + mpmath.exp(-2 * (x + x**3))),
}


def places(dtype: str) -> np.ndarray:
    """Zeros, subnormal numbers, ±max, every size between, and many where an exponential ends."""
    limits, rng = np.finfo(dtype), np.random.default_rng(5)
    sizes = [limits.smallest_subnormal, limits.tiny, 43, np.log(float(limits.max)), limits.max, limits.max / 2]
    spread = 10 ** rng.uniform(np.log10(float(limits.tiny)), np.log10(float(limits.max)) - 1e-6, 300)
    near = rng.uniform(0, 110 if dtype == "float32" else 760, 300)
    some = np.concatenate([[0.0], sizes, spread, near, rng.uniform(0, 6, 300), rng.uniform(42, 44, 50)])
    found = np.concatenate([some, -some]).astype(dtype)
    return found[: len(found) // 5 * 5]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("formula", FUNCTIONS)
def test_a_function_of_a_logistic_keeps_its_digits_and_raises_no_alarm(
    compiled: Compiled, formula: str, dtype: str
) -> None:
    module = compiled(GATE.replace("FORMULA", formula) + f"dtype: {dtype}\n")
    x = places(dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        found = module.forward({}, x.reshape(-1, 5)).ravel()
    assert found.dtype == dtype
    unit = 2.0 ** (-24 if dtype == "float32" else -53)
    with mpmath.workdps(60):
        for at, got in zip(x, found, strict=True):
            place = mpmath.mpf(float(at))
            truth = FUNCTIONS[formula](place)
            step = mpmath.mpf(2) ** -80 * max(1, abs(place))
            slope = (FUNCTIONS[formula](place + step) - FUNCTIONS[formula](place - step)) / (2 * step)
            size = min(abs(float(truth)), float(np.finfo(dtype).max) / 2)
            ulp = mpmath.mpf(float(np.spacing(np.asarray(size).astype(dtype))))
            assert abs(mpmath.mpf(float(got)) - truth) <= 4 * (ulp + abs(place * slope) * unit), (at, got, truth)


@pytest.mark.parametrize("formula", [each for each in FUNCTIONS if "^2" not in each])
def test_it_takes_neither_a_size_nor_a_choice(compiled: Compiled, formula: str) -> None:
    text = body_of(compiled(GATE.replace("FORMULA", formula)), "forward")
    assert len(re.findall(r"(?:np\.|_wide_)exp\(\w+, out=", text)) == 1
    assert not any(each in text for each in ("|", "_either", "np.where", "greater_equal"))


@pytest.mark.parametrize("formula", list(FUNCTIONS)[:3])
def test_a_limit_at_infinity_is_reached_and_no_number_stays_none(compiled: Compiled, formula: str) -> None:
    module = compiled(GATE.replace("FORMULA", formula))
    minus, zero, plus, none, large = module.forward({}, np.array([[-np.inf, 0, np.inf, np.nan, 1e308]])).ravel()
    function = FUNCTIONS[formula]
    assert (minus, plus) == (float(function(mpmath.mpf(-(10**6)))), float(function(mpmath.mpf(10**6))))
    assert np.isnan(none)
    assert large == plus
    assert zero == function(mpmath.mpf(0))


@pytest.mark.parametrize("scale", [Rational(1, 1000), Rational(3, 2), Rational(10**6)])
def test_a_variable_is_kept_where_the_exponential_is_kept(scale: Rational) -> None:
    gate = X / (1 + exp(-scale * X))
    argument = scale * X
    for each in clamped(gate, Split(argument, argument >= 0, bound=bound_of(argument)), {}):
        (tail,) = each.atoms(tail_exp)
        reached = tail.args[0].subs(X, 10**12).doit()
        assert 42 < float(reached.replace(lambda node: type(node).__name__ == "Held", lambda node: node.args[0])) <= 43


@pytest.mark.parametrize("decaying", [exp(X) / (1 + exp(X)) ** 2, 1 - tanh(X) ** 2, 1 / (1 + exp(X)) ** 3])
def test_what_vanishes_on_both_sides_or_has_high_powers_is_left_alone(decaying: object) -> None:
    assert forms(decaying, alone=True) == forms(decaying)


def test_an_exponential_that_the_derivative_needs_too_is_computed_once(compiled: Compiled) -> None:
    """a′ is ā a (1 − a): in its tails it needs exp(−|z|), which then serves both."""
    text = body_of(compiled(TRAINED.replace("ACTIVATION", "sigmoid")))
    assert text.count("np.exp(") == 1


@pytest.mark.parametrize("activation", ["softplus", "log_sigmoid"])
def test_an_exponential_that_the_value_needs_too_is_computed_once(compiled: Compiled, activation: str) -> None:
    """log(1 + exp z) and its derivative, a logistic, both come from exp(−|z|)."""
    text = body_of(compiled(TRAINED.replace("ACTIVATION", activation)))
    assert len(re.findall(r"(?:np\.|_wide_)exp\(", text)) == 1


def test_cross_entropy_and_its_derivative_have_one_exponential_and_no_choice_between_arrays(compiled: Compiled) -> None:
    module = compiled(LABELLED + "dtype: float32\n")
    text = body_of(module)
    assert text.count("np.exp(") == 1
    assert not any(each in text for each in ("_wide_exp", "_either", "np.where"))


def test_what_is_inherited_is_no_reason_for_an_exponential_in_double_precision(compiled: Compiled) -> None:
    """tanh′(c) reads c = i g + f c, whose own digits may be lost where its terms cancel, whatever reads it does."""
    assert "_wide_exp" not in body_of(compiled(LSTM + "dtype: float32\n"))


def test_what_is_held_costs_nothing() -> None:
    u = Symbol("u", real=True)
    assert cost(Held(u + 1) ** 2) == cost((u + 1) ** 2)
    assert transcendentals(Held(u + 1)) == 0
