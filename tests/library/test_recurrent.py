"""Recurrent layers against PyTorch's, weights copied: values and every gradient, over lengths, sizes, masks and truncation."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is the truth here, and is not installed")

Compiled = Callable[..., ModuleType]
GATES = {"simple_rnn": 1, "gru": 3, "lstm": 4}
PEERS = {"simple_rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}
TOLERANCE = {"rtol": 1e-10, "atol": 1e-13}


def description(layers: str, inputs: str, units: int, sequences: bool, more: str = "") -> str:
    shape = f"[T, {units}]" if sequences else f"[{units}]"
    return f"""
inputs: {{x: {{shape: [T, {inputs}]}}{more}}}
targets: {{y: {{shape: {shape}}}}}
{layers}
loss: mean_squared_error
"""


def order(op: str, matrix: Any, units: int) -> Any:
    """PyTorch's gates in Keras' order: its GRU has reset before update."""
    if op != "gru":
        return matrix
    r, z, g = matrix[:units], matrix[units : 2 * units], matrix[2 * units :]
    return torch.cat([z, r, g])


def ours(op: str, peer: Any, layer: int, units: int, gradient: bool = False, suffix: str = "") -> dict[str, np.ndarray]:
    """The parameters of one layer of a PyTorch network, or their gradients, in our shapes."""

    def get(name: str) -> Any:
        value = getattr(peer, f"{name}_l{layer}{suffix}")
        return order(op, (value.grad if gradient else value).detach(), units)

    found = {"W": get("weight_ih").T, "U": get("weight_hh").T}
    if op == "gru":
        found |= {"b": get("bias_ih"), "d": get("bias_hh")}
    else:
        found["b"] = get("bias_ih") if gradient else get("bias_ih") + get("bias_hh")
    return {name: value.numpy().copy() for name, value in found.items()}


def params_of(module: ModuleType, layers: dict[str, dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Our parameters by the module's names: ``W1`` and so on, ``W`` where there is one layer."""
    named = {f"{name}{tag}": value for tag, each in layers.items() for name, value in each.items()}
    return {name: named[name] for name in module.PARAMETERS}


@pytest.mark.parametrize("length", [1, 2, 7])
@pytest.mark.parametrize(("inputs", "units"), [(3, 4), (1, 1), (5, 2)])
@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("op", GATES)
def test_a_layer_agrees_with_pytorch(
    op: str, sequences: bool, inputs: int, units: int, length: int, compiled: Compiled
) -> None:
    torch.manual_seed(length + 10 * units)
    peer = PEERS[op](inputs, units, batch_first=True).double()
    layers = f"layers:\n  - {op}: {{units: {units}, return_sequences: {str(sequences).lower()}}}"
    module = compiled(description(layers, inputs, units, sequences))
    x = torch.randn(3, length, inputs, dtype=torch.float64)
    y = torch.randn(*((3, length, units) if sequences else (3, units)), dtype=torch.float64)
    outputs, _ = peer(x)
    outputs = outputs if sequences else outputs[:, -1]
    loss = ((outputs - y) ** 2).mean()
    loss.backward()
    params = params_of(module, {"": ours(op, peer, 0, units)})
    np.testing.assert_allclose(module.forward(params, x.numpy()), outputs.detach().numpy(), **TOLERANCE)
    value, grads = module.loss_and_grad(params, x.numpy(), y.numpy())
    np.testing.assert_allclose(value, loss.item(), **TOLERANCE)
    for name, gradient in params_of(module, {"": ours(op, peer, 0, units, gradient=True)}).items():
        np.testing.assert_allclose(grads[name], gradient, err_msg=name, **TOLERANCE)


