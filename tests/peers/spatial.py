"""What PyTorch makes of a spatial layer, in Keras' layouts: channels last, kernels [*kernel_size, channels, filters]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="PyTorch, the peer, is not installed")
functional = torch.nn.functional
Tensor = Any
CONVOLVE = (functional.conv1d, functional.conv2d, functional.conv3d)
TRANSPOSED = (functional.conv_transpose1d, functional.conv_transpose2d, functional.conv_transpose3d)
MAXIMUM = (functional.max_pool1d, functional.max_pool2d, functional.max_pool3d)
MEAN = (functional.avg_pool1d, functional.avg_pool2d, functional.avg_pool3d)


def each(value: int | Sequence[Any], axes: int) -> list[Any]:
    return [value] * axes if isinstance(value, int) else list(value)


def channels_first(x: Tensor) -> Tensor:
    return x.movedim(-1, 1)


def channels_last(x: Tensor) -> Tensor:
    return x.movedim(1, -1)


def padded(x: Tensor, margins: Sequence[tuple[int, int]], value: float = 0.0) -> Tensor:
    """``x`` (channels first) with elements before and after each spatial axis."""
    flat = [side for margin in reversed(margins) for side in margin]
    return functional.pad(x, flat, value=value)


def margins(
    x: Tensor, kernel: list[int], strides: list[int], dilation: list[int], padding: str
) -> list[tuple[int, int]]:
    """TensorFlow's rule: the outputs are ceil(size / stride), the larger half of the padding stands behind."""
    found = []
    for size, k, s, d in zip(x.shape[2:], kernel, strides, dilation, strict=True):
        reach = (k - 1) * d + 1
        total = max((-(-size // s) - 1) * s + reach - size, 0)
        found.append({"valid": (0, 0), "causal": (reach - 1, 0), "same": (total // 2, total - total // 2)}[padding])
    return found


def convolution(
    x: Tensor, kernel: Tensor, bias: Tensor | None, *, strides: Any = 1, padding: str = "valid", dilation_rate: Any = 1,
    groups: int = 1,
) -> Tensor:  # fmt: skip
    axes = x.ndim - 2
    strides, dilation = each(strides, axes), each(dilation_rate, axes)
    x = channels_first(x)
    x = padded(x, margins(x, list(kernel.shape[:axes]), strides, dilation, padding))
    weight = kernel.permute(axes + 1, axes, *range(axes))
    return channels_last(CONVOLVE[axes - 1](x, weight, bias, strides, 0, dilation, groups))


def depthwise(x: Tensor, kernel: Tensor, bias: Tensor | None, **arguments: Any) -> Tensor:
    channels = x.shape[-1]
    one = kernel.reshape(*kernel.shape[:-2], 1, -1)  # the kernels of one channel stand side by side
    return convolution(x, one, bias, groups=channels, **arguments)


def transposed(
    x: Tensor, kernel: Tensor, bias: Tensor | None, *, strides: Any = 1, padding: str = "valid", dilation_rate: Any = 1
) -> Tensor:
    """All that the kernels reach, then cut to size * stride elements, or filled up to where the last stride ends."""
    axes = x.ndim - 2
    strides, dilation = each(strides, axes), each(dilation_rate, axes)
    weight = kernel.permute(axes + 1, axes, *range(axes))
    full = TRANSPOSED[axes - 1](channels_first(x), weight, None, strides, 0, 0, 1, dilation)
    for axis, (size, k, s, d) in enumerate(zip(x.shape[1:-1], kernel.shape, strides, dilation, strict=False)):
        surplus = max((k - 1) * d + 1 - s, 0)
        start, length = (surplus // 2, size * s) if padding == "same" else (0, size * s + surplus)
        lacking = max(start + length - full.shape[2 + axis], 0)
        full = padded(full, [(0, lacking if a == axis else 0) for a in range(axes)]).narrow(2 + axis, start, length)
    out = channels_last(full)
    return out if bias is None else out + bias


def maximum(x: Tensor, *, pool_size: Any = 2, strides: Any = None, padding: str = "valid") -> Tensor:
    axes = x.ndim - 2
    size = each(pool_size, axes)
    strides = size if strides is None else each(strides, axes)
    x = channels_first(x)
    x = padded(x, margins(x, size, strides, [1] * axes, padding), -float("inf"))
    return channels_last(MAXIMUM[axes - 1](x, size, strides))


def mean(x: Tensor, *, pool_size: Any = 2, strides: Any = None, padding: str = "valid") -> Tensor:
    axes = x.ndim - 2
    size = each(pool_size, axes)
    strides = size if strides is None else each(strides, axes)
    x = channels_first(x)
    where = margins(x, size, strides, [1] * axes, padding)
    sums = MEAN[axes - 1](padded(x, where), size, strides)
    counts = MEAN[axes - 1](padded(torch.ones_like(x), where), size, strides)
    return channels_last(sums / counts)
