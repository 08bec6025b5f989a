"""One operation of the library held against PyTorch: its value, and its gradient by every parameter and every input."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import numpy as np

LETTERS = "abcde"
Compiled = Callable[..., ModuleType]


def description(
    operation: str, arguments: str, inputs: Mapping[str, np.ndarray], rank: int, shape: tuple[int, ...]
) -> str:
    """A network of one operation. Every real input has a parameter added to it, whose gradient is the input's own.

    Inputs have no batch axis of their own, so that those parameters may have the batch's size.
    """
    given, nodes, roles = [], [], []
    for name, value in inputs.items():
        classes = f", dtype: int, classes: {int(value.max()) + 1}" if value.dtype.kind == "i" else ""
        given.append(f"i_{name}: {{shape: {list(value.shape)}, batch: false{classes}}}")
        if classes:
            roles.append(f"{name}: i_{name}")
            continue
        index = ", ".join(LETTERS[: value.ndim])
        nodes.append(f'  n_{name}: {{formula: "u[{index}] = x[{index}] + d[{index}]", inputs: i_{name}}}')
        roles.append(f"{name}: n_{name}")
    index = ", ".join(LETTERS[:rank])
    return (
        f"inputs: {{{', '.join(given)}}}\ntargets: {{g: {{shape: {list(shape)}, batch: false}}}}\nnodes:\n"
        + "\n".join(nodes)
        + f"\n  y: {{{operation}: {{{arguments}}}, inputs: {{{', '.join(roles)}}}}}\n"
        + f"loss: {{formula: 'L = sum(({index}), y[{index}] * g[{index}])', inputs: [y]}}\n"
    )


def assert_agrees(
    compiled: Compiled,
    operation: str,
    arguments: str,
    inputs: Mapping[str, np.ndarray],
    peer: Callable[[dict[str, Any], dict[str, Any]], Any],
    torch: Any,
    seed: int = 0,
) -> None:
    """``peer`` computes the output with PyTorch from parameters by their names in the formula, and the inputs."""
    tensors = {name: torch.tensor(value) for name, value in inputs.items()}
    rng = np.random.default_rng(seed)
    shape = _shape_of(compiled, operation, arguments, inputs)
    module = compiled(description(operation, arguments, inputs, len(shape), shape))
    params = {name: rng.standard_normal(size) * 0.7 for name, size in module.PARAMETERS.items()}
    for name in params:
        if name.startswith("d_n_"):
            params[name] = np.zeros_like(params[name])
    g = rng.standard_normal(shape)
    loss, grads = module.loss_and_grad(params, *inputs.values(), g)
    learned = {name.removesuffix("_y"): torch.tensor(value) for name, value in params.items() if name.endswith("_y")}
    real = {name: value for name, value in tensors.items() if value.is_floating_point()}
    for each in (*learned.values(), *real.values()):
        each.requires_grad_(True)
    output = peer(learned, tensors)
    total = (output * torch.tensor(g)).sum()
    total.backward()
    np.testing.assert_allclose(loss, total.item(), rtol=1e-10, atol=1e-12)
    value = module.forward(params, *inputs.values())
    np.testing.assert_allclose(value, output.detach().numpy(), rtol=1e-10, atol=1e-12)
    for name, tensor in learned.items():
        _close(grads[f"{name}_y"], tensor, name)
    for name, tensor in real.items():
        _close(grads[f"d_n_{name}"], tensor, name)


def _close(ours: np.ndarray, tensor: Any, name: str) -> None:
    theirs = np.zeros(tensor.shape) if tensor.grad is None else tensor.grad.numpy()
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-11, err_msg=name)


def _shape_of(compiled: Compiled, operation: str, arguments: str, inputs: Mapping[str, np.ndarray]) -> tuple[int, ...]:
    """The output's shape, from a module without a loss."""
    text = description(operation, arguments, inputs, 1, (1,))
    text = "\n".join(line for line in text.splitlines() if not line.startswith(("loss", "targets")))
    module = compiled(text)
    return tuple(next(iter(module.OUTPUTS.values())))