@pytest.mark.parametrize("op", GATES)
def test_stacked_and_bidirectional_layers_agree_with_pytorch(op: str, compiled: Compiled) -> None:
    torch.manual_seed(0)
    units, inputs = 3, 4
    peer = PEERS[op](inputs, units, num_layers=2, bidirectional=True, batch_first=True).double()
    common = f"units: {units}, return_sequences: true"
    layers = f"""
nodes:
  f1: {{{op}: {{{common}}}, inputs: [x]}}
  b1: {{{op}: {{{common}, go_backwards: true}}, inputs: [x]}}
  r1: {{reverse: {{}}, inputs: [b1]}}
  c1: {{concatenate: {{}}, inputs: [f1, r1]}}
  f2: {{{op}: {{{common}}}, inputs: [c1]}}
  b2: {{{op}: {{{common}, go_backwards: true}}, inputs: [c1]}}
  r2: {{reverse: {{}}, inputs: [b2]}}
  c2: {{concatenate: {{}}, inputs: [f2, r2]}}
"""
    module = compiled(description(layers, inputs, 2 * units, True))
    x = torch.randn(5, 6, inputs, dtype=torch.float64)
    y = torch.randn(5, 6, 2 * units, dtype=torch.float64)
    outputs, _ = peer(x)
    ((outputs - y) ** 2).mean().backward()
    places = {"_f1": (0, ""), "_b1": (0, "_reverse"), "_f2": (1, ""), "_b2": (1, "_reverse")}
    params = params_of(module, {t: ours(op, peer, k, units, suffix=s) for t, (k, s) in places.items()})
    np.testing.assert_allclose(module.forward(params, x.numpy()), outputs.detach().numpy(), **TOLERANCE)
    _, grads = module.loss_and_grad(params, x.numpy(), y.numpy())
    wanted = params_of(module, {t: ours(op, peer, k, units, gradient=True, suffix=s) for t, (k, s) in places.items()})
    for name, gradient in wanted.items():
        np.testing.assert_allclose(grads[name], gradient, err_msg=name, **TOLERANCE)


@pytest.mark.parametrize("op", GATES)
def test_a_mask_is_what_a_packed_sequence_is(op: str, compiled: Compiled) -> None:
    torch.manual_seed(1)
    units, inputs, lengths = 4, 3, [6, 4, 1]
    peer = PEERS[op](inputs, units, batch_first=True).double()
    layers = f"layers:\n  - {op}: {{units: {units}, mask: m}}\n    inputs: [x]"
    module = compiled(description(layers, inputs, units, False, ", m: {shape: [T]}"))
    x = torch.randn(3, 6, inputs, dtype=torch.float64)
    y = torch.randn(3, units, dtype=torch.float64)
    mask = np.array([[float(t < length) for t in range(6)] for length in lengths])
    packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True)
    _, state = peer(packed)
    last = (state[0] if op == "lstm" else state)[0]
    ((last - y) ** 2).mean().backward()
    params = params_of(module, {"": ours(op, peer, 0, units)})
    np.testing.assert_allclose(module.forward(params, x.numpy(), mask), last.detach().numpy(), **TOLERANCE)
    _, grads = module.loss_and_grad(params, x.numpy(), mask, y.numpy())
    for name, gradient in params_of(module, {"": ours(op, peer, 0, units, gradient=True)}).items():
        np.testing.assert_allclose(grads[name], gradient, err_msg=name, **TOLERANCE)


