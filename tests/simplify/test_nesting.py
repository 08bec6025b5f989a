"""Formulas nested deep: what is emitted grows as the nesting does, never as its powers."""

from __future__ import annotations

import numpy as np
import pytest

from symbprop.calculus.program import Program
from symbprop.language.source import Source
from symbprop.pipeline import derive, read
from symbprop.schedule.cost import operation_count

NESTED = {
    "swish": "x[...] * sigmoid(x[...])",
    "sigmoid": "1 / (1 + exp(-x[...]))",
    "softplus": "log(1 + exp(x[...]))",
    "mish": "x[...] * tanh(log(1 + exp(x[...])))",
    "rational": "x[...] / (1 + x[...]^2)",
    "tanh": "tanh(1 + x[...]^2 * tanh(x[...]))",
    "gaussian": "x[...] * exp(-x[...]^2)",
    "softsign": "x[...] / (1 + abs(x[...]))",
    "root": "x[...] / sqrt(1 + x[...]^2)",
    "three reads": "x[...] * tanh(x[...]) * exp(-x[...])",
}


def nested(body: str, depth: int) -> Program:
    """A layer's formula s(s(…s(x)…)), an operation of the user's own called on itself."""
    formula = "s(" * depth + "x[n, j]" + ")" * depth
    text = f"""
inputs: {{x: {{shape: [3]}}}}
targets: {{y: {{shape: [2]}}}}
operations:
  - |
    op s(x[...]):
      h[...] = {body}
layers:
  - dense: {{units: 2}}
  - formula: "h[n, j] = {formula}"
loss: mean_squared_error
"""
    gradient = derive(read(Source("nested.yaml", text))).gradient
    assert gradient is not None
    return gradient.program


def operations(program: Program) -> int:
    return sum(operation_count(each.expr) for each in program.statements)


@pytest.mark.parametrize("name", NESTED)
def test_an_activation_nested_deep_grows_by_as_much_with_each_level(name: str) -> None:
    shallow, middle, deep = (operations(nested(NESTED[name], depth)) for depth in (4, 8, 12))
    assert deep - middle == middle - shallow, (shallow, middle, deep)


def test_one_level_inside_another_has_a_name_and_one_alone_has_none() -> None:
    names = [each.target.tensor for each in nested(NESTED["swish"], 1).statements]
    assert "u" not in names
    assert "u" in [each.target.tensor for each in nested(NESTED["swish"], 2).statements]


def test_what_a_branch_guards_is_not_computed_outside_it() -> None:
    """log(x) + x² is named where it is always taken, and stays in its branch where it has no value otherwise."""
    text = 'formulas: "L = sum(i, {})"\n'
    long = "softplus(log(x[i]) + x[i]^2 * cos(x[i]))"
    free = derive(read(Source("f.yaml", text.format(long))), free_sizes=True).forward
    kept = derive(read(Source("f.yaml", text.format(f"where(x[i] > 0, {long}, 0)"))), free_sizes=True).forward
    assert "u" in free.tensors
    assert "u" not in kept.tensors


@pytest.mark.parametrize("depth", [20, 200])
def test_a_network_is_simplified_layer_by_layer(depth: int) -> None:
    """Each further layer adds the same statements, and no expression that has not been simplified before."""
    layers = "  - dense: {units: 5, activation: swish}\n"
    found = []
    for count in (depth, 2 * depth, 3 * depth):
        text = (
            f"inputs: {{x: {{shape: [5]}}}}\ntargets: {{y: {{shape: [5]}}}}\nlayers:\n{layers * count}loss: log_cosh\n"
        )
        gradient = derive(read(Source("deep.yaml", text))).gradient
        assert gradient is not None
        assert len({each.expr for each in gradient.program.statements}) < 16
        found.append((len(gradient.program.statements), operations(gradient.program)))
    assert np.array_equal(np.diff(found, 2, axis=0), [[0, 0]])
