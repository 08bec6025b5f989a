"""Operands of small calls that lack axes: rows, columns and numbers are written out over all of them first."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from tests.networks import body_of, point

Compiled = Callable[..., ModuleType]

NET = """
inputs: {{x: {{shape: [5]}}}}
targets: {{label: {{shape: [], dtype: int, classes: {units}}}}}
layers:
  - dense: {{units: {units}, activation: tanh}}
  - dense: {{units: {units}, activation: softmax}}
loss: sparse_categorical_crossentropy
"""


def spread(module: ModuleType) -> list[str]:
    """What is written out first, in the gradient."""
    return re.findall(r"work\.(?:spread|scale)\d*\[\.\.\.\] = (.*?)(?:  #|\n)", body_of(module))


def test_rows_columns_and_numbers_of_small_calls_are_written_out(compiled: Compiled) -> None:
    found = spread(compiled(NET.format(units=6)))
    assert {"b1", "b2", "z2_max[:, None]", "s[:, None]", "cotangent / N"} <= set(found)


def test_large_calls_read_them_as_they_are(compiled: Compiled) -> None:
    assert not {"b1", "b2", "z2_max[:, None]"} & set(spread(compiled(NET.format(units=200))))


@pytest.mark.parametrize("batch", [1, 2, 7, 300])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_no_bit_changes_by_it(batch: int, dtype: type, compiled: Compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    module = compiled(NET.format(units=6))
    monkeypatch.setattr("symbprop.emit.maps.SMALL", 0)
    plain = compiled(NET.format(units=6))
    assert not spread(plain)
    params, (x, label) = point(module, batch=batch)
    params = {name: value.astype(dtype) for name, value in params.items()}
    loss, grads = module.loss_and_grad(params, x, label, cotangent=0.7)
    other, others = plain.loss_and_grad(params, x, label, cotangent=0.7)
    assert loss == other
    assert all(np.array_equal(others[name], grad) for name, grad in grads.items())
