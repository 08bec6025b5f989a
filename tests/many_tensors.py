"""A module of many tensors that no compiler wrote."""

from __future__ import annotations

import types
from types import ModuleType
from typing import Any

import numpy as np


def deep(count: int, decay: float) -> ModuleType:
    """L = Σₖ decayᵏ meanₙ (x·wₖ)²: many tensors, whose gradients may be of very different size."""
    names = [f"w{k}" for k in range(count)]
    module = types.ModuleType("deep")
    factors = decay ** np.arange(count)

    def weights(params: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        W = np.stack([params[name] for name in names], axis=1)
        return W, factors.astype(W.real.dtype)

    def init(seed: int = 0, dtype: str = "float64") -> dict[str, np.ndarray]:
        rng = np.random.default_rng(seed)
        return {name: rng.standard_normal(3).astype(dtype) for name in names}

    def loss(params: dict[str, np.ndarray], x: np.ndarray) -> Any:
        W, c = weights(params)
        z = x @ W
        return np.sum(np.mean(z * z, axis=0) * c)

    def forward(params: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
        return np.asarray(loss(params, x))

    def loss_and_grad(params: dict[str, np.ndarray], x: np.ndarray, cotangent: float = 1.0) -> Any:
        W, c = weights(params)
        gradient = x.T @ (x @ W) * c * (cotangent * 2 / len(x))
        return loss(params, x), {name: gradient[:, k].copy() for k, name in enumerate(names)}

    shapes = {"PARAMETERS": dict.fromkeys(names, (3,)), "INPUTS": {"x": ("N", 3)}, "OUTPUTS": {"L": ()}}
    empty = {"TARGETS": {}, "INTEGERS": {}, "RANGES": {}, "FORMULAS": {}, "ZERO_GRADIENTS": {}}
    functions = {"init": init, "loss": loss, "forward": forward, "loss_and_grad": loss_and_grad}
    module.__dict__.update({"NAME": "deep", "DTYPE": "float64", **shapes, **empty, **functions})
    return module
