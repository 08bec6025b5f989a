"""Functions that several statements need are computed once; what is computed stays the same to the last bit."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from symbprop.schedule.distribute import Distributed
from tests.networks import assert_same_gradient, body_of, point

Compiled = Callable[..., ModuleType]

GATED = """
inputs: {x: {shape: [6, 3]}}
targets: {y: {shape: [2]}}
layers:
  - lstm: {units: 4}
  - dense: {units: 5, activation: silu}
  - dense: {units: 2}
loss: mean_squared_error
"""
TANH = """
inputs: {x: {shape: [6]}}
targets: {y: {shape: [2]}}
layers:
  - dense: {units: 5, activation: tanh}
  - dense: {units: 2}
loss: mean_squared_error
"""


def test_a_function_that_forward_and_backward_need_is_computed_once(
    compiled: Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = compiled(GATED)
    monkeypatch.setattr(
        "symbprop.schedule.schedule.share", lambda statements, *_: Distributed(statements=list(statements))
    )
    plain = compiled(GATED)
    assert body_of(module).count("np.exp(") < body_of(plain).count("np.exp(")
    assert body_of(module).count("np.tanh(c") < body_of(plain).count("np.tanh(c")
    assert "{1 if z1 ≥ 0 else z1_exp}" in body_of(module)
    assert "np.maximum(z1_exp_t" in body_of(module)  # what it is stays known
    params, data = point(module)
    assert_same_gradient(module, plain, params, data, loss=1e-15, rtol=1e-14, atol=1e-17)


SQUARED = """
inputs: {x: {shape: [6]}}
targets: {y: {shape: [1], range: [0, 1]}}
layers: [{dense: {units: 1, activation: sigmoid}}]
loss: mean_squared_error
dtype: float32
"""


def test_an_exponential_in_double_precision_serves_those_that_could_do_with_less(compiled: Compiled) -> None:
    """The loss is good to eight mixed ulps with exp, its derivative is not."""
    text = body_of(compiled(SQUARED))
    assert text.count("_wide_exp(") == 1
    assert "np.exp(" not in text


GELU = """
operations: |
  op bent(x[...]):
      h[...] = x[...] * (1 + tanh(x[...] + x[...]^3)) / 2
inputs: {x: {shape: [6]}}
targets: {y: {shape: [2]}}
layers:
  - dense: {units: 5, activation: bent}
  - dense: {units: 2}
loss: mean_squared_error
"""


def test_nothing_is_kept_whose_argument_is_needed_beside_it(compiled: Compiled) -> None:
    assert "_tail_exp =" not in body_of(compiled(GELU))


def test_rows_less_their_mean_are_computed_once(compiled: Compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    text = TANH.replace("  - dense: {units: 2}", "  - layer_normalization\n  - dense: {units: 2}")
    module = compiled(text)
    monkeypatch.setattr(
        "symbprop.schedule.schedule.share", lambda statements, *_: Distributed(statements=list(statements))
    )
    plain = compiled(text)
    assert body_of(module).count("np.subtract(") < body_of(plain).count("np.subtract(")
    params, data = point(module)
    assert_same_gradient(module, plain, params, data, loss=1e-14, rtol=1e-11, atol=1e-16)


def test_an_output_less_its_target_is_computed_once_and_squared_in_one_product(compiled: Compiled) -> None:
    module = compiled(TANH)
    text = body_of(module)
    assert text.count("np.subtract(") == 1
    assert "z2_less.ravel().dot(z2_less.ravel())" in text
    params, (x, y) = point(module)
    error = np.tanh(x @ params["W1"] + params["b1"]) @ params["W2"] + params["b2"] - y
    loss, grads = module.loss_and_grad(params, x, y)
    np.testing.assert_allclose(loss, np.mean(error**2), rtol=1e-14)
    np.testing.assert_allclose(grads["b2"], 2 * error.sum(0) / error.size, rtol=1e-13)


ANGLE = """
inputs: {x: {shape: [4]}, z: {shape: [4]}}
targets: {y: {shape: []}}
nodes:
  a: {formula: 'a[n] = sum(k, (w[k] * x[n, k])^2)', inputs: [x]}
  b: {formula: 'b[n] = sum(k, (v[k] * z[n, k])^2)', inputs: [z]}
  c: {formula: 'c[n] = sum(k, u[k] * x[n, k] * z[n, k]) / sqrt(a[n] * b[n])', inputs: [x, z, a, b]}
loss: {mean_squared_error: {inputs: [c, y]}}
"""


def test_a_root_that_forward_and_backward_need_is_computed_once(
    compiled: Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = compiled(ANGLE)
    monkeypatch.setattr(
        "symbprop.schedule.schedule.share", lambda statements, *_: Distributed(statements=list(statements))
    )
    plain = compiled(ANGLE)
    assert body_of(module).count("np.sqrt(") < body_of(plain).count("np.sqrt(")
    params, data = point(module)
    assert_same_gradient(module, plain, params, data, loss=1e-15, rtol=1e-13, atol=1e-16)


def test_columns_are_left_alone(compiled: Compiled) -> None:
    """Over a batch squares are added up in another way, exacter than their products would be."""
    text = TANH.replace("  - dense: {units: 2}", "  - batch_normalization\n  - dense: {units: 2}")
    assert "z1_less" not in body_of(compiled(text))


def test_nothing_is_kept_that_only_one_statement_needs(compiled: Compiled) -> None:
    module = compiled(GATED)
    assert "z1_exp" not in body_of(module, "forward")
    assert "z2_exp" not in body_of(module, "forward")
    assert "_tanh" not in body_of(compiled(TANH))
