"""Data that need not be given, defaults that name others, extents made of others, inputs by name, chosen operations."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from symbprop.language.source import Source, SourceError
from symbprop.network.build import build
from symbprop.pipeline import read

OPERATION = """
operations: |
  # A weighted sum
  op weighed(x[n, k], y[n, k] = x, w[n] = 3; a = 2, b = a, activation = tanh):
      h[n, j:size(k) / 2] = w[n] * activation(a * x[n, j]) + b * y[n, j + size(j)]
"""
INPUTS = "inputs: {p: {shape: [6]}, q: {shape: [6]}, r: {shape: []}}\n"
Compiled = Callable[..., ModuleType]
RNG = np.random.default_rng(1)
P, Q, R = RNG.standard_normal((4, 6)), RNG.standard_normal((4, 6)), RNG.standard_normal(4)


@pytest.mark.parametrize(
    ("inputs", "more", "expected"),
    [
        ("p", "", 3 * np.tanh(2 * P[:, :3]) + 2 * P[:, 3:]),
        ("[p, q]", "a: 1", 3 * np.tanh(P[:, :3]) + Q[:, 3:]),
        ("[p, q]", "b: 5", 3 * np.tanh(2 * P[:, :3]) + 5 * Q[:, 3:]),
        ("[p, q, r]", "", R[:, None] * np.tanh(2 * P[:, :3]) + 2 * Q[:, 3:]),
        ("{w: r, x: q}", "activation: relu", R[:, None] * np.maximum(2 * Q[:, :3], 0) + 2 * Q[:, 3:]),
    ],
)
def test_what_is_not_given_has_its_default(inputs: str, more: str, expected: np.ndarray, compiled: Compiled) -> None:
    module = compiled(f"{INPUTS}{OPERATION}nodes:\n  h: {{weighed: {{{more}}}, inputs: {inputs}}}\noutputs: [h]\n")
    np.testing.assert_allclose(module.forward({}, P, Q, R), expected, rtol=1e-14)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("{weighed: {}, inputs: {z: p}}", "has no input 'z'"),
        ("{weighed: {}, inputs: {y: p}}", "takes 1 to 3 inputs"),
        ("{weighed: {}, inputs: [p, q, r, p]}", "takes 1 to 3 inputs"),
        ("{weighed: {activation: {leaky_relu: {negative_slope: 0.1}}}, inputs: p}", "with its arguments as they are"),
        ("{group_normalization: {groups: 4}, inputs: s}", "no whole size"),
    ],
)
def test_what_does_not_fit_is_told(layer: str, message: str) -> None:
    text = INPUTS.replace("r: {", "s: {shape: [5, 6]}, r: {") + OPERATION + f"nodes:\n  h: {layer}\n"
    with pytest.raises(SourceError) as caught:
        build(read(Source("net.yaml", text)))
    assert message in caught.value.message


def test_an_operation_called_in_a_formula_has_its_own_attributes(compiled: Compiled) -> None:
    """Those it is written with, also where the formula's own operation has none, or others of the same name."""
    text = (
        "inputs: {x: {shape: [3]}}\noperations: |\n  # Two\n  op two(x[...]; approximate = true, activation = gelu):\n"
    )
    text += "      y[...] = activation(x[...]) + where(approximate, 1, 2)\nlayers: [two]\n"
    x = RNG.standard_normal((4, 3))
    exact = compiled("inputs: {x: {shape: [3]}}\nlayers: [gelu]\n").forward({}, x)
    np.testing.assert_allclose(compiled(text).forward({}, x), exact + 1, rtol=1e-13)
