"""YAML and JSON that try something: what they get is a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from networks import MLP
from refusal import refused
from warm import Warm

BOMB = "\n".join(["a0: &a0 [x, x]", *(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 60))])

YAML = {
    "an alias bomb": (BOMB, "anchors and aliases"),
    "a merge": ("<<: {name: a}\n" + MLP, "merge"),
    "a tag": ("name: !!python/object/apply:os.system ['touch hacked']\n" + MLP, "tags"),
    "a key twice": (MLP + "loss: hinge\n", "given twice"),
    "an unknown key": (MLP + "trainin: {epochs: 3}\n", "did you mean 'training'?"),
    "an unknown argument": (MLP.replace("units: 5", "unit: 5"), "did you mean 'units'?"),
    "an unknown layer": (MLP.replace("dense: {units: 5", "dens: {units: 5"), "did you mean 'dense'?"),
    "an unknown loss": (MLP.replace("sparse_c", "spars_c"), "did you mean 'sparse_categorical_crossentropy'?"),
    "an unknown optimiser": (MLP + "training: {optimizer: adm}\n", "did you mean 'adam'?"),
    "an unknown initialiser": (MLP.replace("units: 5", "units: 5, kernel_initializer: glorot_norml"), "did you mean 'glorot_normal'?"),
    "a no": (MLP.replace("units: 5", "units: 5, use_bias: no"), "true or false stands here, not the text 'no'"),
    "a leading zero": (MLP.replace("units: 5", "units: 010"), "does not start with 0"),
    "hexadecimal": (MLP.replace("units: 5", "units: 0x10"), "decimal"),
    "not a number": (MLP.replace("units: 5", "units: .nan"), "not a number a description can hold"),
    "infinity": (MLP + "training: {learning_rate: .inf}\n", "not a number a description can hold"),
    "half a unit": (MLP.replace("units: 5", "units: 1.5"), "a size is an integer"),
    "no units": (MLP.replace("units: 5, ", ""), "needs 'units'"),
    "nought units": (MLP.replace("units: 5", "units: 0"), "a size is a positive integer"),
    "less than no units": (MLP.replace("units: 5", "units: -1"), "a size is a positive integer"),
    "units in words": (MLP.replace("units: 5", "units: five"), "units is not a number"),
    "two operations in one": (MLP.replace("- dense: {units: 5, activation: tanh}", "- {dense: {units: 5}, relu: {}}"), "a layer is one operation"),
    "a range upside down": (MLP.replace("[6]", "[6], range: [1, 0]"), "the lower end"),
    "a tab": (MLP.replace("  - dense", "\t- dense", 1), "spaces"),
    "nothing": ("", "empty"),
    "a comment": ("# nothing\n", "empty"),
    "two documents": (MLP + "---\n" + MLP, "one description"),
    "a list": ("- 1\n", "a description is a mapping"),
    "deep lists": ("a: " + "[" * 100_000, "100 levels"),
    "an escape to the terminal": ('name: "\\e[31mred"\nfoo: 1\n' + MLP, "error"),
    "a bidi override": ('"a\\u202eb": 1\n' + MLP, "\\u202e"),
    "bytes": (MLP.encode() + b"doc: \xe9\n", "not UTF-8"),
    "UTF-16": (MLP.encode("utf-16"), "not as UTF-16"),
    "a control character": (MLP + "doc: a\0b\n", "U+0000"),
    "more than four megabytes": (MLP + "#" * 4_200_000, "4 MB"),
    "a formula that executes": ("formulas: \"L = __import__('os').system('touch hacked')\"\n", "cannot stand here"),
    "an attribute": ('formulas: "L = x.__class__"\n', "cannot stand here"),
}  # fmt: skip

GOOD = {"inputs": {"x": {"shape": [3]}}, "layers": ["relu"]}
JSON = {
    "a key twice": ('{"layers": ["relu"], "layers": ["tanh"]}', "given twice"),
    "an unknown key": (json.dumps({"inptus": {}, **GOOD}), "did you mean 'inputs'?"),
    "not a number": ('{"inputs": {"x": {"shape": [NaN]}}}', "found 'NaN'"),
    "an endless number": ('{"inputs": {"x": {"shape": [1e999]}}}', "too large for float64"),
    "a leading zero": ('{"inputs": {"x": {"shape": [010]}}}', "found '010'"),
    "a comma too many": ('{"layers": ["relu"],}', "found '}'"),
    "a comment": ('{"layers": [] // none\n}', "found '/'"),
    "no end": ('{"layers": ["relu"', "found the end of the text"),
    "deep objects": ('{"a":' * 50_000, "100 levels"),
    "half a character": ('{"name": "\\ud800"}', "half a character"),
    "a number": ("3", "a description is a mapping"),
    "nothing": ("", "empty"),
    "yes as text": (json.dumps({**GOOD, "layers": [{"dense": {"units": 2, "use_bias": "yes"}}]}), "true or false"),
}


@pytest.mark.parametrize("what", YAML)
def test_yaml_is_refused(what: str, warm: Warm, tmp_path: Path) -> None:
    text, words = YAML[what]
    refused(warm, tmp_path, text, words)


@pytest.mark.parametrize("what", JSON)
def test_json_is_refused(what: str, warm: Warm, tmp_path: Path) -> None:
    text, words = JSON[what]
    refused(warm, tmp_path, text, words, name="bad.json")


@pytest.mark.parametrize("command", ["check", "summary", "derive", "train", "report"])
def test_every_command_refuses_alike(command: str, warm: Warm, tmp_path: Path) -> None:
    refused(warm, tmp_path, MLP.replace("tanh", "tahn"), "did you mean 'tanh'?", command=command)


def test_1e3_is_a_thousand(warm: Warm, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(MLP.replace("units: 5", "units: 1e3"))
    ended = warm.run(tmp_path, "summary", "net.yaml", "--json")
    assert json.loads(ended.stdout)["parameters"] == 6 * 1000 + 1000 + 1000 * 4 + 4


def test_a_name_is_no_path(warm: Warm, tmp_path: Path) -> None:
    for name in ("../../evil", "/etc/passwd", "C:\\\\evil", "a/../../b", ".", "..", "~root"):
        (tmp_path / "net.yaml").write_text(f'name: "{name}"\nformulas: "L = x^2"\n')
        ended = warm.run(tmp_path, "compile", "net.yaml", "-o", "out", "--quick")
        assert ended.status == 0, (name, ended.stderr)
    assert {each.name for each in tmp_path.iterdir()} == {"net.yaml", "out"}
    assert all(each.suffix == ".py" for each in (tmp_path / "out").iterdir())


@pytest.mark.parametrize("name", ["numpy", "random", "typing", "math", "json", "abc", "Types", "os"])
def test_a_module_never_hides_one_that_numpy_imports(name: str, warm: Warm, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(f'name: {name}\nformulas: "L = x^2"\n')
    ended = warm.run(tmp_path, "compile", "net.yaml", "-o", "out", "--quick")
    assert ended.status == 0, ended.stderr
    assert [each.name for each in (tmp_path / "out").iterdir()] == [f"{name}_.py"]
