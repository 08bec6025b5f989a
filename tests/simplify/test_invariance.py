"""What simplification must not depend on: names, order, what was compiled before, and whether a pass runs at all."""

from __future__ import annotations

import ast
import subprocess
import sys
import types
from collections.abc import Collection
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from networks import ALL, BRANCHED, point
from random_networks import networks

from symbprop.language.source import Source
from symbprop.pipeline import compile_description, read
from symbprop.simplify.passes import BACKWARD, FORWARD

PASSES = [*FORWARD, *BACKWARD]


def source_of(text: str, without: Collection[str] = ()) -> str:
    source = Source("net.yaml", text)
    return compile_description(read(source), source, without=without).source


def loaded(text: str) -> ModuleType:
    module = types.ModuleType("emitted")
    exec(compile(text, "emitted", "exec"), module.__dict__)
    return module


def assert_same_numbers(one: ModuleType, other: ModuleType, seed: int = 0) -> None:
    """Equal to 1e-12 of the largest entry of each array."""
    params, data = point(one, seed)
    with np.errstate(all="ignore"):
        loss, grads = one.loss_and_grad(params, *data)
        other_loss, other_grads = other.loss_and_grad(params, *data)
    np.testing.assert_allclose(other_loss, loss, rtol=1e-12)
    for name, value in grads.items():
        size = np.abs(value).max(initial=1.0)
        np.testing.assert_allclose(other_grads[name], value, rtol=1e-9, atol=1e-12 * size)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(networks())
def test_random_networks_have_the_same_numbers_without_any_pass_and_without_all(text: str) -> None:
    honest = loaded(source_of(text))
    written = {source_of(text, [name]) for name in PASSES} | {source_of(text, PASSES)}
    for other in written:
        assert_same_numbers(honest, loaded(other))


NORMALISED = """
inputs: {x: {shape: [3]}}
layers:
  - dense: {units: 4}
  - formula: |
      m[n] = mean(k, x[n, k])
      v[n] = mean(k, (x[n, k] - m[n])^2)
      h[n, k] = (x[n, k] - m[n]) / sqrt(v[n] + 1)
loss: {formula: "L = sum((n, k), h[n, k]^3)", inputs: [h]}
""".replace("  - formula", "  - name: h\n    formula")


def test_each_pass_does_something_somewhere() -> None:
    shared_factor = 'formulas: "L = sum(i, x[i:3] * y[i] * cos(z[i]) + x[i] * z[i] * sin(y[i]))"'
    root = "inputs: {x: {shape: [3]}}\nlayers: [{dense: {units: 2}}, {formula: 'h[n, j] = x[n, j] / sqrt(1 + x[n, j]^2)'}]\nloss: {formula: 'L = sum((n, j), h[n, j])', inputs: [h]}"
    texts = [
        *ALL.values(),
        *(ALL["mlp"].replace("tanh", each) for each in ("sigmoid", "softsign")),
        shared_factor,
        root,
        NORMALISED,
    ]
    derivatives = """
inputs: {x: {shape: [2]}}
layers: [{name: y, dense: {units: 3, activation: tanh}}]
loss: {formula: "L = mean((n, j), sum(i, diff(y[n, j], x[n, i])^2))", inputs: [y]}
functions: [jacobian]
"""
    texts.append(derivatives)
    for name in PASSES:
        assert any(source_of(text) != source_of(text, [name]) for text in texts), name


NAMES = dict(
    zip(
        "left right both value kind a c".split(),
        "tfel thgir htob eulav dnik zz ccc".split(),
        strict=True,
    )
)


def code_of(text: str) -> str:
    """The functions of a module that compute, without docstrings and comments."""
    tree = ast.parse(text)
    functions = [
        n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name in ("forward", "loss", "loss_and_grad")
    ]
    for each in functions:
        each.body = each.body[1:]
    return "\n".join(ast.unparse(each) for each in functions)


def renamed(text: str, names: dict[str, str]) -> str:
    """Node and input names exchanged, as words and as the tails of ``W_left``."""
    found, word = "", ""
    for character in text + "\n":
        if character.isalnum():
            word += character
            continue
        found += names.get(word, word) + character
        word = ""
    return found[:-1]


def test_other_names_of_layers_and_inputs_give_the_same_module_up_to_these_names() -> None:
    other = renamed(BRANCHED, NAMES)
    assert other != BRANCHED
    assert code_of(source_of(other)) == renamed(code_of(source_of(BRANCHED)), NAMES)


def test_what_was_compiled_before_changes_nothing() -> None:
    """Expressions are cached by their canonical form; here the caches are warm, there they are empty."""
    warm = [source_of(text) for text in ALL.values()]
    again = [source_of(text) for text in reversed(ALL.values())][::-1]
    assert warm == again
    script = "import sys; from symbprop.language.source import Source; from symbprop.pipeline import *\n"
    script += "s = Source('net.yaml', sys.stdin.read()); sys.stdout.write(compile_description(read(s), s).source)"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", script], input=ALL["mixed"], cwd=root, capture_output=True, encoding="utf-8",
        check=True, env={"PYTHONPATH": str(root), "PYTHONHASHSEED": "5"},
    )  # fmt: skip
    assert done.stdout == warm[list(ALL).index("mixed")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a[n, j] + b[n, j]", "b[n, j] + a[n, j]"),
        ("a[n, j] * b[n, j] - a[n, j]", "a[n, j] * (b[n, j] - 1)"),
        ("exp(a[n, j]) / (1 + exp(a[n, j])) * b[n, j]", "b[n, j] * sigmoid(a[n, j])"),
        ("log(exp(a[n, j]) * 2) + b[n, j]", "a[n, j] + log(2) + b[n, j]"),
        ("sum(k, a[n, k] * exp(b[n, j]))", "exp(b[n, j]) * sum(k, a[n, k])"),
    ],
)
def test_two_ways_to_write_a_formula_have_the_same_numbers(one: str, other: str) -> None:
    first, second = (
        loaded(source_of(
            "inputs: {x: {shape: [3]}}\nformulas:\n  - a[n, j] = x[n, j] * w[j]\n  - b[n, j] = x[n, j] + v[j]\n"
            f"  - L = sum((n, j), ({formula})^2)\n"
        )) for formula in (one, other)
    )  # fmt: skip
    assert_same_numbers(first, second)
