"""Convolution, pooling and resizing agree with PyTorch in value and in every gradient, over a grid of arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from symbprop.language.source import Source
from symbprop.network.build import build
from symbprop.pipeline import read

torch = pytest.importorskip("torch", reason="PyTorch, the peer, is not installed")
from peers import spatial as peer  # noqa: E402  (it needs torch)

Compiled = Callable[..., ModuleType]
BATCH = 3
SHAPES = {1: (11, 4), 2: (9, 7, 4), 3: (5, 6, 4, 2)}
LETTERS = "ijklm"


def described(name: str, shape: tuple[int, ...], arguments: dict[str, Any]) -> str:
    """The layer behind a parameter of its input's shape, so that the gradient of its input is seen."""
    axes = ",".join(LETTERS[: len(shape)])
    inner = ", ".join(f"{key}: {_yaml(value)}" for key, value in arguments.items())
    head = f"inputs: {{x: {{shape: {list(shape)}}}}}\n"
    layers = f"layers:\n- formula: 'h[n,{axes}] = x[n,{axes}] + w[{axes}]'\n- {name}: {{{inner}}}\n"
    program = build(read(Source("net.yaml", head + layers))).program
    out = [size for size in program.tensors[program.outputs[0]].shape if isinstance(size, int)]
    return f"{head}targets: {{y: {{shape: {out}}}}}\n{layers}loss: mean_squared_error\n"


def _yaml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(
        [list(each) if isinstance(each, tuple) else each for each in value] if isinstance(value, tuple) else value
    )


def assert_agrees(
    compiled: Compiled, name: str, shape: tuple[int, ...], arguments: dict[str, Any], truth: Callable[..., Any]
) -> None:
    """Value, loss and the gradients of input and parameters, to 1e-10."""
    module = compiled(described(name, shape, arguments))
    rng = np.random.default_rng(len(name) + sum(shape))
    params = {key: rng.normal(size=size) for key, size in module.PARAMETERS.items()}
    x = rng.normal(size=(BATCH, *shape))
    y = rng.normal(size=(BATCH, *module.OUTPUTS[next(iter(module.OUTPUTS))][1:]))
    leaves = {key: torch.tensor(value, requires_grad=True) for key, value in params.items()}
    weights = [leaves[key] for key in leaves if key != "w"]
    expected = truth(torch.tensor(x) + leaves["w"], *weights)
    loss = ((expected - torch.tensor(y)) ** 2).mean()
    loss.backward()
    np.testing.assert_allclose(module.forward(params, x), expected.detach().numpy(), rtol=0, atol=1e-10)
    value, grads = module.loss_and_grad(params, x, y)
    np.testing.assert_allclose(value, loss.item(), rtol=1e-10)
    for key, leaf in leaves.items():
        np.testing.assert_allclose(grads[key], leaf.grad.numpy(), rtol=0, atol=1e-10, err_msg=key)


def windows(axes: int) -> Iterator[dict[str, Any]]:
    """Kernel sizes, strides, dilations and paddings: odd and even, equal and unequal along the axes."""
    uneven = (3, 2, 2)[:axes]
    for padding in ("valid", "same"):
        for kernel_size in (1, 3, uneven):
            for strides in (1, 2, (1, 3, 2)[:axes]):
                yield {"kernel_size": kernel_size, "strides": strides, "padding": padding}
        yield {"kernel_size": uneven, "dilation_rate": 2, "padding": padding}
        yield {"kernel_size": 2, "dilation_rate": (3, 1, 2)[:axes], "padding": padding}


def grid(axes: int, **more: Any) -> list[Any]:
    return [pytest.param(axes, {**each, **more}, id=f"{axes}d-{_label({**each, **more})}") for each in windows(axes)]


def _label(arguments: dict[str, Any]) -> str:
    return "-".join(f"{key}={value}".replace(" ", "") for key, value in arguments.items())


