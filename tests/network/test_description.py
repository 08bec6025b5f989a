"""What becomes of a description that is accepted: its records, their defaults and their places."""

from __future__ import annotations

import json
import time
from fractions import Fraction

import pytest

from symbprop.language.source import NOWHERE, Source
from symbprop.network.description import (
    Argument,
    Choice,
    Description,
    Label,
    LayerSpec,
    LossSpec,
    ParameterSpec,
    TensorSpec,
    TrainingSpec,
)
from symbprop.network.document import read_document
from symbprop.network.node import ScalarNode
from symbprop.network.schema import make_description, read_description

OPERATIONS = ("add", "dense", "huber", "mse", "relu", "sigmoid", "softmax", "sparse_categorical_crossentropy", "tanh")

DIGITS = """\
name: digits
inputs:  {x: {shape: [64]}}                                  # per example; the batch axis N is implied
targets: {label: {shape: [], dtype: int, classes: 10}}
layers:
  - dense: {units: 32, activation: tanh}
  - dense: {units: 10, activation: softmax}
loss: sparse_categorical_crossentropy
"""
HEAD = "inputs: {x: {shape: [64]}}\n"


def read(text: str, name: str = "net.yaml") -> Description:
    return read_description(Source(name, text), OPERATIONS)


def layer(text: str) -> LayerSpec:
    """The layer that ``text``, in flow style, describes."""
    (only,) = read(HEAD + f"layers: [{text}]").layers
    return only


def argument(name: str, value: ScalarNode) -> dict[str, Argument]:
    return {name: Argument(Label(name), value)}


def test_the_readmes_example_becomes_the_records_it_says() -> None:
    assert read(DIGITS) == Description(
        name="digits",
        inputs={"x": TensorSpec((64,))},
        targets={"label": TensorSpec((), "int", 10)},
        layers=(
            LayerSpec("dense", argument("units", ScalarNode(32)), activation=Choice("tanh")),
            LayerSpec("dense", argument("units", ScalarNode(10)), activation=Choice("softmax")),
        ),
        loss=(LossSpec("sparse_categorical_crossentropy"),),
    )


def test_yaml_json_and_python_give_the_same_description() -> None:
    plain = read_document(Source("digits.yaml", DIGITS)).plain()
    assert isinstance(plain, dict)
    assert read(json.dumps(plain, indent="\t"), "digits.json") == read(DIGITS)
    assert make_description(plain, OPERATIONS) == read(DIGITS)


def test_every_record_knows_its_place() -> None:
    description = read(DIGITS)
    first = description.layers[0]
    assert first.activation is not None
    places = {
        "x": description.inputs["x"].span,
        "label": description.targets["label"].span,
        "dense": first.span,
        "units": first.arguments["units"].key.span,
        "32": first.arguments["units"].value.span,
        "tanh": first.activation.span,
        "sparse_categorical_crossentropy": description.loss[0].span,
    }
    for word, span in places.items():
        line = DIGITS.splitlines()[span.line - 1]
        assert line[span.column - 1 : span.column - 1 + span.length] == word


