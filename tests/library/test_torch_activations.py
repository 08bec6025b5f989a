"""Activations with PyTorch's own functions or its arithmetic: value and gradient to 1e-10, over a grid of arguments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from library.torch_peer import Compiled, assert_agrees

from symbprop.library.catalogue import catalogue

torch = pytest.importorskip("torch", reason="PyTorch is the peer")
F = torch.nn.functional
SHAPES = [(7,), (5, 4), (2, 3, 4)]
ACTIVATIONS = [
    ("linear", "", lambda x: x * 1),
    ("relu", "", torch.relu),
    ("relu6", "", F.relu6),
    ("leaky_relu", "", lambda x: F.leaky_relu(x, 0.3)),
    ("leaky_relu", "negative_slope: 0.01", lambda x: F.leaky_relu(x, 0.01)),
    ("sigmoid", "", torch.sigmoid),
    ("tanh", "", torch.tanh),
    ("softmax", "", lambda x: x.softmax(-1)),
    ("log_softmax", "", lambda x: x.log_softmax(-1)),
    ("softplus", "", F.softplus),
    ("softsign", "", F.softsign),
    ("elu", "", F.elu),
    ("elu", "alpha: 0.4", lambda x: F.elu(x, 0.4)),
    ("celu", "", F.celu),
    ("celu", "alpha: 2.5", lambda x: F.celu(x, 2.5)),
    ("selu", "", F.selu),
    ("gelu", "", F.gelu),
    ("gelu", "approximate: true", lambda x: F.gelu(x, approximate="tanh")),
    ("silu", "", F.silu),
    ("swish", "", F.silu),
    ("mish", "", F.mish),
    ("hard_sigmoid", "", lambda x: torch.clamp(x + 3, 0, 6) / 6),  # F.hardsigmoid has a sixth in single precision
    ("hard_swish", "", F.hardswish),
    ("hard_tanh", "", F.hardtanh),
    ("hard_silu", "", F.hardswish),
    ("exponential", "", torch.exp),
    ("log_sigmoid", "", F.logsigmoid),
    ("tanh_shrink", "", F.tanhshrink),
    ("soft_shrink", "", F.softshrink),
    ("soft_shrink", "threshold: 1.5", lambda x: F.softshrink(x, 1.5)),
    ("hard_shrink", "", F.hardshrink),
    ("hard_shrink", "threshold: 0.1", lambda x: F.hardshrink(x, 0.1)),
    ("squareplus", "", lambda x: (x + torch.sqrt(x * x + 4)) / 2),
    ("squareplus", "b: 1", lambda x: (x + torch.sqrt(x * x + 1)) / 2),
    ("sparse_plus", "", lambda x: torch.where(x <= -1, 0, torch.where(x < 1, (x + 1) ** 2 / 4, x))),
    ("sparse_sigmoid", "", lambda x: torch.clamp((x + 1) / 2, 0, 1)),
    ("threshold", "threshold: 0.3, default_value: -1", lambda x: F.threshold(x, 0.3, -1.0)),
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("name", "arguments", "peer"), ACTIVATIONS)
def test_an_activation(name: str, arguments: str, peer: Any, shape: tuple[int, ...], compiled: Compiled) -> None:
    role = "z" if name in ("softmax", "log_softmax") else "x"
    x = np.random.default_rng(len(name)).normal(size=shape) * 3
    assert_agrees(compiled, name, arguments, {role: x}, lambda _, given: peer(given[role]), torch)


@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 4)])
def test_a_learned_slope(shape: tuple[int, ...], compiled: Compiled) -> None:
    x = {"x": np.random.default_rng(1).normal(size=shape)}

    def peer(p: Any, given: Any) -> Any:
        return torch.where(given["x"] > 0, given["x"], p["alpha"] * given["x"])

    assert_agrees(compiled, "prelu", "", x, peer, torch)
    assert_agrees(compiled, "channel_prelu", "", x, peer, torch)


def test_every_activation_of_the_library_has_a_peer() -> None:
    assert {each[0] for each in ACTIVATIONS} | {"prelu"} == set(catalogue().named("activations"))
