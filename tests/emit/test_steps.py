"""What is done once before a loop for the sake of its steps."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest

from tests.networks import assert_same_gradient, body_of, point

Compiled = Callable[..., ModuleType]

RNN = """
inputs: {x: {shape: [12, 3]}}
targets: {y: {shape: [2]}}
layers:
  - simple_rnn: {units: 4}
  - dense: {units: 2}
loss: mean_squared_error
"""


@pytest.mark.parametrize("without", [[], ["workspace"]], ids=["kept", "anew"])
def test_a_matrix_is_transposed_once_before_the_loop(
    without: list[str], compiled: Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = compiled(RNN, without=without)
    lines = body_of(module).splitlines()
    (copy,) = (place for place, line in enumerate(lines) if "Uᵀ, as one block" in line)
    (product,) = (place for place, line in enumerate(lines) if "U_T" in line and ".dot(" in line)
    assert lines[copy].startswith("    ")
    assert lines[copy][4] != " "
    assert lines[product].startswith("        ")
    assert copy < product
    monkeypatch.setattr("symbprop.emit.steps.STEPS", 100)
    plain = compiled(RNN, without=without)
    assert "U_T" not in body_of(plain)
    params, data = point(module)
    assert_same_gradient(module, plain, params, data, loss=1e-14, rtol=1e-12, atol=1e-16)


def test_short_loops_take_the_matrix_as_it_is(compiled: Compiled) -> None:
    assert "U_T" not in body_of(compiled(RNN.replace("[12, 3]", "[4, 3]")))


def test_a_product_of_a_step_is_written_where_it_stays(compiled: Compiled) -> None:
    text = body_of(compiled(RNN))
    assert "s_bar_t.dot(U_T, out=h_bar_t)" in text
    assert "out=h_bar" not in body_of(compiled(RNN, without=["workspace"]))  # there the steps lie apart


def test_a_product_of_a_step_is_written_where_it_stays_with_the_examples_last(compiled: Compiled) -> None:
    assert "U.dot(z1_bar_t.T, out=h_bar_t.T)" in body_of(compiled(RNN.replace("simple_rnn", "lstm")))
