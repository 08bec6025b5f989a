"""Predicted gains, held against random matrices, textbooks and the gradients of deep networks."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import ModuleType

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from networks import ALL, MLP
from random_networks import networks
from sensitivity.deep import deep, derived
from sympy import Symbol, exp, tanh

from symbprop.calculus.functions import Select
from symbprop.language.source import NOWHERE
from symbprop.library.catalogue import catalogue
from symbprop.network.initializers import initializer
from symbprop.sensitivity.analyse import analyse
from symbprop.sensitivity.expectation import Moments, moments
from symbprop.sensitivity.measure import gradient_norms
from symbprop.sensitivity.records import LayerFlow, Sensitivity
from symbprop.sensitivity.starts import start

X, Z = Symbol("a0", real=True), Symbol("a1", real=True)
INITIALIZERS = [name for name in catalogue().operations if catalogue().category(name) == "initializers"]
Compiled = Callable[..., ModuleType]


def analysed(text: str) -> Sensitivity:
    made = derived(text)
    assert made.gradient is not None
    return analyse(made.gradient, made.network)


def layers(text: str) -> tuple[LayerFlow, ...]:
    return analysed(text).layers


@pytest.mark.parametrize("name", INITIALIZERS)
def test_the_moments_of_a_start_are_those_of_what_is_drawn(name: str, compiled: Compiled) -> None:
    module = compiled(MLP.replace("[6]", "[300]").replace("units: 5,", f"units: 200, kernel_initializer: {name},"))
    drawn = np.concatenate([module.init(seed)["W1"].ravel() for seed in range(2)])
    made = initializer(catalogue().operations[name], {}, (300, 200), catalogue().operations, NOWHERE)
    expected = start(made, (300, 200))
    assert np.mean(drawn) == pytest.approx(expected.entries.mean, abs=5 * np.std(drawn) / math.sqrt(drawn.size) + 1e-12)
    assert np.var(drawn) == pytest.approx(expected.entries.variance, rel=0.02, abs=1e-12)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_the_stretch_of_a_start_is_the_spectral_norm_of_a_large_matrix(name: str, compiled: Compiled) -> None:
    module = compiled(MLP.replace("[6]", "[300]").replace("units: 5,", f"units: 200, kernel_initializer: {name},"))
    made = initializer(catalogue().operations[name], {}, (300, 200), catalogue().operations, NOWHERE)
    norm = np.linalg.norm(module.init(3)["W1"], 2)
    assert norm == pytest.approx(start(made, (300, 200)).stretch(300, 200), rel=0.03, abs=1e-12)


@pytest.mark.parametrize(("mean", "variance"), [(0.0, 1.0), (0.5, 2.0), (-1.0, 0.01), (3.0, 2500.0)])
def test_expectations_under_normal_distributions_are_those_of_adaptive_quadrature(mean: float, variance: float) -> None:
    spread = math.sqrt(variance)
    for formula, exact in ((tanh(X), mpmath.tanh), (Select(X > 1, X, X / 10), lambda x: x if x > 1 else x / 10)):
        cuts = sorted({mean + spread * each for each in range(-9, 10)} | {-4.0, -1.0, 0.0, 1.0, 4.0})
        expected = mpmath.quad(lambda x, f=exact: f(x) ** 2 * mpmath.npdf(x, mean, spread), cuts)
        assert moments(formula, {X: Moments(mean, variance)}).square == pytest.approx(float(expected), rel=1e-10)


def test_expectations_of_several_variables_are_exact_where_they_can_be() -> None:
    given = {X: Moments(1.0, 2.0), Z: Moments(-1.0, 3.0)}
    assert moments(2 * X * Z, given) == Moments(-2.0, pytest.approx(4 * 3 * 4 - 4))
    assert moments(X - 2 * Z + 1, given) == Moments(4.0, pytest.approx(2 + 4 * 3))
    assert moments(exp(X / 4) * Z, given).mean == pytest.approx(-math.exp(0.25 + 2 / 32), rel=0.03)


def test_rectifiers_with_the_start_of_he_neither_lose_nor_gain() -> None:
    flow = layers(deep("relu", "he_normal"))
    assert [each.gain for each in flow[1:]] == pytest.approx([1.0] * 50, rel=1e-9)
    assert flow[0].cumulative == pytest.approx(1.0, rel=1e-8)
    assert {each.initializer for each in flow} == {"he_normal"}


def test_the_cumulative_gain_of_a_chain_is_the_product_of_its_gains() -> None:
    flow = layers(deep("tanh", "lecun_normal", layers=7))
    for number, each in enumerate(flow):
        assert each.cumulative == pytest.approx(math.prod(later.gain for later in flow[number + 1 :]), rel=1e-9)


def test_no_vector_is_stretched_beyond_the_bound(compiled: Compiled) -> None:
    text = deep("silu", "glorot_uniform", layers=2, width=40)
    flow, params = layers(text), compiled(text).init(1)
    assert flow[1].bound == pytest.approx(1.0998393 * np.linalg.norm(params["W2"], 2), rel=0.1)
    assert flow[1].gain < flow[1].bound


def test_paths_around_a_layer_add_their_squares() -> None:
    text = """