def test_a_description_is_named_by_its_file_unless_it_says() -> None:
    body = HEAD + "layers: [tanh]"
    assert read(body, "some/where/my_net.yaml").name == "my_net"
    assert read(body, "<stdin>").name == "network"
    assert read("name: other\n" + body, "my_net.yaml").name == "other"
    assert read('name: "class \\"\\"\\" {{ é"\n' + body).name == 'class """ {{ é'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tanh", LayerSpec("tanh")),
        ("{tanh: }", LayerSpec("tanh")),
        ("{tanh: {}}", LayerSpec("tanh")),
        ("{dense: {units: 3}, name: a}", LayerSpec("dense", argument("units", ScalarNode(3)), name=Label("a"))),
        ("{dense: {units: 3, name: a}}", LayerSpec("dense", argument("units", ScalarNode(3)), name=Label("a"))),
        ("{dense: {rate: 1e-3}}", LayerSpec("dense", argument("rate", ScalarNode(Fraction(1, 1000))))),
        ("{add: {}, inputs: [a, b]}", LayerSpec("add", inputs=(Label("a"), Label("b")))),
        ("{add: {inputs: [a, b]}}", LayerSpec("add", inputs=(Label("a"), Label("b")))),
        ("{tanh: {}, inputs: x}", LayerSpec("tanh", inputs=(Label("x"),))),
        ("{dense: {share: other}}", LayerSpec("dense", share=Label("other"))),
        ("{dense: {}, share: other, activation: null}", LayerSpec("dense", share=Label("other"))),
        (
            "{dense: {activation: {relu: {slope: 0.5}}}}",
            LayerSpec("dense", activation=Choice("relu", argument("slope", ScalarNode(Fraction(1, 2))))),
        ),
        (
            "{dense: {kernel_initializer: zeros}}",
            LayerSpec("dense", argument("kernel_initializer", ScalarNode("zeros"))),
        ),
    ],
)
def test_a_layer_may_be_written_in_whichever_way_reads_best(text: str, expected: LayerSpec) -> None:
    assert layer(text) == expected


def test_a_formula_may_stand_where_a_layer_may() -> None:
    text = HEAD + (
        "layers:\n"
        '  - formula: "y[n, j] = x[n, j] * sigmoid(beta[j] * x[n, j])"\n'
        "    name: swish\n"
        "    initializers: {beta: {constant: {value: 1}}}\n"
        "    regularizers: {beta: l2}\n"
    )
    (only,) = read(text).layers
    assert (only.kind, only.name, only.regularizers) == ("formula", Label("swish"), {"beta": Choice("l2")})
    assert only.initializers == {"beta": Choice("constant", argument("value", ScalarNode(1)))}
    assert only.formula is not None
    assert only.formula.text == "y[n, j] = x[n, j] * sigmoid(beta[j] * x[n, j])"
    span = only.formula.span(only.formula.text.index("beta"))
    assert text.splitlines()[span.line - 1][span.column - 1 :].startswith("beta[j]")


def test_a_graph_names_its_layers_by_their_keys() -> None:
    nodes = read(HEAD + "nodes:\n  h: {dense: {units: 3}, inputs: [x]}\n  s: {add: {inputs: [h, h]}}\n  t: tanh").nodes
    assert nodes == {
        "h": LayerSpec("dense", argument("units", ScalarNode(3)), Label("h"), (Label("x"),)),
        "s": LayerSpec("add", {}, Label("s"), (Label("h"), Label("h"))),
        "t": LayerSpec("tanh", {}, Label("t")),
    }
    assert nodes["h"].name is not None
    assert nodes["h"].name.span.line == 3


@pytest.mark.parametrize("key", ["formula", "formulas"])
def test_formulas_may_be_the_whole_description(key: str) -> None:
    assert [each.text for each in read(f'{key}: "L = 3*x^2 + 2*x*y + y^2"\nloss: L').formulas] == [
        "L = 3*x^2 + 2*x*y + y^2"
    ]
    assert [each.text for each in read(f"{key}: [a = 1, b = 2]").formulas] == ["a = 1", "b = 2"]
    (block,) = read(f"{key}: |\n  a = 1\n  b = bad\n").formulas
    span = block.span(block.text.index("bad"))
    assert (span.line, span.column) == (3, 7)


@pytest.mark.parametrize(
    "text", ["|\n  op f(x): y = x", "['op f(x): y = x']", "{f: 'op f(x): y = x'}", "'op f(x): y = x'"]
)
def test_operations_may_be_a_text_a_list_or_a_mapping(text: str) -> None:
    description = read(HEAD.replace("\n", f"\noperations: {text}\nlayers: [f]\n"))
    assert [each.text for each in description.operations] == ["op f(x): y = x"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mse", (LossSpec("mse"),)),
        ("{huber: {delta: 2}}", (LossSpec("huber", argument("delta", ScalarNode(2))),)),
        (
            "{mse: {inputs: [h, y], weight: 0.5}}",
            (LossSpec("mse", inputs=(Label("h"), Label("y")), weight=Fraction(1, 2)),),
        ),
        ("{mse: {}, weight: 2}", (LossSpec("mse", weight=Fraction(2)),)),
        ("[mse, {huber: }]", (LossSpec("mse"), LossSpec("huber"))),
        (None, ()),
    ],
)
def test_a_loss_is_one_term_or_a_weighted_sum(text: str | None, expected: tuple[LossSpec, ...]) -> None:
    assert read(HEAD + "layers: [tanh]\n" + (f"loss: {text}" if text else "")).loss == expected


