"""Each workload's loss, written once for every peer that differentiates by itself.

``ops`` is the peer's namespace (``peers/``): what its users would call. Parameters have the names and shapes of the emitted
module. Where there is no loss, the model gives the output.
"""

from __future__ import annotations

from typing import Any


def regressor(ops: Any, p: dict[str, Any], x: Any, y: Any) -> Any:
    """Dense, tanh, dense, mean squared error."""
    error = ops.tanh(x @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"] - y
    return ops.mean(error * error)


def _stack(p: dict[str, Any], h: Any, activation: Any) -> Any:
    """Dense layers by number, every one but the last with an activation."""
    layers = sum(name.startswith("W") for name in p)
    for number in range(1, layers):
        h = activation(h @ p[f"W{number}"] + p[f"b{number}"])
    return h @ p[f"W{layers}"] + p[f"b{layers}"]


def classifier_relu(ops: Any, p: dict[str, Any], x: Any, label: Any) -> Any:
    """Dense layers with relu, cross-entropy."""
    return ops.cross_entropy(_stack(p, x, ops.relu), label)


def classifier_gelu_tanh(ops: Any, p: dict[str, Any], x: Any, label: Any) -> Any:
    """Dense layers with gelu by tanh, cross-entropy."""
    return ops.cross_entropy(_stack(p, x, ops.gelu_tanh), label)


def deep(ops: Any, p: dict[str, Any], x: Any, y: Any) -> Any:
    """Dense layers, every one with tanh; mean squared error."""
    error = ops.tanh(_stack(p, x, ops.tanh)) - y
    return ops.mean(error * error)


def logistic(ops: Any, p: dict[str, Any], x: Any, y: Any) -> Any:
    """Logistic regression."""
    return ops.binary_cross_entropy(x @ p["W"] + p["b"], y)


def lenet(ops: Any, p: dict[str, Any], x: Any, label: Any) -> Any:
    """Convolutions and dense layers."""
    h = ops.images(x)
    for number in (1, 2):
        h = ops.max_pool(ops.relu(ops.conv(h, p[f"K{number}"], p[f"b{number}"])))
    h = ops.flat(h)
    h = ops.relu(h @ p["W3"] + p["b3"])
    h = ops.relu(h @ p["W4"] + p["b4"])
    return ops.cross_entropy(h @ p["W5"] + p["b5"], label)


def lstm(ops: Any, p: dict[str, Any], x: Any, label: Any) -> Any:
    """The last state of an LSTM, classified."""
    return ops.cross_entropy(ops.lstm(x, p["W1"], p["U"], p["b1"]) @ p["W2"] + p["b2"], label)


def transformer(ops: Any, p: dict[str, Any], x: Any, y: Any) -> Any:
    """A block that normalises first."""
    batch, steps, width = (int(size) for size in ops.shape(x))
    _, heads, each = (int(size) for size in ops.shape(p["Wq"]))

    def projected(h: Any, which: str) -> Any:
        flat = h @ p[f"W{which}"].reshape((width, heads * each)) + p[f"b{which}"].reshape((heads * each,))
        return ops.permute(flat.reshape((batch, steps, heads, each)), (0, 2, 1, 3))

    h = ops.layer_norm(x, p["gamma1"], p["beta1"], 1e-5)
    q, k, v = (projected(h, which) for which in "qkv")
    weights = ops.softmax(q @ ops.permute(k, (0, 1, 3, 2)) / each**0.5)
    attended = ops.permute(weights @ v, (0, 2, 1, 3)).reshape((batch, steps, width))
    r = x + attended @ p["Wo"].reshape((width, width)) + p["bo"]
    h = ops.layer_norm(r, p["gamma2"], p["beta2"], 1e-5)
    error = r + ops.gelu_tanh(h @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"] - y
    return ops.mean(error * error)


def embedding(ops: Any, p: dict[str, Any], ids: Any, label: Any) -> Any:
    """The mean of embedded tokens, classified."""
    return ops.cross_entropy(ops.mean(ops.take(p["E"], ids), 1) @ p["W"] + p["b"], label)


def layer_normalization(ops: Any, p: dict[str, Any], x: Any) -> Any:
    """One layer's output."""
    return ops.layer_norm(x, p["gamma"], p["beta"], 1e-3)


def gelu(ops: Any, p: dict[str, Any], x: Any) -> Any:
    """One layer's output."""
    return ops.gelu(x)


def softmax(ops: Any, p: dict[str, Any], x: Any) -> Any:
    """One layer's output."""
    return ops.softmax(x)
