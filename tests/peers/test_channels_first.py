"""``data_format: channels_first`` is the same formula with the last axis at place 1; PyTorch has that layout itself."""

from __future__ import annotations

from typing import Any

import pytest
from peers.test_spatial import Compiled, assert_agrees

torch = pytest.importorskip("torch", reason="PyTorch, the peer, is not installed")
from peers import spatial as peer  # noqa: E402  (it needs torch)

SHAPES = {1: (4, 11), 2: (4, 9, 7), 3: (2, 5, 6, 4)}
CONVOLUTIONS = {1: torch.nn.functional.conv1d, 2: torch.nn.functional.conv2d, 3: torch.nn.functional.conv3d}
FIRST = {"data_format": "channels_first"}


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("more", [{}, {"strides": 2}, {"dilation_rate": 2}, {"groups": 2}], ids=str)
def test_convolution(axes: int, more: dict[str, Any], compiled: Compiled) -> None:
    def truth(x: Any, kernel: Any, bias: Any) -> Any:
        weight = kernel.permute(axes + 1, axes, *range(axes))
        names = {"strides": "stride", "dilation_rate": "dilation"}
        return CONVOLUTIONS[axes](x, weight, bias, **{names.get(key, key): value for key, value in more.items()})

    assert_agrees(compiled, f"conv{axes}d", SHAPES[axes], {"filters": 6, "kernel_size": 2, **more, **FIRST}, truth)


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("name", ["depthwise_conv{}d", "separable_conv{}d", "conv{}d_transpose"])
def test_other_convolutions(name: str, axes: int, compiled: Compiled) -> None:
    arguments = {"kernel_size": 3, "strides": 2, "padding": "same"}

    def truth(x: Any, *weights: Any) -> Any:
        last = peer.channels_last(x)
        if "transpose" in name:
            made = peer.transposed(last, *weights, strides=2, padding="same")
        elif "depthwise" in name:
            made = peer.depthwise(last, *weights, strides=2, padding="same")
        else:
            depth, point, bias = weights
            made = peer.convolution(peer.depthwise(last, depth, None, strides=2, padding="same"), point, bias)
        return peer.channels_first(made)

    filters = {} if "depthwise" in name else {"filters": 5}
    assert_agrees(compiled, name.format(axes), SHAPES[axes], {**filters, **arguments, **FIRST}, truth)


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_pooling(axes: int, padding: str, compiled: Compiled) -> None:
    arguments = {"pool_size": 3, "strides": 2, "padding": padding}
    for name, function in (("max", peer.maximum), ("average", peer.mean)):
        assert_agrees(
            compiled, f"{name}_pooling{axes}d", SHAPES[axes], {**arguments, **FIRST},
            lambda x, f=function: peer.channels_first(f(peer.channels_last(x), **arguments)),
        )  # fmt: skip


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_global_pooling_padding_and_up_sampling(axes: int, compiled: Compiled) -> None:
    spatial = tuple(range(2, axes + 2))
    shape = SHAPES[axes]
    assert_agrees(compiled, f"global_average_pooling{axes}d", shape, FIRST, lambda x: x.mean(spatial))
    assert_agrees(compiled, f"global_max_pooling{axes}d", shape, FIRST, lambda x: x.amax(spatial))
    assert_agrees(compiled, f"zero_padding{axes}d", shape, FIRST, lambda x: torch.nn.functional.pad(x, [1, 1] * axes))
    assert_agrees(
        compiled, f"up_sampling{axes}d", shape, {"size": 3, **FIRST},
        lambda x: torch.nn.functional.interpolate(x, scale_factor=3),
    )  # fmt: skip
