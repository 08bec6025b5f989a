"""Gates are pieces of rows: with the examples last in memory each is one block, and the numbers are the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from symbprop.language.source import Source
from symbprop.network.build import build
from symbprop.pipeline import read
from symbprop.schedule.layout import layouts
from symbprop.schedule.liveness import storage_lives
from symbprop.schedule.schedule import schedule
from symbprop.verify.module import verify_module
from tests.networks import assert_same_gradient, body_of, point

Compiled = Callable[..., ModuleType]

NET = """
inputs: {{x: {{shape: [12, 3]}}}}
targets: {{y: {{shape: [12, 2]}}}}
layers:
  - {layer}: {{units: 4, return_sequences: true}}
  - {layer}: {{units: 5, return_sequences: true}}
  - dense: {{units: 2}}
loss: mean_squared_error
"""

BACKWARDS = """
inputs: {x: {shape: [12, 3]}}
targets: {y: {shape: [2]}}
nodes:
  there: {lstm: {units: 4}, inputs: [x]}
  back: {gru: {units: 4, go_backwards: true}, inputs: [x]}
  both: {concatenate: {}, inputs: [there, back]}
  out: {dense: {units: 2}, inputs: [both]}
loss: mean_squared_error
"""


GRID = """
inputs: {x: {shape: [4, 5]}}
formulas: |
  h[n, i + 1, j + 1, u:3] = tanh(sum(v, h[n, i, j + 1, v] * A[v, u]) + sum(v, h[n, i + 1, j, v] * B[v, u]) + x[n, i, j])
  L = mean(n, sum(u, h[n, 4, 5, u]^2 + h[n, 2, 3, u]))
"""


def arrays(module: ModuleType, name: str) -> dict[str, str]:
    """How the arrays of a class of the module are made."""
    text = Path(str(module.__file__)).read_text(encoding="utf-8")
    inside = text[text.index(f"class {name}:") :].partition("\n\n\n")[0]
    return dict(re.findall(r"self\.(\w+) = (np\.empty.*)", inside))


@pytest.mark.parametrize("layer", ["lstm", "gru"])
def test_the_numbers_do_not_depend_on_where_the_examples_lie(
    layer: str, compiled: Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = compiled(NET.format(layer=layer))
    assert verify_module(module).passed
    assert ", N), dtype).transpose(2, 0, 1)" in arrays(module, "_LossAndGradWork")["h1"]
    monkeypatch.setattr("symbprop.schedule.layout._in_pieces", lambda *_: set())
    plain = compiled(NET.format(layer=layer))
    assert ", N), dtype)" not in arrays(plain, "_LossAndGradWork")["h1"]
    for batch in (1, 2, 7):
        params, data = point(module, batch=batch)
        assert_same_gradient(module, plain, params, data, loss=1e-13, rtol=1e-11, atol=1e-15)


def test_a_layer_without_gates_keeps_its_examples_in_front(compiled: Compiled) -> None:
    assert ", N), dtype)" not in arrays(compiled(NET.format(layer="simple_rnn")), "_LossAndGradWork")["h1"]


def test_what_is_computed_from_gates_for_all_steps_lies_like_them(compiled: Compiled) -> None:
    body, made = (
        body_of(compiled(NET.format(layer="gru"))),
        arrays(compiled(NET.format(layer="gru")), "_LossAndGradWork"),
    )
    after = re.findall(r"out=(s\d_bar)\[:, :, 8:\]", body)
    assert after, "the gate of the candidate is behind the loop"
    assert all(", N), dtype).transpose(2, 0, 1)" in made[name] for name in after)


def test_layers_in_both_directions_are_verified(compiled: Compiled) -> None:
    certificate = verify_module(compiled(BACKWARDS))
    assert certificate.passed, certificate.format()


def test_the_steps_of_an_inner_loop_are_no_pieces(compiled: Compiled) -> None:
    module = compiled(GRID)
    assert verify_module(module).passed
    assert "work.steps_back" in body_of(module)
    assert ", N), dtype)" not in arrays(module, "_LossAndGradWork")["h"]


def test_what_is_handed_out_lies_as_its_indices_and_all_that_a_loop_touches_with_it() -> None:
    program = build(read(Source("net.yaml", NET.format(layer="lstm")))).program
    for extra in ([], ["h1"], ["c1"]):
        plan = schedule(program, ["L", *extra])
        found = layouts(plan, storage_lives(plan)[0])
        inner = {found[name] for name in found if name.endswith("1") and len(found[name]) == 3}
        assert inner == ({(1, 2, 0)} if not extra else {(1, 0, 2)})
        assert found["h2"] == (1, 2, 0), "the other layer's loop hands nothing out"


def test_what_products_sum_over_two_ends_of_memory_is_copied_once(compiled: Compiled) -> None:
    body = body_of(compiled(NET.format(layer="lstm")))
    copies = re.findall(r"np\.copyto\((\w+_rows),", body)
    assert len(copies) == len(set(copies))
    uses = [len(re.findall(rf"\b{name}\.reshape", body)) for name in copies]
    assert max(uses) == 3, "two products and the sum for the bias take the same copy"
    assert not re.search(r"z\d_bar\.transpose\(1, 0, 2\)\.reshape", body)
