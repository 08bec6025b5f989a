"""A term that a sum and another statement need is computed once, forwards as backwards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np

Compiled = Callable[..., ModuleType]


def test_a_term_that_only_the_gradient_needs_is_computed_once(compiled: Compiled) -> None:
    """cos(x + b) is the gradient by x, and its sum that by b; nothing before the loss takes a cosine."""
    module = compiled('formulas: "L = sum(i, sin(x[i:3] + b))"\n')
    params = {"x": np.array([0.5, -1.0, 2.0]), "b": np.array(0.25)}
    _, grads = module.loss_and_grad(params)
    np.testing.assert_allclose(grads["x"], np.cos(params["x"] + params["b"]), rtol=1e-14)
    np.testing.assert_allclose(grads["b"], np.cos(params["x"] + params["b"]).sum(), rtol=1e-14)
    assert Path(str(module.__file__)).read_text(encoding="utf-8").count("np.cos(") == 1