@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("op", GATES)
def test_a_masked_layer_that_goes_backwards_goes_forwards_through_what_is_reversed(
    op: str, sequences: bool, compiled: Compiled
) -> None:
    """The mask goes with its step: h at step T − 1 − t is kept where the mask there is 0."""
    rng = np.random.default_rng(4)
    units = 2
    chosen = f"{op}: {{units: {units}, mask: m, return_sequences: {str(sequences).lower()}"
    back, forth = (
        compiled(description(f"layers:\n  - {each}\n    inputs: [x]", 3, units, sequences, ", m: {shape: [T]}"))
        for each in (f"{chosen}, go_backwards: true}}", f"{chosen}}}")
    )
    params = {name: rng.standard_normal(shape) for name, shape in forth.PARAMETERS.items()}
    x, y = rng.standard_normal((2, 5, 3)), rng.standard_normal((2, 5, units) if sequences else (2, units))
    mask = np.array([[1.0, 1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 1.0, 1.0, 1.0]])
    turned = x[:, ::-1], mask[:, ::-1]
    np.testing.assert_allclose(back.forward(params, x, mask), forth.forward(params, *turned), **TOLERANCE)
    found, expected = back.loss_and_grad(params, x, mask, y), forth.loss_and_grad(params, *turned, y)
    np.testing.assert_allclose(found[0], expected[0], **TOLERANCE)
    for name, gradient in expected[1].items():
        np.testing.assert_allclose(found[1][name], gradient, err_msg=name, **TOLERANCE)


@pytest.mark.parametrize("every", [1, 2, 3])
@pytest.mark.parametrize("op", GATES)
def test_truncation_is_what_detaching_between_chunks_is(op: str, every: int, compiled: Compiled) -> None:
    torch.manual_seed(2)
    units, inputs, length = 3, 2, 7
    peer = PEERS[op](inputs, units, batch_first=True).double()
    layers = f"layers:\n  - {op}: {{units: {units}, return_sequences: true, truncate: {every}}}"
    module = compiled(description(layers, inputs, units, True))
    x = torch.randn(3, length, inputs, dtype=torch.float64)
    y = torch.randn(3, length, units, dtype=torch.float64)
    state, pieces = None, []
    for start in range(0, length, every):
        state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state
        state = state.detach() if isinstance(state, torch.Tensor) else state
        piece, state = peer(x[:, start : start + every], state)
        pieces.append(piece)
    ((torch.cat(pieces, 1) - y) ** 2).mean().backward()
    params = params_of(module, {"": ours(op, peer, 0, units)})
    _, grads = module.loss_and_grad(params, x.numpy(), y.numpy())
    for name, gradient in params_of(module, {"": ours(op, peer, 0, units, gradient=True)}).items():
        np.testing.assert_allclose(grads[name], gradient, err_msg=name, **TOLERANCE)


def test_first_states_are_inputs_or_what_another_layer_gives(compiled: Compiled) -> None:
    torch.manual_seed(3)
    units, inputs = 3, 2
    peer = torch.nn.LSTM(inputs, units, batch_first=True).double()
    layers = """
nodes:
  start: {dense: {units: 3, activation: tanh}, inputs: [s]}
  out: {lstm: {units: 3, h0: start, c0: c}, inputs: [x]}
"""
    module = compiled(description(layers, inputs, units, False, ", s: {shape: [2]}, c: {shape: [3]}"))
    x, s, c = (torch.randn(*shape, dtype=torch.float64) for shape in ((4, 5, 2), (4, 2), (4, 3)))
    y = torch.randn(4, 3, dtype=torch.float64)
    W, b = torch.randn(2, 3, dtype=torch.float64, requires_grad=True), torch.zeros(3, dtype=torch.float64)
    b.requires_grad_()
    outputs, _ = peer(x, (torch.tanh(s @ W + b)[None], c[None]))
    ((outputs[:, -1] - y) ** 2).mean().backward()
    start = {"W_start": W.detach().numpy(), "b_start": b.detach().numpy()}
    params = {f"{n}_out": v for n, v in ours("lstm", peer, 0, units).items()} | start
    params = {name: params[name] for name in module.PARAMETERS}
    _, grads = module.loss_and_grad(params, *(each.numpy() for each in (x, s, c, y)))
    np.testing.assert_allclose(grads["W_start"], W.grad.numpy(), **TOLERANCE)
    np.testing.assert_allclose(grads["b_start"], b.grad.numpy(), **TOLERANCE)
    for name, gradient in ours("lstm", peer, 0, units, gradient=True).items():
        np.testing.assert_allclose(grads[f"{name}_out"], gradient, err_msg=name, **TOLERANCE)
