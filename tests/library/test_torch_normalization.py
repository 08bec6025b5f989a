"""Normalisations, embeddings and gates agree with PyTorch: value and every gradient to 1e-10, over a grid of arguments."""

from __future__ import annotations

import numpy as np
import pytest
from library.torch_peer import Compiled, assert_agrees

torch = pytest.importorskip("torch", reason="PyTorch is the peer")
F = torch.nn.functional
RNG = np.random.default_rng(3)


def draw(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape) * 2 + 1


@pytest.mark.parametrize("shape", [(3, 7), (2, 5, 6), (2, 3, 4, 5)])
@pytest.mark.parametrize("epsilon", [1e-5, 1e-3])
def test_layer_normalization(shape: tuple[int, ...], epsilon: float, compiled: Compiled) -> None:
    def peer(p, x):  # type: ignore[no-untyped-def]
        return F.layer_norm(x["x"], shape[-1:], p["gamma"], p["beta"], epsilon)

    assert_agrees(compiled, "layer_normalization", f"epsilon: {epsilon}", {"x": draw(*shape)}, peer, torch)


@pytest.mark.parametrize(("arguments", "which"), [("center: false", "gamma"), ("scale: false", "beta")])
def test_layer_normalization_without_scale_or_center(arguments: str, which: str, compiled: Compiled) -> None:
    def peer(p, x):  # type: ignore[no-untyped-def]
        assert set(p) == {which}
        return F.layer_norm(x["x"], (6,), p.get("gamma"), p.get("beta"), 1e-3)

    assert_agrees(compiled, "layer_normalization", arguments, {"x": draw(2, 5, 6)}, peer, torch)


@pytest.mark.parametrize("shape", [(3, 7), (2, 5, 6)])
def test_rms_normalization(shape: tuple[int, ...], compiled: Compiled) -> None:
    def peer(p, x):  # type: ignore[no-untyped-def]
        return F.rms_norm(x["x"], shape[-1:], p["gamma"], 1e-6)

    assert_agrees(compiled, "rms_normalization", "", {"x": draw(*shape)}, peer, torch)


@pytest.mark.parametrize("groups", [1, 2, 3, 6])
@pytest.mark.parametrize("shape", [(3, 6), (2, 5, 6), (2, 3, 4, 6)])
def test_group_normalization(groups: int, shape: tuple[int, ...], compiled: Compiled) -> None:
    if len(shape) == 2 and groups == 6:
        pytest.skip("a group of one number has no variance: PyTorch refuses it")

    def peer(p, x):  # type: ignore[no-untyped-def]
        return F.group_norm(x["x"].movedim(-1, 1), groups, p["gamma"], p["beta"], 1e-3).movedim(1, -1)

    assert_agrees(compiled, "group_normalization", f"groups: {groups}", {"x": draw(*shape)}, peer, torch)


@pytest.mark.parametrize("shape", [(2, 5, 6), (2, 3, 4, 3)])
def test_instance_normalization(shape: tuple[int, ...], compiled: Compiled) -> None:
    def peer(p, x):  # type: ignore[no-untyped-def]
        moved = F.instance_norm(x["x"].movedim(-1, 1), weight=p["gamma"], bias=p["beta"], eps=1e-3)
        return moved.movedim(1, -1)

    assert_agrees(compiled, "instance_normalization", "", {"x": draw(*shape)}, peer, torch)


@pytest.mark.parametrize("shape", [(3, 7), (2, 5, 6)])
def test_unit_normalization(shape: tuple[int, ...], compiled: Compiled) -> None:
    def peer(p, x):  # type: ignore[no-untyped-def]
        return F.normalize(x["x"], dim=-1, eps=1e-7)

    assert_agrees(compiled, "unit_normalization", "", {"x": draw(*shape)}, peer, torch)


def test_a_vector_of_zeros_has_a_unit_normalization_and_a_gradient(compiled: Compiled) -> None:
    def peer(p, x):  # type: ignore[no-untyped-def]
        return x["x"] / torch.sqrt(torch.clamp((x["x"] ** 2).sum(-1, keepdim=True), min=1e-14))

    x = np.vstack([np.zeros(4), draw(4)])
    assert_agrees(compiled, "unit_normalization", "", {"x": x}, peer, torch)


@pytest.mark.parametrize("shape", [(7,), (3, 8), (2, 3, 4)])
def test_embedding_with_repeated_rows(shape: tuple[int, ...], compiled: Compiled) -> None:
    def peer(p, x):  # type: ignore[no-untyped-def]
        return F.embedding(x["ids"], p["E"])

    ids = RNG.integers(0, 4, shape)
    assert_agrees(compiled, "embedding", f"input_dim: {ids.max() + 1}, output_dim: 3", {"ids": ids}, peer, torch)


