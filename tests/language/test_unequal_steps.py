"""Recurrences whose equations run over different numbers of steps are refused, and the reason is said."""

from __future__ import annotations

import pytest

from symbprop.language.source import Source, SourceError
from symbprop.network.build import build
from symbprop.pipeline import read

TEXT = """
inputs: {x: {shape: [7, 3]}}
layers:
- formula: |
    h[n, t:3, u] = x[n, t, u] + w[u]
    h[n, t + 3, u] = tanh(c[n, t, u] + x[n, t + 3, u])
    c[n, t:4, u] = b[u] * h[n, t + 2, u]
    c[n, t + 4, u] = h[n, t + 1, u]
    y[n, u] = h[n, 6, u] + c[n, 5, u]
"""


def test_the_numbers_of_steps_are_told() -> None:
    with pytest.raises(SourceError) as caught:
        build(read(Source("net.yaml", TEXT)))
    assert "no order of steps computes it" in caught.value.message
    assert "steps: write them so that all run over the same" in caught.value.hint


def test_a_circle_of_equal_steps_has_the_usual_hint() -> None:
    text = "inputs: {x: {shape: [7]}}\nlayers:\n- formula: 'h[n, t] = 2 * h[n, t] + x[n, t]'\n"
    with pytest.raises(SourceError) as caught:
        build(read(Source("net.yaml", text)))
    assert "a step may read an earlier one" in caught.value.hint
