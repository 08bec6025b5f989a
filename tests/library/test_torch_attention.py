"""Attention and transformer blocks agree with PyTorch: value and every gradient to 1e-10, over a grid of arguments."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from library.torch_peer import Compiled, assert_agrees

torch = pytest.importorskip("torch", reason="PyTorch is the peer")
F = torch.nn.functional
RNG = np.random.default_rng(5)
N, T, S, C, H = 2, 4, 3, 6, 2
Tensors = dict[str, Any]

KEYS = np.array([[1, 1, 0], [0, 1, 1]])  # every query keeps some key, since PyTorch gives NaN where it keeps none
PAIRS = np.array([[[1, 0, 1], [0, 1, 1], [1, 1, 1], [0, 0, 1]], [[1, 1, 0], [1, 0, 0], [0, 1, 0], [1, 1, 1]]])


def draw(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape)


def allowed(x: Tensors, causal: bool, queries: int, keys: int) -> Any:
    """True where a key may be attended to, [N, T, S]."""
    mask = torch.ones(N, queries, keys, dtype=torch.bool)
    if causal:
        mask = mask & torch.ones(queries, keys, dtype=torch.bool).tril()
    if "mask" in x:
        mask = mask & (x["mask"][:, None, :] > 0)
    if "attention_mask" in x:
        mask = mask & (x["attention_mask"] > 0)
    return mask


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("masks", [(), ("attention_mask",), ("mask", "attention_mask")])
def test_scaled_dot_product_attention(causal: bool, masks: tuple[str, ...], compiled: Compiled) -> None:
    def peer(p: Tensors, x: Tensors) -> Any:
        q, k, v = (x[name].transpose(1, 2) for name in ("query", "key", "value"))
        return F.scaled_dot_product_attention(q, k, v, allowed(x, causal, T, S)[:, None]).transpose(1, 2)

    inputs = {"query": draw(N, T, H, 5), "key": draw(N, S, H, 5), "value": draw(N, S, H, 3)}
    if "mask" in masks:
        inputs["mask"] = np.array([[1, 1, 0], [1, 0, 1]])
    if "attention_mask" in masks:
        inputs["attention_mask"] = np.maximum(PAIRS, np.array([1, 0, 0]))
    assert_agrees(compiled, "dot_product_attention", f"is_causal: {str(causal).lower()}", inputs, peer, torch)


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("own_key", [False, True])
def test_luongs_attention(scaled: bool, own_key: bool, compiled: Compiled) -> None:
    def peer(p: Tensors, x: Tensors) -> Any:
        scores = torch.einsum("ntd,nsd->nts", x["query"], x["key"] if own_key else x["value"])
        return torch.softmax(scores * p["g"] if scaled else scores, -1) @ x["value"]

    inputs = {"query": draw(N, T, 5), "value": draw(N, S, 5)}
    if own_key:
        inputs["key"] = draw(N, S, 5)
    assert_agrees(compiled, "attention", f"use_scale: {str(scaled).lower()}", inputs, peer, torch)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("scaled", [False, True])
def test_additive_attention(scaled: bool, masked: bool, compiled: Compiled) -> None:
    def peer(p: Tensors, x: Tensors) -> Any:
        terms = torch.tanh(x["query"][:, :, None] + x["value"][:, None])
        scores = (terms * p["g"] if scaled else terms).sum(-1)
        return torch.softmax(scores.masked_fill(~allowed(x, False, T, S), -torch.inf), -1) @ x["value"]

    inputs = {"query": draw(N, T, 5), "value": draw(N, S, 5)}
    if masked:
        inputs["mask"] = KEYS
    assert_agrees(compiled, "additive_attention", f"use_scale: {str(scaled).lower()}", inputs, peer, torch)


def in_projection(p: Tensors, names: tuple[str, ...]) -> Any:
    """Kernels [i, h, d] as PyTorch's rows [h·d, i], or biases [h, d], side by side."""
    rows = [p[name].reshape(p[name].shape[0], -1).T if p[name].ndim == 3 else p[name].reshape(-1) for name in names]
    return torch.cat(rows)


