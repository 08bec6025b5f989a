"""``activity_regularizer``: a penalty on what a layer gives, the mean over the examples, as in Keras."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from symbprop.language.source import Source, SourceError
from symbprop.network.build import build
from symbprop.pipeline import read
from symbprop.verify.module import verify_module

TEXT = """
inputs: {{x: {{shape: [4]}}}}
targets: {{y: {{shape: [2]}}}}
layers:
- dense: {{units: 3, activation: tanh, activity_regularizer: {chosen}}}
- dense: {{units: 2}}
loss: mean_squared_error
"""


@pytest.mark.parametrize(
    ("chosen", "penalty"),
    [
        ("l2", lambda h: 0.01 * (h**2).sum()),
        ("{l1: {l1: 0.3}}", lambda h: 0.3 * abs(h).sum()),
        ("{l1_l2: {l1: 0.3, l2: 0.2}}", lambda h: 0.3 * abs(h).sum() + 0.2 * (h**2).sum()),
    ],
)
def test_the_loss_and_its_gradient_are_pytorchs(
    chosen: str, penalty: Callable[..., float], compiled: Callable[..., ModuleType]
) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is the peer")
    module = compiled(TEXT.format(chosen=chosen))
    certificate = verify_module(module)
    assert certificate.passed, certificate.format()
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(5, 4)), rng.normal(size=(5, 2))
    params = {name: rng.normal(size=shape) for name, shape in module.PARAMETERS.items()}
    leaves = {name: torch.tensor(value, requires_grad=True) for name, value in params.items()}
    h = torch.tanh(torch.tensor(x) @ leaves["W1"] + leaves["b1"])
    error = h @ leaves["W2"] + leaves["b2"] - torch.tensor(y)
    truth = (error**2).mean() + penalty(h) / 5
    truth.backward()
    loss, grads = module.loss_and_grad(params, x, y)
    np.testing.assert_allclose(loss, truth.item(), rtol=1e-10)
    for name, leaf in leaves.items():
        np.testing.assert_allclose(grads[name], leaf.grad.numpy(), rtol=1e-10, atol=1e-12)


def test_a_penalty_that_there_is_not_is_told() -> None:
    with pytest.raises(SourceError, match="there is no operation 'l3'"):
        build(read(Source("net.yaml", TEXT.format(chosen="l3"))))