inputs: {x: {shape: [8]}}
targets: {y: {shape: [8]}}
nodes:
  first: {dense: {units: 8}, inputs: [x]}
  inner: {dense: {units: 8, kernel_initializer: lecun_normal}, inputs: [first]}
  both: {add: {}, inputs: [first, inner]}
  last: {dense: {units: 8, kernel_initializer: lecun_normal}, inputs: [both]}
loss: mean_squared_error
"""
    by_name = {each.layer.split()[0]: each.cumulative for each in layers(text)}
    assert by_name["inner"] == pytest.approx(1)
    assert by_name["first"] == pytest.approx(math.sqrt(2))


DEEP = [
    ("tanh", "orthogonal"),
    ("sigmoid", "glorot_uniform"),
    ("relu", "he_normal"),
    ("tanh", "{random_normal: {stddev: 0.25}}"),
]


@pytest.mark.parametrize(("activation", "weights"), DEEP)
def test_the_cotangents_of_fifty_layers_have_the_size_that_is_predicted(
    activation: str, weights: str, compiled: Compiled
) -> None:
    width, seeds = 64, 16
    text = deep(activation, weights, width=width)
    module, flow = compiled(text), layers(text)
    ratios = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        data = [rng.standard_normal((1, width)), rng.standard_normal((1, width))]
        norms = {each.parameter: each.norm for each in gradient_norms(module, module.init(seed), data)}
        # The gradient of a bias is the cotangent of its layer's output, of a single example.
        ratios.append([math.log(norms[f"b{layer}"] / norms["b_p"]) for layer in (1, 10, 25, 49)])
    spread = np.std(ratios, axis=0)
    # A product of many random factors is log-normal: the mean square is e^(variance) times the typical square.
    found = np.mean(ratios, axis=0) + spread**2
    predicted = np.log([flow[layer - 1].cumulative for layer in (1, 10, 25, 49)])
    error = spread * np.sqrt((1 + 2 * spread**2) / seeds)
    np.testing.assert_array_less(np.abs(found - predicted), 4 * error + 0.1)


def test_predicted_norms_stand_beside_the_measured_ones(compiled: Compiled) -> None:
    text = deep("tanh", "orthogonal", width=64)
    module, network = compiled(text), derived(text).network
    rng = np.random.default_rng(0)
    data = [rng.standard_normal((1, 64)), rng.standard_normal((1, 64))]
    for each in gradient_norms(module, module.init(0), data, network):
        assert each.predicted == pytest.approx(each.norm, rel=0.5), each.parameter


def test_a_norm_stands_beside_that_of_its_parameter(compiled: Compiled) -> None:
    module = compiled(MLP)
    params = module.init(0)
    rng = np.random.default_rng(0)
    data = [rng.standard_normal((5, 6)), rng.integers(0, 4, 5)]
    _, gradient = module.loss_and_grad(params, *data)
    found = {each.parameter: each for each in gradient_norms(module, params, data)}
    assert found["W1"].norm == pytest.approx(np.linalg.norm(gradient["W1"]))
    assert found["W1"].relative == pytest.approx(np.linalg.norm(gradient["W1"]) / np.linalg.norm(params["W1"]))
    assert found["W1"].predicted is None
    assert math.isinf(found["b1"].relative)


@pytest.mark.parametrize("name", ALL)
def test_any_network_is_analysed(name: str) -> None:
    found = analysed(ALL[name])
    assert all(math.isfinite(each.gain) and each.cumulative >= 0 for each in found.layers)
    assert all(each.supremum >= 0 for each in found.activations)


@settings(max_examples=25)
@given(networks())
def test_random_networks_are_analysed_without_a_complaint(text: str) -> None:
    found = analysed(text)
    assert all(each.gain >= 0 and each.bound >= 0 for each in found.layers)
    assert all(each.supremum > 0 or "f′ = 0 for all x" in each.saturates for each in found.activations)
