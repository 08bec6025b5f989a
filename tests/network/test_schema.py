"""How a description that is at fault is refused, and that its JSON Schema agrees with the reader."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbprop.language.source import Source, SourceError
from symbprop.network.description import Description, TensorSpec
from symbprop.network.document import read_document
from symbprop.network.schema import json_schema, make_description, read_description

OPERATIONS = ("add", "dense", "huber", "mse", "relu", "sigmoid", "softmax", "sparse_categorical_crossentropy", "tanh")
HEAD = "inputs: {x: {shape: [64]}}\n"
DIGITS = f"{HEAD}layers:\n  - dense: {{units: 32, activation: tanh}}\nloss: {{mse: {{weight: 0.5}}}}\n"


def read(text: str) -> Description:
    return read_description(Source("net.yaml", text), OPERATIONS)


# Each text with the word the error must point at, and what its message or its hint must say.
REFUSED = [
    (HEAD + "layers:\n  - dens: {units: 3}", "dens", "did you mean 'dense'?"),
    (HEAD + "layers: [tahn]", "tahn", "did you mean 'tanh'?"),
    (HEAD + "layers: [{dense: {}, actvation: tanh}]", "actvation", "did you mean 'activation'?"),
    (HEAD + "layers: [{formula: a = 1, nam: f}]", "nam", "did you mean 'name'?"),
    (HEAD + "layers: [{dense: {}, tanh: {}}]", "tanh", "an item of its own"),
    (HEAD + "layers: [{activation: tanh}]", "{activation: tanh}", "names no operation"),
    (HEAD + "layers: [{}]", "{}", "names no operation"),
    (HEAD + "layers: [{dense: 3}]", "3}", "'dense' must be a mapping, not the number 3"),
    (HEAD + "layers: [{dense: {name: [a]}}]", "[a]", "'name' must be text, not a list"),
    (HEAD + "layers: [{tanh: , inputs: [a, 1]}]", "1]}", "item 2 of 'inputs' must be text"),
    (HEAD + "layers: [3.5]", "3.5", "item 1 of 'layers' must be a layer"),
    (HEAD + "layers: [{tanh: , initializers: {a: ones}}]", "initializers", "kernel_initializer"),
    (HEAD + "layers: [{formula: ' '}]", "' '", "not blank"),
    (HEAD + "layers: []", "[]", "must not be empty"),
    (HEAD + "layers: tanh", "tanh", "write [tanh]"),
    (HEAD + "layers: {a: tanh}", "{a: tanh}", "'layers' must be a list, not a mapping"),
    (HEAD + "nodes: [tanh]", "[tanh]", "'nodes' must be a mapping, not a list"),
    (HEAD + "layers: [tanh]\nnodes: {a: tanh}", "nodes", "either 'layers' or 'nodes'"),
    (HEAD + "layer: [tanh]", "layer:", "did you mean 'layers'?"),
    (HEAD, "inputs", "'layers', 'nodes' or 'formulas'"),
    ("- tanh", "- tanh", "a description is a mapping, not a list"),
    ("tanh", "tanh", "a description is a mapping, not the text 'tanh'"),
    ("inputs: {x: {shap: [3]}}\nlayers: [tanh]", "shap", "did you mean 'shape'?"),
    ("inputs: {x: {dtype: int}}\nlayers: [tanh]", "x", "'x' needs 'shape'"),
    ("inputs: {x: {shape: 64}}\nlayers: [tanh]", "64", "write [64]"),
    ("inputs: {x: {shape: [0]}}\nlayers: [tanh]", "0]", "positive whole number"),
    ("inputs: {x: {shape: [-3]}}\nlayers: [tanh]", "-3", "positive whole number"),
    ("inputs: {x: {shape: [2.5]}}\nlayers: [tanh]", "2.5", "positive whole number"),
    (f"inputs: {{x: {{shape: {[1] * 32}}}}}\nlayers: [tanh]", "[1, 1", "at most 31 items"),
    ("inputs: {x: {shape: [true]}}\nlayers: [tanh]", "true", "positive whole number"),
    ("inputs: {x: {shape: ['64']}}\nlayers: [tanh]", "'64'", "write 64 without quotes"),
    ("inputs: {x: {shape: [3], batch: no}}\nlayers: [tanh]", "no", "write true or false"),
    ("inputs: {x: {shape: [3], dtype: complex}}\nlayers: [tanh]", "complex", "'float' or 'int'"),
    ("inputs: {x: {shape: [3], classes: 10}}\nlayers: [tanh]", "classes", "add 'dtype: int'"),
    ("inputs: {x: {shape: [3], dtype: int, classes: '9'}}\nlayers: [tanh]", "'9'", "write 9 without quotes"),
    ("inputs: {x: {shape: [3], range: [1]}}\nlayers: [tanh]", "[1]", "at least 2 items"),
    ("inputs: {x: {shape: [3], range: [1, 2, 3]}}\nlayers: [tanh]", "[1, 2", "at most 2 items"),
    ("inputs: {x: {shape: [3], range: [0, nan]}}\nlayers: [tanh]", "nan", "must be a number"),
    ("inputs: {x: {shape: [3], range: [true, 1]}}\nlayers: [tanh]", "true", "must be a number"),
    ("parameters: {w: {shape: [T]}}\nformula: a = w", "T", "must be a whole number"),
    ("inputs: {x: 3}\nlayers: [tanh]", "3", "'x' must be a mapping"),
    ("name: 3\n" + HEAD + "layers: [tanh]", "3", "put it between quotes"),
    (HEAD + "layers: [tanh]\nloss: [mse, {hubr: {}}]", "hubr", "did you mean 'huber'?"),
    (HEAD + "layers: [tanh]\nloss: {huber: {weight: a}}", "a}", "'weight' must be a number"),
    (HEAD + "layers: [tanh]\nloss: {huber: {}, wieght: 1}", "wieght", "did you mean 'weight'?"),
    (HEAD + "layers: [tanh]\nloss: 3", "3", "must be a loss"),
    (HEAD + "layers: [tanh]\nloss: []", "[]", "must not be empty"),
    (HEAD + "layers: [tanh]\ndtype: float16", "float16", "'float64' or 'float32'"),
    (HEAD + "layers: [tanh]\noutputs: {}", "{}", "a name or a list of names"),
    (HEAD + "layers: [tanh]\ntraining: {epochs: 1.5}", "1.5", "must be a whole number, not the number 1.5"),
    (HEAD + "layers: [tanh]\ntraining: {epochs: 0}", "0", "at least 1"),
    (HEAD + "layers: [tanh]\ntraining: {seed: -1}", "-1", "at least 0"),
    (HEAD + "layers: [tanh]\ntraining: {learning_rate: -1}", "-1", "greater than 0"),
    (HEAD + "layers: [tanh]\ntraining: {learning_rate: [1]}", "[1]", "a number, or a schedule"),
    (HEAD + "layers: [tanh]\ntraining: {validation: 1}", "1}", "less than 1"),
    (HEAD + "layers: [tanh]\ntraining: {shuffle: yes}", "yes", "write true or false"),
    (HEAD + "layers: [tanh]\ntraining: {optimizer: {sgd: , adam: }}", "{sgd", "only one entry"),
    (HEAD + "layers: [tanh]\ntraining: {epoch: 3}", "epoch", "did you mean 'epochs'?"),
    ("formula: 3", "3", "a formula or a list of formulas"),
    ("formulas: [a = 1, []]", "[]", "item 2 of 'formulas' must be text"),
]
# What a JSON Schema cannot say, and the reader alone refuses.
REFUSED_BY_THE_READER = [
    (HEAD + "nodes: {x: tanh}", "x: tanh", "'x' names an input and a layer"),
    (HEAD + "layers: [{dense: {activation: tahn}}]", "tahn", "did you mean 'tanh'?"),
    (HEAD + "layers: [{dense: {activation: {tahn: {}}}}]", "tahn", "did you mean 'tanh'?"),
    (HEAD + "layers: [{dense: {name: a}, name: b}]", "name: b", "among the arguments of 'dense'"),
    (HEAD + "nodes: {h: {tanh: {name: k}}}", "k}", "its name is 'h'"),
    (HEAD + "targets: {x: {shape: []}}\nlayers: [tanh]", "x: {shape: []}", "line 1, column 10"),
    (HEAD + "layers: [{tanh: {name: a}}, {tanh: , name: a}]", "a}]", "'a' names a layer and a layer"),
    ("name: ' '\n" + HEAD + "layers: [tanh]", "' '", "not blank"),
    (HEAD + "layers: [tanh]\nloss: msee", "msee", "did you mean 'mse'?"),
]


@pytest.mark.parametrize(("text", "word", "told"), REFUSED + REFUSED_BY_THE_READER)
def test_a_fault_is_told_at_its_place_with_what_to_do(text: str, word: str, told: str) -> None:
    start = time.process_time()
    with pytest.raises(SourceError) as caught:
        read(text)
    assert time.process_time() - start < 0.1
    error = caught.value
    assert told in f"{error.message} {error.hint}"
    assert text.split("\n")[error.span.line - 1][error.span.column - 1 :].startswith(word)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\u202eb", "a\u2028b", "\x7f", "x" * 201])
def test_names_that_would_hide_something_are_refused(name: str) -> None:
    quoted = json.dumps(name)
    for text in (
        f"{{name: {quoted}, layers: [tanh]}}",
        f"{{inputs: {{{quoted}: {{shape: []}}}}, layers: [tanh]}}",
        f"{{nodes: {{{quoted}: tanh}}}}",
        f"{{layers: [{{tanh: , name: {quoted}}}]}}",
        f"{{layers: [{{tanh: , inputs: [{quoted}]}}]}}",
        f"{{layers: [tanh], outputs: {quoted}}}",
    ):
        with pytest.raises(SourceError, match=r"must be a name|too long"):
            read(text)


def test_any_printable_text_may_be_a_name() -> None:
    for name in (
        "lambda",
        "np",
        "__class__",
        '"""',
        "{{ x }}",
        "ﬁ",
        "\u0645\u06cc\u200c\u062e\u0648",
        "a b",
        "x" * 200,
    ):
        assert read(json.dumps({"inputs": {name: {"shape": []}}, "layers": ["tanh"]})).inputs == {name: TensorSpec(())}


