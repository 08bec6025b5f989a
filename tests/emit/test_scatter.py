"""Sums into places that integers choose."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from tests.networks import body_of

Compiled = Callable[..., ModuleType]

WORDS = """
inputs: {{ids: {{shape: [3], dtype: int, classes: {words}}}}}
targets: {{y: {{shape: [2]}}}}
layers:
  - embedding: {{input_dim: {words}, output_dim: 5}}
  - global_average_pooling1d
  - dense: {{units: 2}}
loss: mean_squared_error
"""


@pytest.mark.parametrize("words", [12, 4000])
@pytest.mark.parametrize("batch", [1, 4, 500])
def test_rows_of_a_table_add_up_where_words_come_again(words: int, batch: int, compiled: Compiled) -> None:
    module = compiled(WORDS.format(words=words))
    text = body_of(module)
    assert ("_add_rows(" in text) == (words == 4000)
    assert ("np.add.at(" in text) == (words == 12)
    assert "np.take(E, ids, axis=0).copy()" not in text
    rng = np.random.default_rng(batch)
    params = {name: rng.normal(size=shape) for name, shape in module.PARAMETERS.items()}
    ids, y = rng.integers(0, words, (batch, 3)), rng.normal(size=(batch, 2))
    ids[0] = [words - 1, 0, words - 1]
    _, grads = module.loss_and_grad(params, ids, y)
    step, out = params["E"][ids].mean(axis=1), np.zeros_like(params["E"])
    error = (step @ params["W"] + params["b"] - y) / batch
    for row, place in zip(np.repeat(error @ params["W"].T / 3, 3, axis=0), ids.ravel(), strict=True):
        out[place] += row
    np.testing.assert_allclose(grads["E"], out * (2 / 2), rtol=1e-12, atol=1e-15)
