"""Derivatives inside a description read well: their names, what is saved, and no array that only repeats another."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest
from sympy import tanh

from symbprop.language.source import Source
from symbprop.pipeline import derive, read

HEAT = """
inputs: {x: {shape: [2]}, time: {shape: []}}
nodes:
  h: {formula: "h[n, j:4] = tanh(sum(k, x[n, k] * A[k, j]) + time[n] * B[j])", inputs: [x]}
  u: {formula: "u[n] = sum(j, c[j] * h[n, j])", inputs: [h]}
outputs: [u]
loss: {formula: "L = mean(n, (diff(u[n], time[n]) - diff(u[n], x[n, 0], x[n, 0]) - diff(u[n], x[n, 1], x[n, 1]))^2)"}
"""


def test_derivatives_are_called_by_what_they_are_derivatives_by(compiled: Callable[..., ModuleType]) -> None:
    text = str(compiled(HEAT).__doc__)
    for name in ("h_time[n,j]", "u_time[n]", "h_x0x0[n,j]", "u_x0x0[n]", "u_x1x1[n]"):
        assert f"  {name} = " in text


def test_they_read_what_is_saved_and_nothing_that_repeats() -> None:
    derived = derive(read(Source("heat.yaml", HEAT)))
    forward = {each.target.tensor: each for each in derived.forward.statements}
    tangent = forward["h_time"]
    assert [access.tensor for access in tangent.reads] == ["B_h", "h"]
    assert [name for name, each in forward.items() if each.expr.has(tanh)] == ["h"]


@pytest.mark.parametrize("without", [(), ("read_through_broadcasts",), ("read_saved_in_derivatives",)])
def test_either_pass_can_be_left_out(compiled: Callable[..., ModuleType], without: tuple[str, ...]) -> None:
    module = compiled(HEAT, without=without)
    rng = np.random.default_rng(0)
    params = {name: rng.normal(size=value.shape) for name, value in module.init().items()}
    x, time = rng.normal(size=(5, 2)), rng.normal(size=5)
    z = x @ params["A_h"] + time[:, None] * params["B_h"]
    h = np.tanh(z)
    first, second = 1 - h**2, -2 * h * (1 - h**2)
    u_time = (first * params["B_h"]) @ params["c_u"]
    laplacian = (second * (params["A_h"] ** 2).sum(axis=0)) @ params["c_u"]
    np.testing.assert_allclose(module.loss(params, x, time), np.mean((u_time - laplacian) ** 2), rtol=1e-12)
    _, grads = module.loss_and_grad(params, x, time)
    for name, grad in grads.items():
        stepped = {**params, name: params[name] + 1e-30j * np.ones_like(params[name])}
        np.testing.assert_allclose(np.sum(grad), module.loss(stepped, x, time).imag / 1e-30, rtol=1e-10, atol=1e-12)
