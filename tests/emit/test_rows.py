"""The largest of each of many short rows, of neighbours in pairs: the same number as by a reduction."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from symbprop.emit.missing import helper_source
from tests.networks import body_of, point

Compiled = Callable[..., ModuleType]

NET = """
inputs: {{x: {{shape: [3, {length}]}}}}
targets: {{y: {{shape: [3]}}}}
nodes:
  z: {{formula: 'z[n, t, k] = x[n, t, k] * w[k]', inputs: [x]}}
  m: {{formula: 'm[n, t] = {fold}(k, z[n, t, k])', inputs: [z]}}
loss: {{mean_squared_error: {{inputs: [m, y]}}}}
"""


@pytest.mark.parametrize("length", [8, 16, 64])
@pytest.mark.parametrize("fold", ["max", "min"])
def test_the_extreme_of_short_rows_is_found_in_pairs(fold: str, length: int, compiled: Compiled) -> None:
    module = compiled(NET.format(length=length, fold=fold))
    assert "_row_extreme(" in body_of(module)
    params, (x, y) = point(module, batch=5)
    loss, grads = module.loss_and_grad(params, x, y)
    z = x * params["w_z"]
    found = getattr(z, fold)(axis=2)
    assert loss == pytest.approx(np.mean((found - y) ** 2), rel=1e-14)
    chosen = z == found[..., None]
    slope = (2 * (found - y) / y.size)[..., None] * chosen * x
    np.testing.assert_allclose(grads["w_z"], slope.sum((0, 1)), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("length", [4, 12, 128])
def test_other_rows_are_reduced(length: int, compiled: Compiled) -> None:
    assert "_row_extreme(" not in body_of(compiled(NET.format(length=length, fold="max")))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128, object])
@pytest.mark.parametrize("length", [2, 4, 8, 32])
def test_pairs_give_what_a_reduction_gives(length: int, dtype: type) -> None:
    module = ModuleType("helper")
    module.__dict__["np"] = np
    exec(compile(helper_source("row_extreme"), "helper.py", "exec"), module.__dict__)
    x = np.random.default_rng(length).normal(size=(3, 7, length)).astype(dtype)
    if dtype is not object:
        x[1, 2, length // 2] = np.nan
        x[2, 6] = np.inf
    halves, out = np.empty(21 * length * 3 // 4, dtype), np.empty((3, 7), dtype)
    for larger in (np.maximum, np.minimum):
        assert module._row_extreme(larger, x, halves, out=out) is out
        np.testing.assert_array_equal(out, larger.reduce(x, axis=2))
