"""LeNet: convolutions as products with a matrix of windows."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from benchmarks.speed.naive.dense import cross_entropy
from benchmarks.speed.task import Answer, Arrays


def _conv(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The convolution and the matrix of windows."""
    high, wide, _, filters = kernel.shape
    windows = sliding_window_view(x, (high, wide), axis=(1, 2)).transpose(0, 1, 2, 4, 5, 3)
    n, rows, columns = windows.shape[:3]
    matrix = windows.reshape(n * rows * columns, -1)
    return (matrix @ kernel.reshape(-1, filters) + bias).reshape(n, rows, columns, filters), matrix


def _conv_back(d: np.ndarray, matrix: np.ndarray, kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of the kernel, the bias, and the input."""
    high, wide, channels, filters = kernel.shape
    n, rows, columns, _ = d.shape
    flat = d.reshape(-1, filters)
    spread = (flat @ kernel.reshape(-1, filters).T).reshape(n, rows, columns, high, wide, channels)
    x_bar = np.zeros((n, rows + high - 1, columns + wide - 1, channels), d.dtype)
    for i in range(high):
        for j in range(wide):
            x_bar[:, i : i + rows, j : j + columns] += spread[:, :, :, i, j]
    return (matrix.T @ flat).reshape(kernel.shape), flat.sum(axis=0), x_bar


def _blocks(x: np.ndarray) -> np.ndarray:
    n, rows, columns, c = x.shape
    return x.reshape(n, rows // 2, 2, columns // 2, 2, c)


def _pool_back(d: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """To whatever equals the maximum: relu before it makes ties harmless, the gradient at zero is zero."""
    return ((_blocks(x) == y[:, :, None, :, None]) * d[:, :, None, :, None]).reshape(x.shape)


def lenet(p: Arrays, x: np.ndarray, label: np.ndarray) -> Answer:
    """Convolutions and dense layers."""
    z1, m1 = _conv(x, p["K1"], p["b1"])
    h1 = np.maximum(z1, 0)
    y1 = _blocks(h1).max(axis=(2, 4))
    z2, m2 = _conv(y1, p["K2"], p["b2"])
    h2 = np.maximum(z2, 0)
    y2 = _blocks(h2).max(axis=(2, 4))
    flat = y2.reshape(len(x), -1)
    h3 = np.maximum(flat @ p["W3"] + p["b3"], 0)
    h4 = np.maximum(h3 @ p["W4"] + p["b4"], 0)
    loss, d5 = cross_entropy(h4 @ p["W5"] + p["b5"], label)
    d4 = (d5 @ p["W5"].T) * (h4 > 0)
    d3 = (d4 @ p["W4"].T) * (h3 > 0)
    d2 = _pool_back((d3 @ p["W3"].T).reshape(y2.shape), h2, y2) * (z2 > 0)
    K2, b2, y1_bar = _conv_back(d2, m2, p["K2"])
    d1 = _pool_back(y1_bar, h1, y1) * (z1 > 0)
    grads = {
        "K1": (m1.T @ d1.reshape(len(m1), -1)).reshape(p["K1"].shape), "b1": d1.sum(axis=(0, 1, 2)), "K2": K2, "b2": b2,
        "W3": flat.T @ d3, "b3": d3.sum(axis=0), "W4": h3.T @ d4, "b4": d4.sum(axis=0), "W5": h4.T @ d5, "b5": d5.sum(axis=0),
    }  # fmt: skip
    return loss, grads
