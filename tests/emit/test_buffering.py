"""NumPy's buffer is set where arrays are large, inside a call alone."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from tests.networks import ALL, body_of, point

Compiled = Callable[..., ModuleType]

ROWS = """
inputs: {x: {shape: [1024]}}
targets: {y: {shape: [1024]}}
layers: [layer_normalization]
loss: mean_squared_error
"""


def test_long_rows_are_read_where_they_are(compiled: Compiled) -> None:
    module = compiled(ROWS)
    assert "np.setbufsize(1024)" in body_of(module)
    assert "np.setbufsize" not in body_of(compiled(ALL["mlp"]))


@pytest.mark.parametrize("size", [8192, 4096])
def test_the_buffer_of_the_caller_stays(size: int, compiled: Compiled) -> None:
    module = compiled(ROWS)
    params, (x, y) = point(module)
    before = np.setbufsize(size)
    try:
        module.loss_and_grad(params, x, y)
        module.loss(params, x, y)
        module.forward(params, x)
        assert np.getbufsize() == size
        params["gamma"] = params["gamma"].astype(object)
        params["gamma"][3] = "no number"
        with pytest.raises(TypeError):
            module.loss_and_grad(params, x, y)
        assert np.getbufsize() == size
    finally:
        np.setbufsize(before)
