"""Layers that merge, turn, repeat and scale, against PyTorch: value and every gradient to 1e-10."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from library.torch_peer import Compiled, assert_agrees

from symbprop.library.catalogue import catalogue

torch = pytest.importorskip("torch", reason="PyTorch is the peer")
F = torch.nn.functional
OTHERS = [(4,), (3, 4), (2, 3, 4)]
MERGED = {
    "add": torch.add,
    "subtract": torch.sub,
    "multiply": torch.mul,
    "average": lambda a, b: (a + b) / 2,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
}
ONE = {
    "flatten": ("", (2, 3, 4), lambda x: x.flatten(1)),
    "reshape": ("target_shape: [4, 3]", (2, 3, 4), lambda x: x.reshape(2, 4, 3)),
    "transpose": ("", (2, 3, 4), lambda x: x.transpose(1, 2)),
    "repeat_vector": ("n: 5", (2, 3), lambda x: x[:, None].expand(2, 5, 3)),
    "rescaling": ("scale: 0.3, offset: -2", (2, 3), lambda x: 0.3 * x - 2),
}
LEARNED = {
    "bias": ("", (2, 3, 4), lambda p, x: x + p["b"]),
    "layer_scale": ("", (2, 3, 4), lambda p, x: x * p["g"]),
    "position_embedding": ("", (2, 3, 4), lambda p, x: x + p["P"]),
    "dense": ("units: 5", (2, 3, 4), lambda p, x: F.linear(x, p["W"].T, p["b"])),
}
ELSEWHERE = (
    "concatenate dot one_hot embedding token_and_position_embedding sine_position_encoding gated_linear_unit highway maxout "
    "bilinear cosine channel_prelu sequence_dot masking padding_mask"
)


def draw(seed: int, shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("shape", OTHERS)
@pytest.mark.parametrize("name", MERGED)
def test_two_tensors_merged(name: str, shape: tuple[int, ...], compiled: Compiled) -> None:
    inputs = {"a": draw(1, shape), "b": draw(2, shape)}
    assert_agrees(compiled, name, "", inputs, lambda _, x: MERGED[name](x["a"], x["b"]), torch)


@pytest.mark.parametrize("name", ONE)
def test_one_tensor_in_another_form(name: str, compiled: Compiled) -> None:
    arguments, shape, peer = ONE[name]
    assert_agrees(compiled, name, arguments, {"x": draw(3, shape)}, lambda _, x: peer(x["x"]), torch)


@pytest.mark.parametrize("name", LEARNED)
def test_a_layer_with_parameters(name: str, compiled: Compiled) -> None:
    arguments, shape, peer = LEARNED[name]
    assert_agrees(compiled, name, arguments, {"x": draw(4, shape)}, lambda p, x: peer(p, x["x"]), torch)


def test_inner_products_of_two_sequences(compiled: Compiled) -> None:
    def peer(_: Any, x: Any) -> Any:
        return x["a"] @ x["b"].transpose(1, 2)

    assert_agrees(compiled, "sequence_dot", "", {"a": draw(5, (2, 3, 4)), "b": draw(6, (2, 5, 4))}, peer, torch)


def test_tokens_with_learned_positions(compiled: Compiled) -> None:
    ids = np.array([[0, 3, 1], [2, 2, 0]])

    def peer(p: Any, x: Any) -> Any:
        return F.embedding(x["ids"], p["E"]) + p["P"]

    sizes = "vocabulary_size: 4, sequence_length: 3, embedding_dim: 5"
    assert_agrees(compiled, "token_and_position_embedding", sizes, {"ids": ids}, peer, torch)
    assert_agrees(
        compiled,
        "embedding",
        "input_dim: 4, output_dim: 5",
        {"ids": ids},
        lambda p, x: F.embedding(x["ids"], p["E"]),
        torch,
    )


def test_every_such_layer_of_the_library_has_a_peer() -> None:
    wanted = {n for n, c in catalogue().categories.items() if c in ("layers", "gating", "shaping", "embedding")}
    assert {*MERGED, *ONE, *LEARNED, *ELSEWHERE.split()} == wanted
