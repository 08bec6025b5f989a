"""Long chains over large arrays run over blocks of rows: every element is what it is without them, and less is kept."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from symbprop.verify.module import verify_module
from tests.networks import body_of, point

Compiled = Callable[..., ModuleType]

NET = """
inputs: {{x: {{shape: [6]}}}}
targets: {{y: {{shape: [2]}}}}
dtype: {dtype}
operations: |
  op gate(x[...]):
      h[...] = tanh(x[...]) * (1 + erf(x[...]))
layers:
  - dense: {{units: {units}}}
  - {activation}
  - dense: {{units: 2}}
loss: mean_squared_error
"""
CHOSEN = "silu"  # its derivative is chosen from two branches
GELU = "gelu: {approximate: true}"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("activation", [GELU, CHOSEN, "mish", "gate"])
@pytest.mark.parametrize("batch", [1, 7, 16])
def test_every_element_is_the_same_in_blocks(
    activation: str, dtype: str, batch: int, compiled: Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = NET.format(dtype=dtype, units=256, activation=activation)
    module = compiled(text)
    assert "in work.blocks" in body_of(module)
    monkeypatch.setattr(module, "_BLOCK", 3 * 256 * 8)  # three rows, or six: the last block has fewer
    monkeypatch.setattr("symbprop.emit.blocks.LONG", 10**6)
    plain = compiled(text)
    assert "blocks" not in body_of(plain)
    params, data = point(module, batch=batch)
    params = {name: value.astype(dtype) for name, value in params.items()}
    data = [each.astype(dtype) for each in data]
    for _ in range(2):  # the second time in arrays that are there
        loss, grads = module.loss_and_grad(params, *data)
        expected, truth = plain.loss_and_grad(params, *data)
        assert loss == expected
        for name, value in grads.items():
            np.testing.assert_array_equal(value, truth[name])


def test_modules_with_blocks_are_verified(compiled: Compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    """Complex steps and many digits go through them too."""
    module = compiled(NET.format(dtype="float64", units=256, activation=GELU))
    monkeypatch.setattr(module, "_BLOCK", 2 * 256 * 16)
    certificate = verify_module(module)
    assert certificate.passed, certificate.format()


def test_narrow_rows_and_short_chains_stay_whole(compiled: Compiled) -> None:
    assert "blocks" not in body_of(compiled(NET.format(dtype="float64", units=255, activation=GELU)))
    assert "blocks" not in body_of(compiled(NET.format(dtype="float64", units=256, activation="relu")))


def test_what_lies_between_two_calls_is_as_large_as_a_block(
    compiled: Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = NET.format(dtype="float64", units=256, activation=GELU)
    in_blocks = compiled(text)
    monkeypatch.setattr("symbprop.emit.blocks.LONG", 10**6)
    peaks = []
    for module in (in_blocks, compiled(text)):
        params, data = point(module, batch=2048)
        tracemalloc.start()
        module.loss_and_grad(params, *data, microbatch=2048)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[0] < peaks[1] - 4 * 2048 * 256 * 8  # six arrays less, of a block instead


def test_a_module_with_blocks_can_hold_out_examples(compiled: Compiled) -> None:
    """What splits examples and what makes a block of rows once had one name."""
    net = NET.format(dtype="float64", units=256, activation=GELU)
    module = compiled(net + "training: {optimizer: sgd, learning_rate: 0.01, epochs: 2, validation: 0.25}\n")
    assert "in work.blocks" in body_of(module)
    params, data = point(module, batch=8)
    _, history = module.fit(params, *data)
    assert len(history) == 2
    assert all(np.isfinite(each["validation_loss"]) for each in history)