def multi_head(p: Tensors, q: Any, k: Any, v: Any, mask: Any, names: str = "W{} b{}", heads: int = H) -> Any:
    """``F.multi_head_attention_forward`` with our parameters."""
    kernel, bias = names.split()
    width, out = q.shape[-1], p[kernel.format("o")]
    result, _ = F.multi_head_attention_forward(
        q.transpose(0, 1), k.transpose(0, 1), v.transpose(0, 1), width, heads,
        in_projection(p, tuple(kernel.format(each) for each in "qkv")),
        in_projection(p, tuple(bias.format(each) for each in "qkv")),
        None, None, False, 0.0, out.reshape(-1, width).T, p[bias.format("o")],
        attn_mask=~mask.repeat_interleave(heads, 0), need_weights=False,
    )  # fmt: skip
    return result.transpose(0, 1)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("masks", [(), ("mask",), ("attention_mask",)])
@pytest.mark.parametrize("heads", [1, 2, 3])
def test_multi_head_attention(heads: int, masks: tuple[str, ...], causal: bool, compiled: Compiled) -> None:
    def peer(p: Tensors, x: Tensors) -> Any:
        return multi_head(p, x["query"], x["value"], x["value"], allowed(x, causal, T, S), heads=heads)

    inputs = {"query": draw(N, T, C), "value": draw(N, S, C)}
    inputs.update({"mask": np.array([[1, 1, 0], [1, 0, 1]])} if "mask" in masks else {})
    inputs.update({"attention_mask": np.maximum(PAIRS, [1, 0, 0])} if "attention_mask" in masks else {})
    arguments = f"num_heads: {heads}, key_dim: {C // heads}, use_causal_mask: {str(causal).lower()}"
    assert_agrees(compiled, "multi_head_attention", arguments, inputs, peer, torch)


