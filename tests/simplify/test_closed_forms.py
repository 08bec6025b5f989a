"""Closed forms that come out by themselves, and kernels that stay finite."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest
import sympy
from networks import MLP

from symbprop.calculus.equations import number_equations
from symbprop.calculus.printer import format_equation
from symbprop.calculus.statement import read_symbol
from symbprop.language.source import Source
from symbprop.library.catalogue import catalogue
from symbprop.pipeline import derive, read
from symbprop.simplify.saved import eliminate_exponential, in_terms_of

a0, a1, t = read_symbol(0), read_symbol(1), read_symbol(9)


def backward(text: str) -> dict[str, str]:
    """The printed right side of each cotangent of a network."""
    gradient = derive(read(Source("net.yaml", text))).gradient
    assert gradient is not None
    found = {}
    for equation in number_equations(gradient.backward):
        _, _, right = format_equation(equation, gradient.program.tensors).partition(" = ")
        found[equation.tensor] = right
    return found


def test_softmax_and_cross_entropy_cancel_also_through_a_softmax_layer_of_its_own() -> None:
    assert backward(MLP)["z2_bar"] == "(p[n,m] − δ[m,label[n]]) / N"
    separate = MLP.replace("  - dense: {units: 4, activation: softmax}", "  - dense: {units: 4}\n  - softmax")
    assert backward(separate)["z2_bar"] == "(p[n,m] − δ[m,label[n]]) / N"


def test_sigmoid_and_binary_cross_entropy_cancel() -> None:
    text = "inputs: {x: {shape: [3]}}\ntargets: {y: {shape: [1]}}\nlayers: [{dense: {units: 1, activation: sigmoid}}]\nloss: binary_crossentropy\n"
    assert backward(text)["z_bar"] == "(a[n,j] − y[n,j]) / N"


def test_derivatives_are_in_terms_of_what_was_saved() -> None:
    for name, form in {"tanh": "(1 − h[n,j]²)", "sigmoid": "a[n,j] (1 − a[n,j])"}.items():
        assert form in backward(MLP.replace("tanh", name))["z1_bar"]


def test_the_exponential_between_an_output_and_its_derivative_is_eliminated() -> None:
    sigmoid = 1 / (1 + sympy.exp(-a0))
    assert sympy.simplify(eliminate_exponential(sympy.diff(sigmoid, a0), sigmoid, t) - t * (1 - t)) == 0
    softplus = sympy.log(1 + sympy.exp(a0))
    assert sympy.simplify(eliminate_exponential(sympy.diff(softplus, a0), softplus, t) - (1 - sympy.exp(-t))) == 0
    assert in_terms_of(1 - sympy.tanh(a0) ** 2, sympy.tanh(a0), t) == 1 - t**2


def test_least_squares_has_its_textbook_gradient() -> None:
    text = "inputs: {x: {shape: [3]}}\ntargets: {y: {shape: [1]}}\nlayers: [{dense: {units: 1}}]\nloss: mean_squared_error\n"
    assert backward(text)["z_bar"] == "2 (z[n,j] − y[n,j]) / N"


def test_names_and_order_do_not_change_a_form() -> None:
    renamed = MLP.replace("x:", "zebra:").replace("label", "aaa")
    first, second = backward(MLP), backward(renamed)
    assert [form.replace("zebra", "x").replace("aaa", "label") for form in second.values()] == list(first.values())


POINTWISE = [
    name for name, operation in catalogue().operations.items()
    if catalogue().category(name) == "activations" and len(operation.arguments) == 1
    and len(operation.arguments[0].index) == 1 and name != "exponential"
]  # fmt: skip


@pytest.mark.parametrize("name", POINTWISE)
def test_an_activation_and_its_derivative_are_finite_and_right_far_out(
    name: str, compiled: Callable[..., ModuleType]
) -> None:
    text = "inputs: {x: {shape: [1]}}\nnodes:\n  u: {formula: 'u[n, j] = x[n, j] + b[j]', inputs: [x]}\n"
    text += f"  h: {{{name}: {{}}, inputs: [u]}}\nloss: {{formula: 'L = sum((n, j), h[n, j])'}}\n"
    module = compiled(text)
    params = {"b_u": np.zeros(1)}
    with warnings.catch_warnings(), np.errstate(over="raise", invalid="raise", divide="raise"):
        for value in (-1e5, -750.0, -30.0, -1.0, -1e-20, 0.0, 1e-300, 1.0, 30.0, 710.0, 750.0, 1e5):
            loss, grads = module.loss_and_grad(params, np.array([[value]]))
            assert np.isfinite(loss)
            assert np.isfinite(grads["b_u"][0])


def test_batch_normalisation_has_the_three_terms_of_the_paper() -> None:
    text = "inputs: {x: {shape: [3]}}\ntargets: {y: {shape: [5]}}\nlayers: [{dense: {units: 5}}, batch_normalization, tanh]\nloss: mean_squared_error\n"
    found = backward(text)
    assert found["v_sum"] == "Σₙ x̅h̅[n,j] xh[n,j]"
    assert found["m_sum"] == "Σₙ x̅h̅[n,j]"
    assert found["z_bar"] == "(x̅h̅[n,j] − (m_sum[j] + v_sum[j] xh[n,j]) / N) / √(v[j] + 0.001)"
