"""An axis for any operation of ``x[..., k]``, and several: value and every gradient agree with PyTorch to 1e-10."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from library.torch_peer import Compiled, assert_agrees

torch = pytest.importorskip("torch", reason="PyTorch is the peer")
F = torch.nn.functional
RNG = np.random.default_rng(11)
SHAPES = [(3, 4), (3, 4, 5), (2, 3, 4, 5)]
PLACES = [(shape, axis) for shape in SHAPES for axis in (*range(1, len(shape)), -1, -len(shape) + 1)]
SEVERAL = [
    ((3, 4, 5), (1, 2)),
    ((2, 3, 4, 5), (1, 2, 3)),
    ((2, 3, 4, 5), (1, 3)),
    ((2, 3, 4, 5), (-2, 1)),
    ((2, 3, 4, 5), (3, 2)),
]


def draw(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape) * 2 + 1


def along(vector: Any, axes: tuple[int, ...], rank: int) -> Any:
    """A parameter of the sizes of ``axes``, so that it multiplies a tensor of ``rank`` axes."""
    axes = tuple(each % rank for each in axes)
    turned = vector.permute(sorted(range(len(axes)), key=lambda place: axes[place]))
    return turned.reshape([vector.shape[axes.index(axis)] if axis in axes else 1 for axis in range(rank)])


def normalized(x: Any, axes: tuple[int, ...], epsilon: float = 1e-3) -> Any:
    return (x - x.mean(axes, keepdim=True)) / torch.sqrt(x.var(axes, unbiased=False, keepdim=True) + epsilon)


@pytest.mark.parametrize(("shape", "axis"), PLACES)
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax(name: str, shape: tuple[int, ...], axis: int, compiled: Compiled) -> None:
    peer = getattr(torch, name)
    assert_agrees(compiled, name, f"axis: {axis}", {"z": draw(*shape)}, lambda p, x: peer(x["z"], axis), torch)


@pytest.mark.parametrize(("shape", "axis"), [*((s, (a,)) for s, a in PLACES), *SEVERAL])
def test_layer_normalization(shape: tuple[int, ...], axis: tuple[int, ...], compiled: Compiled) -> None:
    def peer(p: Any, x: Any) -> Any:
        rank = len(shape)
        assert p["gamma"].shape == tuple(shape[each] for each in axis)
        return along(p["gamma"], axis, rank) * normalized(x["x"], axis) + along(p["beta"], axis, rank)

    wanted = list(axis) if len(axis) > 1 else axis[0]
    assert_agrees(compiled, "layer_normalization", f"axis: {wanted}", {"x": draw(*shape)}, peer, torch)


def test_layer_normalization_over_all_axes_of_an_example_is_that_of_pytorch(compiled: Compiled) -> None:
    def peer(p: Any, x: Any) -> Any:
        return F.layer_norm(x["x"], (3, 4, 5), p["gamma"], p["beta"], 1e-3)

    assert_agrees(compiled, "layer_normalization", "axis: [1, 2, 3]", {"x": draw(2, 3, 4, 5)}, peer, torch)


@pytest.mark.parametrize(("shape", "axis"), [*((s, (a,)) for s, a in PLACES), *SEVERAL])
def test_rms_and_unit_normalization(shape: tuple[int, ...], axis: tuple[int, ...], compiled: Compiled) -> None:
    def rms(p: Any, x: Any) -> Any:
        root = torch.sqrt((x["x"] ** 2).mean(axis, keepdim=True) + 1e-6)
        return along(p["gamma"], axis, len(shape)) * x["x"] / root

    def unit(p: Any, x: Any) -> Any:
        return x["x"] / torch.sqrt((x["x"] ** 2).sum(axis, keepdim=True))

    wanted = list(axis) if len(axis) > 1 else axis[0]
    assert_agrees(compiled, "rms_normalization", f"axis: {wanted}", {"x": draw(*shape)}, rms, torch)
    assert_agrees(compiled, "unit_normalization", f"axis: {wanted}", {"x": draw(*shape)}, unit, torch)


@pytest.mark.parametrize("shape", [(3, 6, 4), (2, 6, 3, 4)])
def test_group_and_instance_normalization_of_channels_first(shape: tuple[int, ...], compiled: Compiled) -> None:
    def group(p: Any, x: Any) -> Any:
        return F.group_norm(x["x"], 3, p["gamma"], p["beta"], 1e-3)

    def instance(p: Any, x: Any) -> Any:
        return F.instance_norm(x["x"], weight=p["gamma"], bias=p["beta"], eps=1e-3)

    assert_agrees(compiled, "group_normalization", "groups: 3, axis: 1", {"x": draw(*shape)}, group, torch)
    assert_agrees(compiled, "instance_normalization", "axis: 1", {"x": draw(*shape)}, instance, torch)


@pytest.mark.parametrize("axis", [1, 2, -1])
def test_dense_concatenate_and_dot(axis: int, compiled: Compiled) -> None:
    def dense(p: Any, x: Any) -> Any:
        return (x["x"].movedim(axis, -1) @ p["W"] + p["b"]).movedim(-1, axis)

    assert_agrees(compiled, "dense", f"units: 6, axis: {axis}", {"x": draw(2, 3, 4, 5)}, dense, torch)
    a, b = draw(2, 3, 4), draw(2, 3, 4)
    other = b[:, :2] if axis == 1 else b[:, :, :3]
    assert_agrees(
        compiled, "concatenate", f"axis: {axis}", {"a": a, "b": other},
        lambda p, x: torch.cat([x["a"], x["b"]], axis), torch,
    )  # fmt: skip
    assert_agrees(compiled, "dot", f"axis: {axis}", {"a": a, "b": b}, lambda p, x: (x["a"] * x["b"]).sum(axis), torch)


def test_a_formula_says_what_einsum_dense_does(compiled: Compiled) -> None:
    layer = '- formula: "y[n, b, d] = sum(c, x[n, b, c] * W[c, d:32]) + bias[d]"'
    module = compiled(f"inputs: {{x: {{shape: [5, 3]}}}}\nlayers:\n{layer}\n")
    params, x = {name: draw(*shape) for name, shape in module.PARAMETERS.items()}, draw(2, 5, 3)
    weight, bias = (torch.tensor(next(v for k, v in params.items() if k.startswith(key))) for key in ("W", "b"))
    expected = torch.einsum("abc,cd->abd", torch.tensor(x), weight) + bias
    np.testing.assert_allclose(module.forward(params, x), expected.numpy(), rtol=1e-12)
