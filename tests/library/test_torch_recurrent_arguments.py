"""Activations of recurrent layers as arguments: value and every gradient agree with PyTorch to 1e-10."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from library.torch_peer import Compiled, assert_agrees

torch = pytest.importorskip("torch", reason="PyTorch is the peer")
F = torch.nn.functional
RNG = np.random.default_rng(5)
UNITS = 4
CHOSEN = [("tanh", "hard_sigmoid"), ("relu", "sigmoid"), ("softsign", "tanh"), ("linear", "silu"), ("elu", "hard_tanh")]
PEERS = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "softsign": F.softsign,
    "silu": F.silu,
    "elu": F.elu,
    "hard_tanh": F.hardtanh,
    "linear": lambda x: x,
    "hard_sigmoid": lambda x: torch.clamp(x + 3, 0, 6) / 6,
}  # fmt: skip  (hardsigmoid's derivative has its sixth in single precision)


def run(cell: Any, x: Any, backwards: bool, start: tuple[Any, ...]) -> Any:
    """The outputs of ``cell`` at every step, in the order in which they are computed."""
    outputs, state = [], start
    for t in reversed(range(x.shape[1])) if backwards else range(x.shape[1]):
        state = cell(x[:, t], *state)
        outputs.append(state[0])
    return torch.stack(outputs, 1)


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("activation", ["relu", "linear", "softsign", "gelu"])
def test_simple_rnn(activation: str, backwards: bool, compiled: Compiled) -> None:
    f = {**PEERS, "gelu": F.gelu}[activation]

    def peer(p: Any, x: Any) -> Any:
        start = (torch.zeros(2, UNITS, dtype=torch.float64),)
        return run(lambda x, h: (f(x @ p["W"] + h @ p["U"] + p["b"]),), x["x"], backwards, start)

    arguments = (
        f"units: {UNITS}, activation: {activation}, return_sequences: true, go_backwards: {str(backwards).lower()}"
    )
    assert_agrees(compiled, "simple_rnn", arguments, {"x": RNG.standard_normal((2, 3, 3))}, peer, torch)


def test_simple_rnn_with_relu_is_pytorchs_own(compiled: Compiled) -> None:
    theirs = torch.nn.RNN(3, UNITS, nonlinearity="relu", batch_first=True).double()

    def peer(p: Any, x: Any) -> Any:
        weights = {"weight_ih_l0": p["W"].T, "weight_hh_l0": p["U"].T, "bias_ih_l0": p["b"], "bias_hh_l0": 0 * p["b"]}
        return torch.func.functional_call(theirs, weights, (x["x"],))[0][:, -1]

    assert_agrees(
        compiled, "simple_rnn", f"units: {UNITS}, activation: relu", {"x": RNG.standard_normal((2, 5, 3))}, peer, torch
    )


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(("activation", "recurrent"), CHOSEN)
def test_lstm(activation: str, recurrent: str, backwards: bool, compiled: Compiled) -> None:
    f, g = PEERS[activation], PEERS[recurrent]

    def peer(p: Any, x: Any) -> Any:
        def cell(x: Any, h: Any, c: Any) -> tuple[Any, Any]:
            i, forget, new, out = (x @ p["W"] + h @ p["U"] + p["b"]).split(UNITS, 1)
            c = g(forget) * c + g(i) * f(new)
            return g(out) * f(c), c

        zero = torch.zeros(2, UNITS, dtype=torch.float64)
        return run(cell, x["x"], backwards, (zero, zero))

    arguments = (
        f"units: {UNITS}, activation: {activation}, recurrent_activation: {recurrent}, return_sequences: true, "
        f"go_backwards: {str(backwards).lower()}"
    )
    assert_agrees(compiled, "lstm", arguments, {"x": RNG.standard_normal((2, 3, 3))}, peer, torch)


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("activation", "recurrent"), CHOSEN)
def test_gru(activation: str, recurrent: str, bias: bool, after: bool, compiled: Compiled) -> None:
    """The reset gate behind the product with U, or before it, with biases and without."""
    f, g = PEERS[activation], PEERS[recurrent]

    def peer(p: Any, x: Any) -> Any:
        def cell(x: Any, h: Any) -> tuple[Any]:
            s = x @ p["W"] + (p["b"] if bias else 0)
            q = h @ p["U"] + (p["d"] if bias and after else 0)
            update, reset = g((s + q)[:, :UNITS]), g((s + q)[:, UNITS : 2 * UNITS])
            last = reset * q[:, 2 * UNITS :] if after else (reset * h) @ p["U"][:, 2 * UNITS :]
            return (update * h + (1 - update) * f(s[:, 2 * UNITS :] + last),)

        return run(cell, x["x"], False, (torch.zeros(2, UNITS, dtype=torch.float64),))

    arguments = (
        f"units: {UNITS}, activation: {activation}, recurrent_activation: {recurrent}, return_sequences: true, "
        f"reset_after: {str(after).lower()}, use_bias: {str(bias).lower()}"
    )
    assert_agrees(compiled, "gru", arguments, {"x": RNG.standard_normal((2, 3, 3))}, peer, torch)
