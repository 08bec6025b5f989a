"""The summary against counts made by hand."""

from __future__ import annotations

from networks import BRANCHED

from symbprop.calculus.index import size_symbol
from symbprop.explain.summary import program_counts, rows
from symbprop.language.source import Source
from symbprop.network.build import build
from symbprop.network.network import Network
from symbprop.pipeline import read

N = size_symbol("N")


def network(text: str) -> Network:
    return build(read(Source("net.yaml", text)))


def test_a_layer_counts_its_parameters_state_multiply_adds_and_bytes() -> None:
    found = network("""
inputs: {x: {shape: [6]}}
targets: {y: {shape: [5]}}
dtype: float32
layers:
  - dense: {units: 5}
  - batch_normalization
  - dropout: {rate: 0.5, activation: relu}
loss: mean_squared_error
""")
    dense, normalised, dropped, loss = rows(found)
    assert (dense.parameters, dense.state, dense.shape) == (6 * 5 + 5, 0, (N, 5))
    assert dense.multiply_adds == 6 * 5 * N + 5 * N
    assert dense.memory == 4 * (5 * N + 35)
    assert (normalised.parameters, normalised.state) == (10, 10)
    # m, v, both next values, xh and y beside gamma, beta and the two states.
    assert normalised.memory == 4 * (2 * 5 * N + 4 * 5 + 20)
    assert (dropped.parameters, dropped.memory) == (0, 4 * 2 * 5 * N)
    assert (loss.layer, loss.shape, loss.parameters) == ("loss", (), 0)
    assert program_counts(found.program) == (45, 10)


def test_a_shared_parameter_counts_once() -> None:
    found = network(BRANCHED)
    table = {row.layer: row for row in rows(found)}
    assert table["left"].parameters == 4 * 5 + 5
    assert table["right"].parameters == 0
    assert table["left"].multiply_adds == table["right"].multiply_adds == 4 * 5 * N + 5 * N
    assert sum(row.parameters for row in table.values()) == program_counts(found.program)[0]
