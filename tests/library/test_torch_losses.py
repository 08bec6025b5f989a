"""Losses and activations with PyTorch's peers or its arithmetic: value and gradient to 1e-10, over a grid of arguments."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is the peer")
F = torch.nn.functional
Compiled = Callable[..., ModuleType]


def assert_loss(compiled: Compiled, loss: str, arguments: str, target: np.ndarray, last: str, peer: Any) -> None:
    """A loss on a parameter that is a row for each example, behind ``last``; ``peer`` has the target as a tensor."""
    shape = list(target.shape)
    text = f"""
inputs: {{x: {{shape: {shape}, batch: false}}}}
targets: {{y: {{shape: {shape}, batch: false}}}}
layers:
- {{formula: 'z[n, k] = x[n, k] + d[n, k]', activation: {last}}}
loss: {{{loss}: {{{arguments}}}}}
"""
    module, rng = compiled(text), np.random.default_rng(len(loss))
    params = {"d": rng.normal(size=shape)}
    leaf = torch.tensor(params["d"], requires_grad=True)
    value, grads = module.loss_and_grad(params, np.zeros(shape), target)
    truth = peer({"linear": lambda z: z, "sigmoid": torch.sigmoid, "softmax": lambda z: z.softmax(-1)}[last](leaf))
    truth.backward()
    np.testing.assert_allclose(value, truth.item(), rtol=1e-10)
    np.testing.assert_allclose(grads["d"], leaf.grad.numpy(), rtol=1e-10, atol=1e-12)


YES = np.random.default_rng(1).integers(0, 2, (5, 4)).astype(float)
ONE = np.eye(4)[[0, 2, 1, 3, 2]]


@pytest.mark.parametrize("smoothing", [0, 0.1, 0.5])
def test_label_smoothing_of_yes_and_no(smoothing: float, compiled: Compiled) -> None:
    y = torch.tensor(YES) * (1 - smoothing) + smoothing / 2
    more = f"label_smoothing: {smoothing}"
    assert_loss(compiled, "binary_crossentropy", more, YES, "sigmoid", lambda p: F.binary_cross_entropy(p, y))
    logits = f"{more}, from_logits: true"
    assert_loss(
        compiled, "binary_crossentropy", logits, YES, "linear", lambda p: F.binary_cross_entropy_with_logits(p, y)
    )


@pytest.mark.parametrize("smoothing", [0, 0.1, 0.5])
def test_label_smoothing_of_classes_is_pytorchs(smoothing: float, compiled: Compiled) -> None:
    def peer(z: Any) -> Any:
        return F.cross_entropy(z, torch.tensor(ONE), label_smoothing=smoothing)

    more = f"label_smoothing: {smoothing}"
    assert_loss(compiled, "categorical_crossentropy", f"{more}, from_logits: true", ONE, "linear", peer)
    assert_loss(compiled, "categorical_crossentropy", more, ONE, "softmax", lambda p: peer(torch.log(p)))


@pytest.mark.parametrize("gamma", [0, 1, 2, 3.5])
def test_categorical_focal_crossentropy(gamma: float, compiled: Compiled) -> None:
    def peer(p: Any) -> Any:
        return -(0.4 * torch.tensor(ONE) * (1 - p) ** gamma * torch.log(p)).sum(-1).mean()

    more = f"gamma: {gamma}, alpha: 0.4"
    assert_loss(compiled, "categorical_focal_crossentropy", more, ONE, "softmax", peer)
    logits = f"{more}, from_logits: true"
    assert_loss(compiled, "categorical_focal_crossentropy", logits, ONE, "linear", lambda z: peer(z.softmax(-1)))


def test_categorical_hinge(compiled: Compiled) -> None:
    y = torch.tensor(ONE)

    def peer(z: Any) -> Any:
        return torch.clamp(((1 - y) * z).amax(-1) - (y * z).sum(-1) + 1, min=0).mean()

    assert_loss(compiled, "categorical_hinge", "", ONE, "linear", peer)


@pytest.mark.parametrize(("alpha", "beta"), [(0.5, 0.5), (0.3, 0.7), (1, 0)])
def test_dice_and_tversky(alpha: float, beta: float, compiled: Compiled) -> None:
    y = torch.tensor(YES)

    def tversky(p: Any) -> Any:
        inside, vain, missed = (p * y).sum(), (p * (1 - y)).sum(), ((1 - p) * y).sum()
        return 1 - (inside + 1e-7) / (inside + alpha * vain + beta * missed + 1e-7)

    def dice(p: Any) -> Any:
        return 1 - (2 * (p * y).sum() + 1e-7) / (p.sum() + y.sum() + 1e-7)

    assert_loss(compiled, "tversky", f"alpha: {alpha}, beta: {beta}", YES, "sigmoid", tversky)
    assert_loss(compiled, "dice", "", YES, "sigmoid", dice)


@pytest.mark.parametrize(
    ("name", "arguments", "peer"),
    [
        ("hard_silu", "", lambda x: x * torch.clamp(x + 3, 0, 6) / 6),
        ("sparse_sigmoid", "", lambda x: torch.clamp((x + 1) / 2, 0, 1)),
        ("sparse_plus", "", lambda x: torch.where(x <= -1, 0, torch.where(x < 1, (x + 1) ** 2 / 4, x))),
        ("threshold", "threshold: 0.3, default_value: -1", lambda x: F.threshold(x, 0.3, -1.0)),
    ],
)
def test_an_activation(name: str, arguments: str, peer: Any, compiled: Compiled) -> None:
    target = np.random.default_rng(2).normal(size=(5, 4))
    text = f"""
inputs: {{x: {{shape: [5, 4], batch: false}}}}
targets: {{y: {{shape: [5, 4], batch: false}}}}
layers: [{{formula: 'z[n, k] = x[n, k] + d[n, k]'}}, {{{name}: {{{arguments}}}}}]
loss: mean_squared_error
"""
    module = compiled(text)
    params = {"d": np.random.default_rng(3).normal(size=(5, 4)) * 3}
    leaf = torch.tensor(params["d"], requires_grad=True)
    truth = ((peer(leaf) - torch.tensor(target)) ** 2).mean()
    truth.backward()
    value, grads = module.loss_and_grad(params, np.zeros((5, 4)), target)
    np.testing.assert_allclose(value, truth.item(), rtol=1e-10)
    np.testing.assert_allclose(grads["d"], leaf.grad.numpy(), rtol=1e-10, atol=1e-12)