def test_token_and_position_embedding(compiled: Compiled) -> None:
    def peer(p, x):  # type: ignore[no-untyped-def]
        return F.embedding(x["ids"], p["E"]) + p["P"]

    ids = np.array([[0, 3, 3, 1, 2], [2, 2, 0, 0, 3]])
    arguments = "vocabulary_size: 4, sequence_length: 5, embedding_dim: 3"
    assert_agrees(compiled, "token_and_position_embedding", arguments, {"ids": ids}, peer, torch)


def test_one_hot(compiled: Compiled) -> None:
    ids = np.array([[0, 3, 1], [2, 2, 0]])
    text = "inputs: {ids: {shape: [3], dtype: int, classes: 4}}\nlayers: [{one_hot: {num_classes: 5}}]\n"
    assert np.array_equal(compiled(text).forward({}, ids), F.one_hot(torch.tensor(ids), 5).numpy())


@pytest.mark.parametrize("width", [5, 6])
def test_sine_position_encoding(width: int, compiled: Compiled) -> None:
    """Against the definition, 2i even and 2i + 1 odd, by a loop (Vaswani et al. 2017, section 3.5)."""
    text = f"inputs: {{x: {{shape: [T, {width}]}}}}\nlayers: [sine_position_encoding]\n"
    x = draw(2, 4, width)
    expected = x.copy()
    for t in range(4):
        for c in range(width):
            angle = t / 10000 ** (2 * (c // 2) / width)
            expected[:, t, c] += np.sin(angle) if c % 2 == 0 else np.cos(angle)
    np.testing.assert_allclose(compiled(text).forward({}, x), expected, rtol=1e-12)


def test_bilinear(compiled: Compiled) -> None:
    def peer(p, x):  # type: ignore[no-untyped-def]
        return F.bilinear(x["a"], x["b"], p["W"], p["c"])

    assert_agrees(compiled, "bilinear", "units: 3", {"a": draw(4, 5), "b": draw(4, 6)}, peer, torch)


@pytest.mark.parametrize("shape", [(3, 6), (2, 4, 6)])
def test_gated_linear_unit(shape: tuple[int, ...], compiled: Compiled) -> None:
    assert_agrees(compiled, "gated_linear_unit", "", {"x": draw(*shape)}, lambda p, x: F.glu(x["x"]), torch)


def test_channel_prelu(compiled: Compiled) -> None:
    def peer(p, x):  # type: ignore[no-untyped-def]
        return F.prelu(x["x"].movedim(-1, 1), p["alpha"]).movedim(1, -1)

    assert_agrees(compiled, "channel_prelu", "", {"x": draw(2, 5, 3) - 1}, peer, torch)


def test_cosine(compiled: Compiled) -> None:
    def peer(p, x):  # type: ignore[no-untyped-def]
        return F.cosine_similarity(x["a"], x["b"], dim=-1, eps=0)

    assert_agrees(compiled, "cosine", "", {"a": draw(2, 4, 5), "b": draw(2, 4, 5)}, peer, torch)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_highway(activation: str, compiled: Compiled) -> None:
    def peer(p, x):  # type: ignore[no-untyped-def]
        gate = torch.sigmoid(x["x"] @ p["Wt"] + p["bt"])
        return gate * getattr(torch, activation)(x["x"] @ p["W"] + p["b"]) + (1 - gate) * x["x"]

    assert_agrees(compiled, "highway", f"activation: {activation}", {"x": draw(3, 5)}, peer, torch)


@pytest.mark.parametrize("pieces", [2, 3])
def test_maxout(pieces: int, compiled: Compiled) -> None:
    def peer(p, x):  # type: ignore[no-untyped-def]
        return (torch.einsum("nk,kpj->npj", x["x"], p["W"]) + p["b"]).amax(1)

    assert_agrees(compiled, "maxout", f"units: 4, pieces: {pieces}", {"x": draw(3, 5)}, peer, torch)


def test_masking_gives_zeros_and_no_gradient_where_all_features_have_the_masks_value(compiled: Compiled) -> None:
    x = draw(2, 4, 3)
    x[0, 1] = x[1, 3] = 0

    def peer(p, x):  # type: ignore[no-untyped-def]
        return x["x"] * (x["x"] != 0).any(-1, keepdim=True)

    assert_agrees(compiled, "masking", "", {"x": x}, peer, torch)