@pytest.mark.parametrize("shape", [[2**20, 2**20], [2**40], [2**39, 1, 2], [10**300], ["T", 2**21, None, 2**21]])
def test_shapes_nobody_can_allocate_are_refused(shape: list[Any]) -> None:
    with pytest.raises(SourceError, match="2\\^40"):
        make_description({"inputs": {"x": {"shape": shape}}, "layers": ["tanh"]})
    make_description({"inputs": {"x": {"shape": [2**20, 2**19]}}, "layers": ["tanh"]})


KEYS = """name doc inputs targets parameters layers nodes formula formulas operations loss outputs dtype training shape
classes range batch dense tanh activation share initializers weight x"""
TREES = st.recursive(
    st.sampled_from([None, True, 0, 3, Fraction(1, 2), "", "x", "tanh", "dense", "L = x"]),
    lambda tree: st.lists(tree, max_size=3) | st.dictionaries(st.sampled_from(KEYS.split()), tree, max_size=5),
    max_leaves=15,
)


@settings(max_examples=300, deadline=None)
@given(TREES)
def test_any_tree_is_a_description_or_an_error(tree: Any) -> None:
    try:
        assert isinstance(make_description(tree, OPERATIONS), Description)
    except SourceError as error:
        assert error.message


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(DIGITS)), st.integers(0, 8), st.text(alphabet=":{}[],-'\"\\|>&*!#% \n\tx0.", max_size=4))
def test_a_damaged_description_is_read_or_refused(start: int, length: int, graft: str) -> None:
    try:
        read(DIGITS[:start] + graft + DIGITS[start + length :])
    except SourceError as error:
        assert len(str(error).splitlines()) <= 3


