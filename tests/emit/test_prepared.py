"""The views that a loop takes at each step are made once: the same bits, and nothing but views of the workspace is kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from symbprop.emit.lines import Line
from symbprop.emit.loops import loop_range
from symbprop.schedule.plan import Loop
from tests.networks import GRID, assert_same_gradient, body_of, point

Compiled = Callable[..., ModuleType]

LAYER = """
inputs: {{x: {{shape: [{steps}, 3]}}}}
targets: {{y: {{shape: [{steps}, 2]}}}}
layers:
  - {layer}: {{units: 4, return_sequences: true}}
  - dense: {{units: 2}}
loss: mean_squared_error
"""

NUMBERED = """
inputs: {x: {shape: [T]}}
formulas: |
  h[n, t + 1] = sin(h[n, t] + t / 10) + a * x[n, t]
  P[t + 1] = P[t] * b + t / 2
  L = mean(n, h[n, size(t)]^2) + P[size(t)]^2
"""


def in_the_loop(
    lines: list[Line], before: object, step: Loop, sizes: object, taken: object, buffers: object
) -> tuple[list[Line], list[Line]]:
    return [Line(f"for {step.index.name} in {loop_range(step)}:")], lines


TEXTS = {layer: LAYER.format(layer=layer, steps="T") for layer in ("lstm", "gru", "simple_rnn")}


@pytest.mark.parametrize("text", [*TEXTS.values(), GRID, NUMBERED], ids=[*TEXTS, "grid", "numbered"])
def test_the_numbers_are_those_of_views_taken_in_the_loop(
    text: str, compiled: Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = compiled(text)
    monkeypatch.setattr("symbprop.emit.body.prepared", in_the_loop)
    plain = compiled(text)
    assert "work.steps" in body_of(module)
    assert "work.steps" not in body_of(plain)
    for batch in (3, 1, 3):
        params, data = point(module, batch=batch)
        assert_same_gradient(module, plain, params, data, loss=0, rtol=0, atol=0)


def test_every_length_and_dtype_has_views_of_its_own(compiled: Compiled) -> None:
    module = compiled(TEXTS["lstm"])
    params = module.init(0)
    rng = np.random.default_rng(0)
    for steps in (4, 9, 4):
        for dtype in (np.float64, np.float32):
            given = {name: value.astype(dtype) for name, value in params.items()}
            data = rng.standard_normal((2, steps, 3)).astype(dtype), rng.standard_normal((2, steps, 2)).astype(dtype)
            first = module.loss_and_grad(given, *data)
            module.release()
            again = module.loss_and_grad(given, *data)
            assert first[0] == again[0]
            assert all(np.array_equal(first[1][name], again[1][name]) for name in given)


def test_what_is_given_or_has_no_axis_left_stays_where_it_is(compiled: Compiled) -> None:
    body = body_of(compiled(NUMBERED))
    assert "P[m + 1] = " in body, "an element is a number, not a view"
    assert "for t, h_t, " in body, "whoever needs the number of the step has it"
    assert "x[:, i, j]" in body_of(compiled(GRID)), "what is given is another array at each call"


def test_a_loop_says_once_what_its_steps_work_on(compiled: Compiled) -> None:
    body = body_of(compiled(TEXTS["lstm"]))
    assert not re.search(r"\[:, t", body), "every part of the workspace has a name"
    assert "np.add(u, v, out=c_next)" in body
    assert "z1_t += u" in body
