"""Networks of dense layers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.speed.task import Answer, Arrays

Activation = Callable[[np.ndarray], np.ndarray]


def cross_entropy(z: np.ndarray, label: np.ndarray) -> tuple[float, np.ndarray]:
    """The mean cross-entropy of softmax(z), and its gradient by z."""
    rows = np.arange(len(label))
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.mean(np.log(p[rows, label]))
    p[rows, label] -= 1
    return float(loss), p / len(label)


def squared_error(y: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray]:
    """The mean squared error, and its gradient by y."""
    error = y - target
    return float(np.mean(error**2)), 2 * error / error.size


def gelu_tanh(z: np.ndarray) -> np.ndarray:
    """Gelu by tanh (Hendrycks & Gimpel 2016)."""
    return 0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi).astype(z.dtype) * (z + 0.044715 * z**3)))


def gelu_tanh_slope(z: np.ndarray) -> np.ndarray:
    """Its derivative."""
    scale = np.sqrt(2 / np.pi).astype(z.dtype)
    t = np.tanh(scale * (z + 0.044715 * z**3))
    return 0.5 * (1 + t) + 0.5 * z * (1 - t**2) * scale * (1 + 3 * 0.044715 * z**2)


def regressor(p: Arrays, x: np.ndarray, y: np.ndarray) -> Answer:
    """Dense, tanh, dense, mean squared error."""
    h = np.tanh(x @ p["W1"] + p["b1"])
    loss, d = squared_error(h @ p["W2"] + p["b2"], y)
    d1 = (d @ p["W2"].T) * (1 - h**2)
    return loss, {"W1": x.T @ d1, "b1": d1.sum(axis=0), "W2": h.T @ d, "b2": d.sum(axis=0)}


def _forward(p: Arrays, h: np.ndarray, activation: Activation) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """What goes into each layer, and what comes out before the activation."""
    layers = len(p) // 2
    inputs, outputs = [h], []
    for number in range(1, layers + 1):
        outputs.append(inputs[-1] @ p[f"W{number}"] + p[f"b{number}"])
        inputs.append(activation(outputs[-1]))
    return inputs, outputs


def _backward(p: Arrays, inputs: list[np.ndarray], d: np.ndarray, slope: Callable[[int], np.ndarray]) -> Arrays:
    """Gradients from ``d``, that of the last layer before its activation; ``slope(i)`` is that of input i."""
    grads = {}
    for number in range(len(p) // 2, 0, -1):
        grads[f"W{number}"] = inputs[number - 1].T @ d
        grads[f"b{number}"] = d.sum(axis=0)
        if number > 1:
            d = (d @ p[f"W{number}"].T) * slope(number - 1)
    return grads


def classifier_relu(p: Arrays, x: np.ndarray, label: np.ndarray) -> Answer:
    """Dense layers with relu, cross-entropy."""
    inputs, outputs = _forward(p, x, lambda z: np.maximum(z, 0))
    loss, d = cross_entropy(outputs[-1], label)
    return loss, _backward(p, inputs, d, lambda i: inputs[i] > 0)


def classifier_gelu_tanh(p: Arrays, x: np.ndarray, label: np.ndarray) -> Answer:
    """Dense layers with gelu, cross-entropy."""
    inputs, outputs = _forward(p, x, gelu_tanh)
    loss, d = cross_entropy(outputs[-1], label)
    return loss, _backward(p, inputs, d, lambda i: gelu_tanh_slope(outputs[i - 1]))


def deep(p: Arrays, x: np.ndarray, y: np.ndarray) -> Answer:
    """Dense layers, every one with tanh; mean squared error."""
    inputs, _ = _forward(p, x, np.tanh)
    loss, d = squared_error(inputs[-1], y)
    return loss, _backward(p, inputs, d * (1 - inputs[-1] ** 2), lambda i: 1 - inputs[i] ** 2)


def logistic(p: Arrays, x: np.ndarray, y: np.ndarray) -> Answer:
    """Logistic regression."""
    z = x @ p["W"] + p["b"]
    loss = np.mean(np.logaddexp(0, z) - y * z)
    d = (1 / (1 + np.exp(-z)) - y) / y.size
    return float(loss), {"W": x.T @ d, "b": d.sum(axis=0)}