def _shared(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments that are no shape of a parameter."""
    shapes = ("kernel_size", "filters", "depth_multiplier", "use_bias")
    return {key: value for key, value in arguments.items() if key not in shapes}


CAUSAL = [
    pytest.param(1, {"kernel_size": 3, "padding": "causal", **more}, id=f"1d-causal-{_label(more)}")
    for more in ({}, {"strides": 2}, {"dilation_rate": 3})
]
GROUPED = [
    pytest.param(axes, {"kernel_size": 2, "groups": 2, "padding": "same"}, id=f"{axes}d-groups") for axes in (1, 2, 3)
]


@pytest.mark.parametrize(("axes", "arguments"), [*grid(1), *grid(2), *grid(3), *CAUSAL, *GROUPED])
def test_convolution(axes: int, arguments: dict[str, Any], compiled: Compiled) -> None:
    def truth(x: Any, kernel: Any, bias: Any) -> Any:
        return peer.convolution(x, kernel, bias, **_shared(arguments))

    assert_agrees(compiled, f"conv{axes}d", SHAPES[axes], {"filters": 6, **arguments}, truth)


def test_convolution_without_a_bias_and_with_as_many_groups_as_channels(compiled: Compiled) -> None:
    arguments = {"filters": 8, "kernel_size": 3, "groups": 4, "use_bias": False, "strides": 2}
    assert_agrees(
        compiled, "conv2d", SHAPES[2], arguments, lambda x, k: peer.convolution(x, k, None, strides=2, groups=4)
    )


@pytest.mark.parametrize(("axes", "arguments"), [*grid(1), *grid(2, depth_multiplier=2), *grid(3)[::5]])
def test_depthwise_convolution(axes: int, arguments: dict[str, Any], compiled: Compiled) -> None:
    def truth(x: Any, kernel: Any, bias: Any) -> Any:
        return peer.depthwise(x, kernel, bias, **_shared(arguments))

    assert_agrees(compiled, f"depthwise_conv{axes}d", SHAPES[axes], arguments, truth)


@pytest.mark.parametrize(("axes", "arguments"), [*grid(1)[::3], *grid(2, depth_multiplier=3)[::2], *grid(3)[::6]])
def test_separable_convolution(axes: int, arguments: dict[str, Any], compiled: Compiled) -> None:
    def truth(x: Any, depth: Any, point: Any, bias: Any) -> Any:
        return peer.convolution(peer.depthwise(x, depth, None, **_shared(arguments)), point, bias)

    assert_agrees(compiled, f"separable_conv{axes}d", SHAPES[axes], {"filters": 5, **arguments}, truth)


@pytest.mark.parametrize(("axes", "arguments"), [*grid(1), *grid(2), *grid(3)[::3]])
def test_transposed_convolution(axes: int, arguments: dict[str, Any], compiled: Compiled) -> None:
    def truth(x: Any, kernel: Any, bias: Any) -> Any:
        return peer.transposed(x, kernel, bias, **_shared(arguments))

    shape = {1: (5, 4), 2: (4, 5, 3), 3: (3, 2, 4, 2)}[axes]
    assert_agrees(compiled, f"conv{axes}d_transpose", shape, {"filters": 6, **arguments}, truth)


def pools(axes: int) -> Iterator[dict[str, Any]]:
    for padding in ("valid", "same"):
        yield {"padding": padding}
        yield {"pool_size": 3, "padding": padding}
        yield {"pool_size": 3, "strides": 1, "padding": padding}
        yield {"pool_size": (3, 2, 2)[:axes], "strides": (2, 3, 1)[:axes], "padding": padding}


POOLS = [pytest.param(axes, each, id=f"{axes}d-{_label(each)}") for axes in (1, 2, 3) for each in pools(axes)]


@pytest.mark.parametrize(("axes", "arguments"), POOLS)
def test_max_pooling(axes: int, arguments: dict[str, Any], compiled: Compiled) -> None:
    assert_agrees(compiled, f"max_pooling{axes}d", SHAPES[axes], arguments, lambda x: peer.maximum(x, **arguments))


@pytest.mark.parametrize(("axes", "arguments"), POOLS)
def test_average_pooling(axes: int, arguments: dict[str, Any], compiled: Compiled) -> None:
    assert_agrees(compiled, f"average_pooling{axes}d", SHAPES[axes], arguments, lambda x: peer.mean(x, **arguments))


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_global_pooling(axes: int, compiled: Compiled) -> None:
    places = tuple(range(1, axes + 1))
    shape = SHAPES[axes]
    assert_agrees(compiled, f"global_max_pooling{axes}d", shape, {}, lambda x: x.amax(places))
    assert_agrees(compiled, f"global_average_pooling{axes}d", shape, {}, lambda x: x.mean(places))


SIDES: dict[int, list[Any]] = {1: [1, (2, 1)], 2: [1, (1, 2), ((1, 2), (0, 1))], 3: [1, ((0, 1), (1, 1), (1, 0))]}
EACH_SIDE = [pytest.param(axes, value, id=f"{axes}d-{value}") for axes in (1, 2, 3) for value in SIDES[axes]]


def sides(value: Any, axes: int) -> list[tuple[int, int]]:
    if axes == 1 and isinstance(value, tuple):
        return [value]
    return [each if isinstance(each, tuple) else (each, each) for each in peer.each(value, axes)]


@pytest.mark.parametrize(("axes", "padding"), EACH_SIDE)
def test_zero_padding(axes: int, padding: Any, compiled: Compiled) -> None:
    def truth(x: Any) -> Any:
        return peer.channels_last(peer.padded(peer.channels_first(x), sides(padding, axes)))

    assert_agrees(compiled, f"zero_padding{axes}d", SHAPES[axes], {"padding": padding}, truth)


@pytest.mark.parametrize(("axes", "cropping"), EACH_SIDE)
def test_cropping(axes: int, cropping: Any, compiled: Compiled) -> None:
    def truth(x: Any) -> Any:
        for axis, (before, after) in enumerate(sides(cropping, axes), start=1):
            x = x.narrow(axis, before, x.shape[axis] - before - after)
        return x

    assert_agrees(compiled, f"cropping{axes}d", SHAPES[axes], {"cropping": cropping}, truth)


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_up_sampling(axes: int, compiled: Compiled) -> None:
    size = (3, 2, 1)[:axes]

    def truth(x: Any) -> Any:
        for axis, times in enumerate(size, start=1):
            x = x.repeat_interleave(times, axis)
        return x

    assert_agrees(compiled, f"up_sampling{axes}d", SHAPES[axes], {"size": size}, truth)
