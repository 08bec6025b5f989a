"""One layer each: a cotangent of the output pulled back."""

from __future__ import annotations

import numpy as np
from scipy.special import erf

from benchmarks.speed.task import Answer, Arrays


def layer_norm(
    x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, epsilon: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The output, what was normalised, and the inverse of its spread."""
    moved = x - x.mean(axis=-1, keepdims=True)
    inverse = 1 / np.sqrt((moved**2).mean(axis=-1, keepdims=True) + epsilon)
    u = moved * inverse
    return gamma * u + beta, u, inverse


def layer_norm_back(
    d: np.ndarray, gamma: np.ndarray, u: np.ndarray, inverse: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of x, gamma and beta."""
    axes = tuple(range(d.ndim - 1))
    u_bar = d * gamma
    x_bar = inverse * (u_bar - u_bar.mean(axis=-1, keepdims=True) - u * (u_bar * u).mean(axis=-1, keepdims=True))
    return x_bar, (d * u).sum(axis=axes), d.sum(axis=axes)


def layer_normalization(p: Arrays, x: np.ndarray, y_bar: np.ndarray) -> Answer:
    """Layer normalisation."""
    _, u, inverse = layer_norm(x, p["gamma"], p["beta"], 1e-3)
    x_bar, gamma, beta = layer_norm_back(y_bar, p["gamma"], u, inverse)
    return 0.0, {"x": x_bar, "gamma": gamma, "beta": beta}


def gelu(p: Arrays, x: np.ndarray, y_bar: np.ndarray) -> Answer:
    """Gelu by erf, which SciPy has."""
    slope = 0.5 * (1 + erf(x / np.sqrt(2).astype(x.dtype))) + x * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi).astype(
        x.dtype
    )
    return 0.0, {"x": y_bar * slope}


def softmax(p: Arrays, x: np.ndarray, y_bar: np.ndarray) -> Answer:
    """Softmax over the last axis."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    y = e / e.sum(axis=-1, keepdims=True)
    return 0.0, {"x": y * (y_bar - (y * y_bar).sum(axis=-1, keepdims=True))}
