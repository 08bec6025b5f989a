"""Losses with PyTorch's peers or its arithmetic: value and gradient to 1e-10, over a grid of arguments."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from symbprop.library.catalogue import catalogue

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
    (d,) = module.PARAMETERS
    params = {d: rng.normal(size=shape)}
    leaf = torch.tensor(params[d], requires_grad=True)
    value, grads = module.loss_and_grad(params, np.zeros(shape), target)
    truth = peer({"linear": lambda z: z, "sigmoid": torch.sigmoid, "softmax": lambda z: z.softmax(-1)}[last](leaf))
    truth.backward()
    np.testing.assert_allclose(value, truth.item(), rtol=1e-10)
    np.testing.assert_allclose(grads[d], leaf.grad.numpy(), rtol=1e-10, atol=1e-12)


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


REAL = np.random.default_rng(4).normal(size=(5, 4)) * 2
COUNTS = np.random.default_rng(5).poisson(2.0, (5, 4)).astype(float)
SIGNS = 2 * YES - 1
SHARES = np.random.default_rng(6).dirichlet(np.ones(4), 5)
FAR = 1 + np.random.default_rng(7).random((5, 4))


def of(target: np.ndarray, function: Any, **named: Any) -> Any:
    """A function of PyTorch's as a peer."""
    return lambda a: function(a, torch.tensor(target), **named)


def focal(gamma: float) -> Any:
    def peer(q: Any) -> Any:
        y = torch.tensor(YES)
        t = y * q + (1 - y) * (1 - q)
        return ((1 - t) ** gamma * F.binary_cross_entropy(q, y, reduction="none")).mean()

    return peer


def squared_hinge(a: Any) -> Any:
    return (torch.clamp(1 - torch.tensor(SIGNS) * a, min=0) ** 2).mean()


def log_cosh(a: Any) -> Any:
    return torch.log(torch.cosh(a - torch.tensor(REAL))).mean()


def logarithmic(a: Any) -> Any:
    return ((torch.log1p(a) - torch.log1p(torch.tensor(COUNTS))) ** 2).mean()


def percentage(a: Any) -> Any:
    y = torch.tensor(FAR)
    return 100 * ((y - a) / y).abs().mean()


PLAIN = [
    ("mean_squared_error", "", REAL, "linear", of(REAL, F.mse_loss)),
    ("mean_absolute_error", "", REAL, "linear", of(REAL, F.l1_loss)),
    ("huber", "", REAL, "linear", of(REAL, F.huber_loss)),
    ("huber", "delta: 0.4", REAL, "linear", of(REAL, F.huber_loss, delta=0.4)),
    ("log_cosh", "", REAL, "linear", log_cosh),
    ("binary_focal_crossentropy", "", YES, "sigmoid", focal(2)),
    ("binary_focal_crossentropy", "gamma: 0.5", YES, "sigmoid", focal(0.5)),
    ("binary_focal_crossentropy", "gamma: 3, from_logits: true", YES, "linear", lambda z: focal(3)(torch.sigmoid(z))),
    ("kl_divergence", "", SHARES, "softmax", lambda p: F.kl_div(p.log(), torch.tensor(SHARES), reduction="batchmean")),
    ("poisson", "", COUNTS, "sigmoid", of(COUNTS, F.poisson_nll_loss, log_input=False, eps=0.0)),
    ("hinge", "", SIGNS, "linear", lambda a: torch.clamp(1 - torch.tensor(SIGNS) * a, min=0).mean()),
    ("squared_hinge", "", SIGNS, "linear", squared_hinge),
    ("mean_squared_logarithmic_error", "", COUNTS, "sigmoid", logarithmic),
    ("mean_absolute_percentage_error", "", FAR, "linear", percentage),
    ("cosine_similarity", "", REAL, "linear", lambda a: -F.cosine_similarity(a, torch.tensor(REAL), dim=-1).mean()),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "target", "last", "peer"), PLAIN)
def test_a_loss(name: str, arguments: str, target: np.ndarray, last: str, peer: Any, compiled: Compiled) -> None:
    assert_loss(compiled, name, arguments, target, last, peer)


@pytest.mark.parametrize("last", ["softmax", "linear"])
def test_classes_by_their_number(last: str, compiled: Compiled) -> None:
    label = torch.tensor([0, 2, 1, 3, 2])
    more = "" if last == "softmax" else "{from_logits: true}"
    text = f"""
inputs: {{x: {{shape: [5, 4], batch: false}}}}
targets: {{label: {{shape: [5], dtype: int, classes: 4, batch: false}}}}
layers:
- {{formula: 'z[n, k] = x[n, k] + d[n, k]', activation: {last}}}
loss: {{sparse_categorical_crossentropy: {more or {}}}}
"""
    module, params = compiled(text), {"d": np.random.default_rng(3).normal(size=(5, 4))}
    leaf = torch.tensor(params["d"], requires_grad=True)
    value, grads = module.loss_and_grad(params, np.zeros((5, 4)), label.numpy())
    truth = F.cross_entropy(leaf, label)
    truth.backward()
    np.testing.assert_allclose(value, truth.item(), rtol=1e-10)
    np.testing.assert_allclose(grads["d"], leaf.grad.numpy(), rtol=1e-10, atol=1e-12)


def test_every_loss_of_the_library_has_a_peer() -> None:
    own = (
        "binary_crossentropy categorical_crossentropy categorical_focal_crossentropy categorical_hinge dice tversky "
        "sparse_categorical_crossentropy"
    )
    assert {each[0] for each in PLAIN} | set(own.split()) == set(catalogue().named("losses"))
