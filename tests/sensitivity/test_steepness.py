"""The supremum of |f′|, held against dense grids and against textbooks."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest
from sensitivity.deep import derived
from sympy import Expr, Function, Rational, Symbol, acosh, asin, atan, exp, log, oo, sin, sqrt, tanh
from sympy import erf as error_function

from symbprop.calculus.functions import Detach, Floor, Select, derivative
from symbprop.language.syntax import Dots
from symbprop.library.catalogue import catalogue
from symbprop.sensitivity.analyse import analyse
from symbprop.sensitivity.branches import pieces
from symbprop.sensitivity.records import ActivationBound
from symbprop.sensitivity.steepness import Steepness, steepness
from symbprop.sensitivity.trials import Candidate, library_activations
from symbprop.sensitivity.wording import exact_text, saturation_text, where_text

X = Symbol("a0", real=True)
LIBRARY = library_activations()


def grid() -> np.ndarray:
    """A hundred thousand points: dense near 0, far out on both sides, and on either side of every half."""
    far = np.geomspace(1e-9, 1e6, 22000)
    halves = np.arange(-20, 20.5, 0.5)
    return np.concatenate([np.linspace(-12, 12, 60001), far, -far, halves - 1e-9, halves + 1e-9])


def test_every_element_wise_operation_of_the_activations_is_analysed() -> None:
    expected = {
        name
        for name, operation in catalogue().operations.items()
        if catalogue().category(name) == "activations"
        and [[type(each) for each in argument.index] for argument in operation.arguments] == [[Dots]]
    }
    assert {each.name for each in LIBRARY} == expected
    assert len(expected) > 20


@pytest.mark.parametrize("candidate", LIBRARY, ids=lambda candidate: candidate.name)
def test_no_point_of_a_dense_grid_is_steeper_and_one_comes_near(
    candidate: Candidate, compiled: Callable[..., ModuleType]
) -> None:
    places = grid()
    assert len(places) > 1e5
    module = compiled(
        f"name: grid\nparameters: {{w: {{shape: [{len(places)}]}}}}\nformulas: 'L = sum(i, {candidate.name}(w[i]))'\n"
    )
    with np.errstate(all="ignore"):
        _, gradient = module.loss_and_grad({"w": places})
    steepest = float(np.nanmax(np.abs(gradient["w"])))
    bound = candidate.steep.upper
    assert steepest <= bound * (1 + 1e-14)
    assert steepest >= bound - 1e-6 if math.isfinite(bound) else steepest > 1e100
    assert candidate.steep.lower <= bound


KNOWN = {
    "sigmoid": ("1/4", "at 0", "f′ → 0 as x → ±∞"),
    "tanh": ("1", "at 0", "f′ → 0 as x → ±∞"),
    "softsign": ("1", "at 0", "f′ → 0 as x → ±∞"),
    "relu": ("1", "for x > 0", "f′ = 0 for x < 0 (50.0% of N(0, 1))"),
    "linear": ("1", "everywhere", "no"),
    "elu": ("1", "for x > 0", "f′ → 0 as x → −∞"),
    "softplus": ("1", "as x → ∞", "f′ → 0 as x → −∞"),
    "gelu": ("1/2 + exp(−1) / √π + erf(1) / 2", "at √2", "f′ → 0 as x → −∞"),
    "silu": ("1.099839320128…", "at 2.39936", "f′ → 0 as x → −∞"),
    "hard_swish": ("3/2", "at 3", "f′ = 0 for x < −3 (0.1% of N(0, 1))"),
    "tanh_shrink": ("1", "as x → ±∞", "no"),
    "exponential": ("unbounded", "as x → ∞", "f′ → 0 as x → −∞"),
}


@pytest.mark.parametrize("name", KNOWN)
def test_the_textbooks_values_are_found_in_closed_form(name: str) -> None:
    steep = next(each.steep for each in LIBRARY if each.name == name)
    assert (exact_text(steep), where_text(steep), saturation_text(steep)) == KNOWN[name]


def of(function: Expr) -> Steepness:
    return steepness(derivative(function, X), X)


def test_a_users_own_functions_are_no_worse_off() -> None:
    assert exact_text(of(error_function(X))) == "2 / √π"
    assert exact_text(of(X * atan(X))) == "π / 2"
    assert where_text(of(exp(-(X**2)))) == "at −√2 / 2, √2 / 2"
    assert exact_text(of(tanh(1000 * X))) == "1000"
    assert of(tanh(X - 3) + tanh(X + 3)).upper == pytest.approx(1.0000245771515, abs=1e-12)
    assert of(X**3).exact is oo
    assert where_text(of(sqrt(X))) == "at 0"
    assert where_text(of(sin(X))) == "at 0"
    assert of(X * tanh(X)).upper == pytest.approx(1.1996786402577, abs=1e-12)


def test_a_condition_that_cannot_be_solved_is_no_obstacle() -> None:
    steep = of(Select(tanh(X) > Rational(1, 2), 2 * X, sin(X)))
    assert steep.lower == 2
    assert steep.upper == pytest.approx(2, abs=1e-12)


def test_a_slope_that_jumps_is_bounded_on_both_sides() -> None:
    jumps = steepness(Select(tanh(X) > Rational(1, 2), sin(X) + 5, sin(X)), X)
    assert (jumps.lower, jumps.upper) == (pytest.approx(6), pytest.approx(6))
    assert of(X * Floor(X)).exact is oo
    assert steepness(Floor(X) / 2, X, Rational(-1), Rational(7, 2)).lower == pytest.approx(1.5)
    assert of(X * Detach(tanh(X))).upper == pytest.approx(1)


def test_nothing_is_claimed_where_a_function_is_not_real() -> None:
    assert where_text(of(log(X))) == "at 0"
    for function in (asin(X), acosh(X)):
        assert math.isinf(of(function).upper)
        assert "∞" not in where_text(of(function))


def test_an_oscillation_that_grows_is_said_to_have_no_bound() -> None:
    steep = of(X * sin(X))
    assert math.isinf(steep.upper)
    assert exact_text(steep) == "no bound was found"


def test_pieces_are_cut_where_conditions_change() -> None:
    formula = Select(X**3 - X > 0, X, Select(X < 3, 0, X**2))
    assert [(each.low, each.high, each.expression) for each in pieces(formula, X)] == [
        (-oo, -1, 0), (-1, 0, X), (0, 1, 0), (1, oo, X),
    ]  # fmt: skip


def test_an_interval_bounds_the_argument() -> None:
    steep = steepness(3 * X**2, X, Rational(-1), Rational(2))
    assert (steep.exact, steep.places) == (12, (2,))


def bound_of(text: str) -> ActivationBound:
    made = derived(text)
    assert made.gradient is not None
    return analyse(made.gradient, made.network).activations[0]


NET = "inputs: {{x: {{shape: [4]}}}}\ntargets: {{y: {{shape: [3]}}}}\nlayers:\n  - dense: {{units: 3}}\n  - {}\nloss: mean_squared_error\n"


def test_a_learned_slope_is_part_of_the_bound() -> None:
    bound = bound_of(NET.format("prelu: {}"))
    assert (bound.exact, bound.supremum) == ("max(1, |alpha|)", 1.0)
    assert bound.formula == "{1 if x > 0 else alpha}"


def test_a_learned_argument_is_taken_as_it_starts() -> None:
    text = NET.format("{formula: 'h[n, j] = x[n, j] * sigmoid(beta[j] * x[n, j])', initializers: {beta: ones}}")
    assert bound_of(text).exact == "depends on beta; 1.099839320128… at the start"
    assert math.isinf(bound_of(text.replace("ones", "random_normal")).supremum)


def test_a_formula_reads_as_people_write_it() -> None:
    assert bound_of(NET.format("tanh: {}")).formula == "1 − tanh(x)²"
    assert bound_of(NET.format("relu6: {}")).formula == "1[x > 0 and x < 6]"


def test_an_unknown_function_is_never_evaluated_as_if_it_were_known() -> None:
    with pytest.raises(KeyError):
        steepness(Function("f")(X), X)
