"""Descriptions to networks: what they mean, how tensors are named, and what a misfit is told."""

from __future__ import annotations

import pytest
from networks import BRANCHED, EMBEDDED, MLP, RESHAPED
from sympy import Rational

from symbprop.calculus.program import Role
from symbprop.language.source import Source, SourceError
from symbprop.network.build import build
from symbprop.network.network import Network
from symbprop.pipeline import read


def network(text: str) -> Network:
    return build(read(Source("net.yaml", text)))


def parameters(text: str) -> dict[str, tuple[object, ...]]:
    return {t.name: t.shape for t in network(text).program.of(Role.PARAMETER)}


def test_parameters_are_numbered_by_layer_where_there_are_several() -> None:
    assert parameters(MLP) == {"W1": (6, 5), "b1": (5,), "W2": (5, 4), "b2": (4,)}
    one = MLP.replace("  - dense: {units: 5, activation: tanh}\n", "")
    assert parameters(one) == {"W": (6, 4), "b": (4,)}


def test_named_layers_name_their_parameters_and_shared_ones_have_none_of_their_own() -> None:
    names = parameters(BRANCHED)
    assert {"W_left", "b_left", "W_value", "W_kind"} <= set(names)
    assert not any("right" in name for name in names)


def test_losses_and_penalties_add_up_to_one_scalar() -> None:
    program = network(BRANCHED).program
    assert program.loss is not None
    assert program.tensors[program.loss].shape == ()
    weights = [each.expr.coeff(*each.expr.free_symbols) for each in program.definitions()[program.loss]]
    assert weights == [Rational(1, 2), 1, 1]


def test_an_optional_parameter_that_is_switched_off_is_gone() -> None:
    assert set(parameters(MLP.replace("units: 5,", "units: 5, use_bias: false,"))) == {"W1", "W2", "b"}


def test_initialisers_are_chosen_by_the_long_name_of_the_parameter() -> None:
    text = MLP.replace(
        "units: 5,", "units: 5, kernel_initializer: he_normal, bias_initializer: {constant: {value: 0.5}},"
    )
    found = network(text).initializers
    assert (found["W1"].name, found["b1"].name, found["b1"].expr, found["W2"].name) == (
        "he_normal",
        "constant",
        Rational(1, 2),
        "glorot_uniform",
    )


def test_shapes_flow_through_reshaping_and_free_sizes_stay_free() -> None:
    program = network(RESHAPED).program
    assert [str(size) for size in program.tensors[program.outputs[0]].shape] == ["N", "3"]
    assert [str(size) for size in network(EMBEDDED).program.tensors["ids"].shape] == ["N", "T"]


def test_an_index_has_one_letter_along_one_axis() -> None:
    net = network(MLP)
    letters = [tuple(c.bare for c in each.target.index) for each in net.program.statements]
    assert letters[0] == letters[1] == letters[2]
    assert net.axes["n"].startswith("example")


def test_a_users_operation_is_a_layer_like_any_other() -> None:
    text = """
inputs: {x: {shape: [3]}}
targets: {y: {shape: [3]}}
operations: |
  op scaled(x[..., k], s[k] as scale = ones; power = 2):
      y[..., k] = s[k] * x[..., k]^power
layers:
  - scaled: {power: 3, scale_initializer: zeros}
loss: mean_squared_error
"""
    net = network(text)
    assert parameters(text) == {"s": (3,)}
    assert net.initializers["s"].name == "zeros"


FAULTS = {
    MLP.replace("tanh", "tahn"): (5, "tahn", "tanh"),
    MLP.replace("units: 5", "unit: 5"): (5, "no argument 'unit'", "units"),
    MLP.replace("{units: 4, activation: softmax}", "{activation: softmax}"): (6, "needs 'units'", "units"),
    MLP.replace("- dense: {units: 5, activation: tanh}", "- dens: {units: 5}"): (5, "dens", "dense"),
    MLP.replace("loss: sparse", "loss: spars"): (7, "spars", "sparse"),
    MLP.replace("units: 5", "units: 2.5"): (5, "integer", ""),
    MLP.replace("units: 5", "units: -5"): (5, "", ""),
    MLP.replace(", dtype: int, classes: 4", ""): (7, "not an integer tensor", "dtype: int"),
    MLP.replace("classes: 4", "classes: 9"): (7, "", ""),
    BRANCHED.replace("inputs: [left, right]}", "inputs: [left, rigth]}"): (7, "rigth", "right"),
    BRANCHED.replace("{dense: {units: 5, activation: relu}, inputs: [a]}", "{add: {}, inputs: [both, a]}"): (
        5,
        "circle",
        "",
    ),
    BRANCHED.replace("sum: {add: {}, inputs: [left, right, left]}", "sum: {add: {}, inputs: [left, a]}"): (
        8,
        "does not fit",
        "",
    ),
    BRANCHED.replace("share: left", "share: lef"): (6, "lef", "left"),
    BRANCHED.replace("inputs: [value, t]", "inputs: [value]"): (12, "takes 2 tensors", ""),
    MLP.replace("loss: sparse_categorical_crossentropy", 'loss: {formula: "L[n] = p[n, 0]"}'): (7, "one number", ""),
}


@pytest.mark.parametrize("number", range(len(FAULTS)))
def test_a_description_that_does_not_fit_together_is_told_where(number: int) -> None:
    text, (line, message, hint) = list(FAULTS.items())[number]
    with pytest.raises(SourceError) as caught:
        network(text)
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert caught.value.span.line == line
    assert caught.value.span.source.name == "net.yaml"
