"""Up-sampling along straight lines, output_padding and keepdims agree with PyTorch in value and in every gradient."""

from __future__ import annotations

from typing import Any

import pytest
from peers.test_spatial import Compiled, assert_agrees

torch = pytest.importorskip("torch", reason="PyTorch, the peer, is not installed")
from peers import spatial as peer  # noqa: E402  (it needs torch)

WORDS = {1: "linear", 2: "bilinear", 3: "trilinear"}
SHAPES = {1: (5, 4), 2: (4, 5, 3), 3: (3, 2, 4, 2)}
SIZES = [*((1, s) for s in (1, 2, 3, 4)), *((2, s) for s in (2, 3, (1, 4), (3, 2))), *((3, s) for s in (2, (2, 1, 3)))]


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize(("axes", "size"), SIZES)
def test_up_sampling_along_straight_lines(axes: int, size: Any, first: bool, compiled: Compiled) -> None:
    def truth(x: Any) -> Any:
        x = x if first else peer.channels_first(x)
        factors = [float(each) for each in peer.each(size, axes)]
        made = torch.nn.functional.interpolate(x, scale_factor=factors, mode=WORDS[axes], align_corners=False)
        return made if first else peer.channels_last(made)

    arguments = {"size": size, "interpolation": WORDS[axes], **({"data_format": "channels_first"} if first else {})}
    assert_agrees(compiled, f"up_sampling{axes}d", SHAPES[axes], arguments, truth)


def test_up_sampling_of_one_element_repeats_it(compiled: Compiled) -> None:
    arguments = {"size": 3, "interpolation": "linear"}
    assert_agrees(compiled, "up_sampling1d", (1, 2), arguments, lambda x: x.repeat(1, 3, 1))


@pytest.mark.parametrize("extra", [0, 1, 2])
@pytest.mark.parametrize("kernel", [2, 3, 4, 5])
@pytest.mark.parametrize("axes", [1, 2])
def test_output_padding_is_pytorchs(axes: int, kernel: int, extra: int, compiled: Compiled) -> None:
    """Behind all that a kernel reaches: PyTorch's output_padding where its own padding is 0."""

    def truth(x: Any, weight: Any, bias: Any) -> Any:
        turned = weight.permute(axes + 1, axes, *range(axes))
        function = peer.TRANSPOSED[axes - 1]
        return peer.channels_last(function(peer.channels_first(x), turned, bias, stride=3, output_padding=extra))

    arguments = {"filters": 3, "kernel_size": kernel, "strides": 3, "output_padding": extra}
    assert_agrees(compiled, f"conv{axes}d_transpose", SHAPES[axes], arguments, truth)


@pytest.mark.parametrize("extra", [0, 1])
@pytest.mark.parametrize(("kernel", "dilation"), [(2, 1), (3, 1), (4, 1), (3, 2), (5, 1)])
def test_output_padding_with_same_leaves_as_many_as_keras_says(
    kernel: int, dilation: int, extra: int, compiled: Compiled
) -> None:
    """(size - 1) * stride + reach - 2 * (reach // 2) + output_padding outputs; the larger half is cut behind."""

    def truth(x: Any, weight: Any, bias: Any) -> Any:
        turned = weight.permute(2, 1, 0)
        full = torch.nn.functional.conv_transpose1d(peer.channels_first(x), turned, None, stride=2, dilation=dilation)
        reach = dilation * (kernel - 1) + 1
        length = 4 * 2 + reach - 2 * (reach // 2) + extra
        start = max(full.shape[-1] - length, 0) // 2
        full = torch.nn.functional.pad(full, (0, max(start + length - full.shape[-1], 0)))
        return peer.channels_last(full.narrow(-1, start, length)) + bias

    arguments = {
        "filters": 3, "kernel_size": kernel, "dilation_rate": dilation, "strides": 2, "padding": "same",
        "output_padding": extra,
    }  # fmt: skip
    assert_agrees(compiled, "conv1d_transpose", SHAPES[1], arguments, truth)


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("first", [False, True])
def test_global_pooling_keeps_its_axes(axes: int, first: bool, compiled: Compiled) -> None:
    spatial = tuple(range(2, axes + 2)) if first else tuple(range(1, axes + 1))
    more = {"keepdims": True, **({"data_format": "channels_first"} if first else {})}
    assert_agrees(
        compiled, f"global_average_pooling{axes}d", SHAPES[axes], more, lambda x: x.mean(spatial, keepdim=True)
    )
    assert_agrees(compiled, f"global_max_pooling{axes}d", SHAPES[axes], more, lambda x: x.amax(spatial, keepdim=True))