def test_the_module_of_self_attention_agrees_with_that_of_pytorch_as_a_whole(compiled: Compiled) -> None:
    layer = torch.nn.MultiheadAttention(C, H, batch_first=True, dtype=torch.float64)
    text = f"inputs: {{x: {{shape: [T, {C}]}}}}\nlayers: [{{multi_head_attention: {{num_heads: {H}, key_dim: {C // H}}}}}]\n"
    module = compiled(text)
    params = {}
    for name, kernel, bias in zip("qkv", layer.in_proj_weight.chunk(3), draw(3, C), strict=True):
        params[f"W{name}"] = kernel.detach().numpy().T.reshape(C, H, C // H)
        params[f"b{name}"] = bias.reshape(H, C // H)
    params["Wo"] = layer.out_proj.weight.detach().numpy().T.reshape(H, C // H, C)
    params["bo"] = draw(C)
    with torch.no_grad():
        layer.in_proj_bias.copy_(torch.tensor(np.concatenate([params[f"b{n}"].ravel() for n in "qkv"])))
        layer.out_proj.bias.copy_(torch.tensor(params["bo"]))
        x = torch.tensor(draw(N, 5, C))
        expected, _ = layer(x, x, x)
    params = {name: params[name.rstrip("1")] for name in module.PARAMETERS}
    np.testing.assert_allclose(module.forward(params, x.numpy()), expected.numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("bias", [True, False])
def test_heads_wider_than_the_features_and_values_wider_than_keys(bias: bool, compiled: Compiled) -> None:
    def peer(p: Tensors, x: Tensors) -> Any:
        zero = torch.zeros(1, 1, dtype=torch.float64)
        q = torch.einsum("nti,ihd->nhtd", x["query"], p["Wq"]) + p.get("bq", zero)[..., :, None, :]
        k = torch.einsum("nsi,ihd->nhsd", x["key"], p["Wk"]) + p.get("bk", zero)[..., :, None, :]
        v = torch.einsum("nsi,ihd->nhsd", x["value"], p["Wv"]) + p.get("bv", zero)[..., :, None, :]
        return torch.einsum("nhtd,hdo->nto", F.scaled_dot_product_attention(q, k, v), p["Wo"]) + p.get("bo", zero[0])

    inputs = {"query": draw(N, T, 5), "value": draw(N, S, 4), "key": draw(N, S, 3)}
    arguments = f"num_heads: 2, key_dim: 7, value_dim: 3, use_bias: {str(bias).lower()}"
    assert_agrees(compiled, "multi_head_attention", arguments, inputs, peer, torch)


def layer_norm(p: Tensors, number: int, x: Any) -> Any:
    return F.layer_norm(x, (C,), p[f"gamma{number}"], p[f"beta{number}"], 1e-5)


def feed_forward(p: Tensors, activation: Callable[..., Any], x: Any) -> Any:
    return activation(x @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize(("causal", "masked"), [(False, False), (True, False), (False, True)])
def test_encoder_block(first: bool, activation: str, causal: bool, masked: bool, compiled: Compiled) -> None:
    def peer(p: Tensors, x: Tensors) -> Any:
        function = getattr(F, activation)
        mask = allowed(x, causal, S, S)
        if first:
            u = layer_norm(p, 1, x["x"])
            r = x["x"] + multi_head(p, u, u, u, mask)
            return r + feed_forward(p, function, layer_norm(p, 2, r))
        r = layer_norm(p, 1, x["x"] + multi_head(p, x["x"], x["x"], x["x"], mask))
        return layer_norm(p, 2, r + feed_forward(p, function, r))

    inputs = {"x": draw(N, S, C), **({"mask": np.array([[1, 1, 0], [1, 0, 1]])} if masked else {})}
    arguments = f"num_heads: {H}, intermediate_dim: 5, activation: {activation}, normalize_first: {str(first).lower()}"
    arguments += f", use_causal_mask: {str(causal).lower()}"
    assert_agrees(compiled, "transformer_encoder", arguments, inputs, peer, torch)


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("masked", [False, True])
def test_decoder_block(first: bool, masked: bool, compiled: Compiled) -> None:
    def peer(p: Tensors, x: Tensors) -> Any:
        own = allowed({k: v for k, v in x.items() if k == "mask"}, True, T, T)
        keys = torch.ones(N, T, S, dtype=torch.bool)
        if "memory_mask" in x:
            keys = keys & (x["memory_mask"][:, None] > 0)
        memory, cross = x["memory"], "Wc{} bc{}"
        if first:
            u = layer_norm(p, 1, x["x"])
            r = x["x"] + multi_head(p, u, u, u, own)
            r = r + multi_head(p, layer_norm(p, 2, r), memory, memory, keys, cross)
            return r + feed_forward(p, F.relu, layer_norm(p, 3, r))
        r = layer_norm(p, 1, x["x"] + multi_head(p, x["x"], x["x"], x["x"], own))
        r = layer_norm(p, 2, r + multi_head(p, r, memory, memory, keys, cross))
        return layer_norm(p, 3, r + feed_forward(p, F.relu, r))

    inputs = {"x": draw(N, T, C), "memory": draw(N, S, C)}
    if masked:
        inputs.update(mask=np.array([[1, 1, 0, 1], [1, 0, 1, 1]]), memory_mask=KEYS)
    arguments = f"num_heads: {H}, intermediate_dim: 5, normalize_first: {str(first).lower()}"
    assert_agrees(compiled, "transformer_decoder", arguments, inputs, peer, torch)


@pytest.mark.parametrize("first", [False, True])
def test_blocks_agree_with_the_modules_of_pytorch_as_a_whole(first: bool, compiled: Compiled) -> None:
    """``nn.TransformerEncoderLayer`` and ``nn.TransformerDecoderLayer`` with their own weights copied."""
    encoder = torch.nn.TransformerEncoderLayer(
        C, H, 5, 0.0, activation="gelu", batch_first=True, norm_first=first, dtype=torch.float64
    )
    decoder = torch.nn.TransformerDecoderLayer(C, H, 5, 0.0, batch_first=True, norm_first=first, dtype=torch.float64)
    options = f"num_heads: {H}, intermediate_dim: 5, normalize_first: {str(first).lower()}"
    text = f"""
inputs: {{x: {{shape: [S, {C}]}}, d: {{shape: [T, {C}]}}}}
nodes:
  enc: {{transformer_encoder: {{{options}, activation: gelu}}, inputs: [x]}}
  dec: {{transformer_decoder: {{{options}}}, inputs: [d, enc]}}
"""
    module = compiled(text)
    params = {**block_of(encoder, "enc", 2), **block_of(decoder, "dec", 3)}
    assert set(params) == set(module.PARAMETERS)
    x, d = draw(N, S, C), draw(N, T, C)
    with torch.no_grad():
        causal = torch.nn.Transformer.generate_square_subsequent_mask(T, dtype=torch.float64)
        expected = decoder(torch.tensor(d), encoder(torch.tensor(x)), tgt_mask=causal, tgt_is_causal=True)
    np.testing.assert_allclose(module.forward(params, x, d), expected.numpy(), rtol=1e-10, atol=1e-12)


def block_of(layer: Any, label: str, norms: int) -> dict[str, np.ndarray]:
    """A block's weights, at random values, as our parameters."""
    with torch.no_grad():
        for each in layer.parameters():
            each.copy_(torch.tensor(draw(*each.shape) * 0.5))
    weights = {name: each.detach().numpy() for name, each in layer.named_parameters()}
    made: dict[str, np.ndarray] = {}
    for prefix, theirs in (("", "self_attn"), ("c", "multihead_attn")):
        if f"{theirs}.in_proj_weight" not in weights:
            continue
        for name, kernel, bias in zip(
            "qkv",
            np.split(weights[f"{theirs}.in_proj_weight"], 3),
            np.split(weights[f"{theirs}.in_proj_bias"], 3),
            strict=True,
        ):
            made[f"W{prefix}{name}"] = kernel.T.reshape(C, H, C // H)
            made[f"b{prefix}{name}"] = bias.reshape(H, C // H)
        made[f"W{prefix}o"] = weights[f"{theirs}.out_proj.weight"].T.reshape(H, C // H, C)
        made[f"b{prefix}o"] = weights[f"{theirs}.out_proj.bias"]
    for number in range(1, norms + 1):
        made[f"gamma{number}"] = weights[f"norm{number}.weight"]
        made[f"beta{number}"] = weights[f"norm{number}.bias"]
    for number in (1, 2):
        made[f"W{number}"], made[f"b{number}"] = weights[f"linear{number}.weight"].T, weights[f"linear{number}.bias"]
    return {f"{name}_{label}": value for name, value in made.items()}


@pytest.mark.parametrize("operation", ["multi_head_attention", "transformer_encoder"])
def test_a_query_without_any_key_gets_zeros_and_no_nan_anywhere(
    operation: str, compiled: Callable[..., ModuleType]
) -> None:
    more = "key_dim: 3" if operation == "multi_head_attention" else "intermediate_dim: 5"
    text = f"""
inputs: {{x: {{shape: [T, {C}]}}, mask: {{shape: [T], dtype: int, classes: 2}}}}
targets: {{y: {{shape: [T, {C}]}}}}
nodes:
  a: {{{operation}: {{num_heads: 2, {more}}}, inputs: {{{"query" if more == "key_dim: 3" else "x"}: x, mask: mask}}}}
loss: {{mean_squared_error: {{inputs: [a, y]}}}}
"""
    module = compiled(text)
    mask = np.array([[0, 0, 0, 0], [1, 0, 1, 0]])
    for scale in (1.0, 1e3):
        params = {name: scale * draw(*shape) for name, shape in module.PARAMETERS.items()}
        x = draw(2, 4, C)
        with np.errstate(all="raise", under="ignore"):
            loss, grads = module.loss_and_grad(params, x, mask, draw(2, 4, C))
            out = module.forward(params, x, mask)
        assert np.isfinite(loss)
        assert all(np.all(np.isfinite(each)) for each in grads.values())
        if operation == "multi_head_attention":
            np.testing.assert_array_equal(out[0], np.broadcast_to(params["bo_a"], (4, C)))
        hidden = x.copy()
        hidden[1, [1, 3]] = 1e3 * draw(2, C)  # what may not be attended to moves nothing at the other places
        moved = module.forward(params, hidden, mask)
        np.testing.assert_array_equal(moved[1, [0, 2]], out[1, [0, 2]])


def test_a_masked_score_that_dwarfs_the_others_does_not_hide_them(compiled: Callable[..., ModuleType]) -> None:
    """The maximum that is taken out is that of the keys allowed, so nothing underflows to 0 / 0."""
    text = "inputs: {q: {shape: [T, 1]}, v: {shape: [S, 1]}, m: {shape: [S], dtype: int, classes: 2}}\nnodes:\n"
    module = compiled(text + "  a: {attention: {}, inputs: {query: q, value: v, mask: m}}\n")
    with np.errstate(all="raise", under="ignore"):
        out = module.forward({}, np.ones((1, 2, 1)), np.array([[[5e4], [1.0], [2.0]]]), np.array([[0, 1, 1]]))
    expected = (np.e + 2 * np.e**2) / (np.e + np.e**2)
    np.testing.assert_allclose(out.ravel(), [expected, expected], rtol=1e-14)