ACCEPTED = [
    DIGITS,
    HEAD + "layers: [tanh, {dense: {units: 3, anything: [1, {a: b}]}}, {dense: , name: n, inputs: x, share: n}]",
    HEAD + "layers: [{formula: a = 1, initializers: {a: ones}, regularizers: {a: {l2: {l2: 0.1}}}}]",
    HEAD + "nodes: {a: tanh, b: {add: , inputs: [a, x]}}\noutputs: [a, b]\nloss: [mse, {huber: {delta: 1, weight: 2}}]",
    HEAD + "layers: [mine]\noperations: {mine: 'op mine(x): y = x'}\nloss: {other: }",
    "formulas: [a = 1, b = 2]\nparameters: {a: {shape: [3], range: [0, 1]}}\nloss: L\ndtype: float32\ndoc: Text.",
    "inputs: {x: {shape: [T, null, 2], batch: true, range: [-1.5, 1e3]}}\nlayers: [relu]",
    HEAD + "layers: [tanh]\ntraining: {optimizer: adam, learning_rate: {cosine: {}}, epochs: 3, validation: 0.5}",
]


def plain(text: str) -> Any:
    """The tree of ``text`` with floats for fractions, as a JSON library would have read it."""

    def floats(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: floats(item) for key, item in value.items()}
        if isinstance(value, list):
            return [floats(item) for item in value]
        return float(value) if isinstance(value, Fraction) else value

    return floats(read_document(Source("net.yaml", text)).plain())


def test_the_json_schema_is_itself_valid_and_names_the_operations() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json_schema(OPERATIONS)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator.check_schema(json_schema())
    assert schema["$schema"].endswith("2020-12/schema")
    assert set(OPERATIONS) <= set(schema["$defs"]["LayerText"]["properties"])
    assert schema["properties"]["loss"]["description"]
    json.dumps(schema, allow_nan=False)


@pytest.mark.parametrize("text", ACCEPTED)
def test_the_json_schema_accepts_what_the_reader_accepts(text: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    read(text)
    jsonschema.Draft202012Validator(json_schema(OPERATIONS)).validate(plain(text))
    jsonschema.Draft202012Validator(json_schema()).validate(plain(text))


@pytest.mark.parametrize("text", [text for text, _, _ in REFUSED])
def test_the_json_schema_refuses_what_the_reader_refuses(text: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    assert not jsonschema.Draft202012Validator(json_schema(OPERATIONS)).is_valid(plain(text))


def test_reading_and_the_schema_do_not_depend_on_the_order_of_hashes() -> None:
    program = (
        "import json, sys; from symbprop.network.schema import *;"
        "print(json.dumps(json_schema({'tanh', 'dense', 'mse', 'relu'})), make_description(json.loads(sys.argv[1])))"
    )
    root = Path(__file__).parents[2]
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program, json.dumps(plain(DIGITS))],
            capture_output=True,
            check=True,
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
