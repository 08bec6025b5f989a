"""Warnings where gradients are lost, none where they are not."""

from __future__ import annotations

from dataclasses import fields

import pytest
from sensitivity.deep import deep, derived

from symbprop.library.catalogue import catalogue
from symbprop.sensitivity.analyse import analyse
from symbprop.sensitivity.records import ActivationBound, GradientNorm, LayerFlow, Sensitivity


def analysed(text: str, measured: tuple[GradientNorm, ...] = ()) -> Sensitivity:
    made = derived(text)
    assert made.gradient is not None
    return analyse(made.gradient, made.network, measured)


def test_fifty_sigmoids_with_the_start_of_glorot_are_warned_of() -> None:
    found = analysed(deep("sigmoid", "glorot_uniform"))
    assert found.warnings[0].startswith("gradients vanish: at layer 1 (z1)")
    assert any("is never larger than 0.25" in each for each in found.warnings)
    assert not any("works where it saturates" in each for each in found.warnings)  # its arguments are near 0
    assert found.layers[0].cumulative < 1e-25
    advised = " ".join(found.advice)
    assert "leaky_relu" in advised
    assert "skip connection" in advised


def test_large_weights_saturate() -> None:
    found = analysed(deep("tanh", "{random_normal: {stddev: 1.5}}"))
    assert any("works where it saturates" in each for each in found.warnings)


def test_gates_that_are_as_steep_as_gates_can_be_are_no_cause_for_a_warning() -> None:
    text = "inputs: {x: {shape: [8, 4]}}\ntargets: {y: {shape: [5]}}\nlayers: [{lstm: {units: 5}}]\nloss: mean_squared_error\n"
    found = analysed(text)
    assert not any("activation" in each for each in found.warnings)
    assert [each.supremum for each in found.activations] == [
        0.25,
        0.25,
        1.0,
        0.25,
    ]  # i, f, g and o, slices of one product


def test_fifty_rectifiers_with_the_start_of_he_are_not() -> None:
    found = analysed(deep("relu", "he_normal"))
    assert (found.warnings, found.advice) == ((), ())


def test_large_weights_explode_and_the_right_initialiser_is_named() -> None:
    found = analysed(deep("relu", "{random_normal: {stddev: 0.5}}"))
    assert any(each.startswith("gradients explode: at layer 1 (z1)") for each in found.warnings)
    assert found.advice[0].startswith("start the weights with he_normal or he_uniform")
    assert found.layers[0].cumulative > 1e3


def test_clipping_is_advised_at_the_norm_that_was_measured() -> None:
    measured = (GradientNorm("W1", 3e4, 1.0, None), GradientNorm("W2", 4e4, 1.0, None))
    found = analysed(deep("relu", "{random_normal: {stddev: 0.5}}"), measured)
    assert found.measured == measured
    assert any("global norm of about 5e+04" in each for each in found.advice)


def test_equal_weights_are_warned_of() -> None:
    zeros, ones = (analysed(deep("tanh", name, layers=2)).warnings for name in ("zeros", "ones"))
    assert any("start as zeros" in each for each in zeros)
    assert any("stay equal" in each for each in zeros)
    assert not any("start as zeros" in each for each in ones)
    assert any("stay equal" in each for each in ones)


def test_units_that_start_dead_are_warned_of() -> None:
    text = deep("relu", "he_normal", layers=2).replace("relu,", "relu, bias_initializer: {constant: {value: -10}},")
    assert any("units are dead at the start (f′ = 0 for x < 0)" in each for each in analysed(text).warnings)


def test_a_gradient_that_is_zero_is_told_with_its_reason() -> None:
    text = deep("relu", "he_normal", layers=1).replace(
        "  - {dense", '  - formula: "h[n, j] = floor(x[n, j])"\n  - {dense'
    )
    assert any(each.startswith("the gradient of W is identically zero") for each in analysed(text).warnings)


def test_a_measurement_far_from_what_is_expected_is_told() -> None:
    measured = (
        GradientNorm("W1", 1e-6, 1e-6, 1.0),
        GradientNorm("W2", float("nan"), 1.0, 1.0),
        GradientNorm("b1", 0.0, 0.0, 1.0),
    )
    found = analysed(deep("relu", "he_normal", layers=2), measured)
    assert found.warnings == (
        "the measured gradient of W1 is 1e−06 times the expected one",
        "the measured gradient of W2 is not finite",
        "the measured gradient of b1 is zero",
    )


def test_the_names_of_the_description_change_nothing() -> None:
    own = 'operations: "op mine(x[...]):\\n    a[...] = 1 / (1 + exp(-x[...]))"\n'
    mine = analysed(own + deep("mine", "glorot_uniform", layers=20))
    library = analysed(deep("sigmoid", "glorot_uniform", layers=20))
    assert mine == library


@pytest.mark.parametrize("activation", ["tanh", "elu", "softsign"])
def test_advice_is_always_something_of_the_library(activation: str) -> None:
    found = analysed(deep(activation, "{random_normal: {stddev: 0.01}}"))
    start = next(each for each in found.advice if "initialiser" in each)
    assert any(name in start for name in catalogue().operations)


def test_the_fields_are_those_that_reports_are_written_for() -> None:
    assert [
        [field.name for field in fields(kind)] for kind in (Sensitivity, ActivationBound, LayerFlow, GradientNorm)
    ] == [
        ["activations", "layers", "measured", "warnings", "advice"],
        ["layer", "formula", "supremum", "exact", "where", "saturates"],
        ["layer", "initializer", "gain", "bound", "cumulative"],
        ["parameter", "norm", "relative", "predicted"],
    ]
