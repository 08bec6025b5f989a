"""Clipped gradients against torch.nn.utils."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from trained import examples, module_of


def clipped(clip: str, scale: float) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """A gradient, and what plain descent at rate 1 takes off the parameters instead of it."""
    module = module_of(f"{{optimizer: {{sgd: {{learning_rate: 1}}}}, clip: {clip}}}")
    zeros = {name: np.zeros(shape) for name, shape in module.PARAMETERS.items()}
    x, label = examples()
    _, grads = module.loss_and_grad(module.init(0), x, label)
    grads = {name: scale * value for name, value in grads.items()}
    new, _ = module.step(zeros, grads, module.init_optimizer(zeros))
    return grads, {name: -value for name, value in new.items()}


def torch_gradients(grads: dict[str, np.ndarray]) -> tuple[Any, dict[str, Any]]:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    leaves = {}
    for name, value in grads.items():
        leaves[name] = torch.zeros(value.shape, dtype=torch.float64, requires_grad=True)
        leaves[name].grad = torch.tensor(value)
    return torch.nn.utils, leaves


@pytest.mark.parametrize("scale", [0.01, 1.0, 30.0])
def test_by_value(scale: float) -> None:
    grads, found = clipped("{clip_by_value: {clip_value: 0.05}}", scale)
    utils, leaves = torch_gradients(grads)
    utils.clip_grad_value_(leaves.values(), 0.05)
    for name, leaf in leaves.items():
        assert np.array_equal(found[name], leaf.grad.numpy())


@pytest.mark.parametrize("scale", [0.01, 1.0, 30.0])
def test_by_the_norm_of_all_parameters(scale: float) -> None:
    grads, found = clipped("{clip_by_global_norm: {clip_norm: 0.3}}", scale)
    utils, leaves = torch_gradients(grads)
    utils.clip_grad_norm_(leaves.values(), 0.3)
    for name, leaf in leaves.items():
        np.testing.assert_allclose(found[name], leaf.grad.numpy(), rtol=1e-13)


@pytest.mark.parametrize("scale", [0.01, 1.0, 30.0])
def test_by_the_norm_of_each_parameter(scale: float) -> None:
    grads, found = clipped("{clip_by_norm: {clip_norm: 0.3}}", scale)
    utils, leaves = torch_gradients(grads)
    for name, leaf in leaves.items():
        utils.clip_grad_norm_([leaf], 0.3)
        np.testing.assert_allclose(found[name], leaf.grad.numpy(), rtol=1e-13)


def test_a_gradient_of_zero_stays_zero() -> None:
    for clip in ("clip_by_norm", "clip_by_global_norm", "clip_by_value"):
        _, found = clipped(clip, 0.0)
        assert all(np.array_equal(value, np.zeros_like(value)) for value in found.values())