def test_a_loss_may_be_a_formula() -> None:
    (term,) = read(HEAD + "layers: [tanh]\nloss: {formula: 'L = sum(n, y[n])', weight: 0.1}").loss
    assert (term.kind, term.weight) == ("formula", Fraction(1, 10))
    assert term.formula is not None
    assert term.formula.text == "L = sum(n, y[n])"


def test_tensors_may_have_sizes_that_are_free_at_run_time() -> None:
    inputs = read(
        "inputs:\n  a: {shape: [T, null, 3], range: [-1, 0.5]}\n  b: {shape: [], batch: false}\nlayers: [tanh]"
    ).inputs
    assert inputs["a"] == TensorSpec(("T", None, 3), range=(Fraction(-1), Fraction(1, 2)))
    assert inputs["b"] == TensorSpec((), batch=False)


def test_parameters_say_what_their_formula_does_not() -> None:
    parameters = read(
        "parameters: {w: {shape: [3, 4], initializer: zeros, regularizer: l2, range: [0, 1]}, b: {}}\nformula: a = w"
    ).parameters
    interval = (Fraction(0), Fraction(1))
    assert parameters == {"w": ParameterSpec((3, 4), Choice("zeros"), Choice("l2"), interval), "b": ParameterSpec()}


def test_training_has_typed_fields_and_the_fields_defaults() -> None:
    training = (
        "training: {optimizer: {sgd: {momentum: 0.9}}, learning_rate: 1e-3, epochs: 1e2, seed: 7, validation: 0.25}"
    )
    momentum = argument("momentum", ScalarNode(Fraction(9, 10)))
    assert read(f"{HEAD}layers: [tanh]\n{training}").training == TrainingSpec(
        Choice("sgd", momentum), Fraction(1, 1000), epochs=100, seed=7, validation=Fraction(1, 4)
    )
    schedule = read(f"{HEAD}layers: [tanh]\ntraining: {{learning_rate: {{cosine_decay: {{}}}}}}").training
    assert schedule == TrainingSpec(learning_rate=Choice("cosine_decay"))
    assert read(f"{HEAD}layers: [tanh]").training is None


def test_records_may_be_made_by_hand() -> None:
    made = Description("net", inputs={"x": TensorSpec((3,))}, layers=(LayerSpec("tanh"),))
    assert made == make_description({"name": "net", "inputs": {"x": {"shape": (3,)}}, "layers": ["tanh"]})
    assert made.span == NOWHERE


def test_a_description_with_operations_of_its_own_may_use_other_names() -> None:
    own = "operations: 'op mine(x): y = x'\n"
    assert read(own + HEAD + "layers: [mine]\nloss: mine").layers == (LayerSpec("mine"),)


def test_the_loss_may_be_a_layer_or_any_scalar_that_formulas_alone_define() -> None:
    assert read(HEAD + "nodes: {l: tanh}\nloss: l").loss == (LossSpec("l"),)
    assert read(HEAD + "layers: [{tanh: , name: l}]\nloss: l").loss == (LossSpec("l"),)
    assert read(HEAD + "layers: [relu, {tanh: {name: l}}]\nloss: l").loss == (LossSpec("l"),)
    assert read("formula: L = 1\nloss: L").loss == (LossSpec("L"),)


def test_a_long_chain_of_layers_is_read_in_seconds() -> None:
    text = HEAD + "layers:\n" + "  - dense: {units: 32, activation: tanh}\n" * 2000
    start = time.process_time()
    assert len(read(text).layers) == 2000
    assert time.process_time() - start < 3
