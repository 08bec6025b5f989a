"""An LSTM, a transformer's block, and embedded tokens."""

from __future__ import annotations

import numpy as np

from benchmarks.speed.naive.alone import layer_norm, layer_norm_back
from benchmarks.speed.naive.dense import cross_entropy, gelu_tanh, gelu_tanh_slope, squared_error
from benchmarks.speed.task import Answer, Arrays


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def lstm(p: Arrays, x: np.ndarray, label: np.ndarray) -> Answer:
    """Step by step; the products with the weights are taken out of the loops."""
    n, steps, inputs = x.shape
    U = p["U"]
    units = len(U)
    inflow = x @ p["W1"] + p["b1"]
    h, c = np.zeros((n, units), x.dtype), np.zeros((n, units), x.dtype)
    states, cells, gates = [h], [c], []
    for t in range(steps):
        z = inflow[:, t] + h @ U
        i, f, o = (_sigmoid(z[:, k * units : (k + 1) * units]) for k in (0, 1, 3))
        g = np.tanh(z[:, 2 * units : 3 * units])
        c = f * c + i * g
        h = o * np.tanh(c)
        states.append(h)
        cells.append(c)
        gates.append((i, f, g, o))
    loss, d = cross_entropy(h @ p["W2"] + p["b2"], label)
    h_bar, c_bar = d @ p["W2"].T, np.zeros_like(c)
    z_bar = np.empty((steps, n, 4 * units), x.dtype)
    for t in reversed(range(steps)):
        i, f, g, o = gates[t]
        s = np.tanh(cells[t + 1])
        c_bar = c_bar + h_bar * o * (1 - s**2)
        parts = c_bar * g * i * (1 - i), c_bar * cells[t] * f * (1 - f), c_bar * i * (1 - g**2), h_bar * s * o * (1 - o)
        z_bar[t] = np.concatenate(parts, axis=1)
        h_bar, c_bar = z_bar[t] @ U.T, c_bar * f
    flat = z_bar.reshape(steps * n, -1)
    return loss, {
        "W1": x.transpose(1, 0, 2).reshape(steps * n, inputs).T @ flat,
        "U": np.stack(states[:-1]).reshape(steps * n, units).T @ flat,
        "b1": flat.sum(axis=0), "W2": h.T @ d, "b2": d.sum(axis=0),
    }  # fmt: skip


def transformer(p: Arrays, x: np.ndarray, y: np.ndarray) -> Answer:
    """A block that normalises first."""
    n, steps, width = x.shape
    heads, each = p["bq"].shape
    scale = x.dtype.type(each**-0.5)

    def split(a: np.ndarray) -> np.ndarray:
        return a.reshape(n, steps, heads, each).transpose(0, 2, 1, 3)

    def join(a: np.ndarray) -> np.ndarray:
        return a.transpose(0, 2, 1, 3).reshape(n * steps, width)

    xs, u1, r1 = layer_norm(x, p["gamma1"], p["beta1"], 1e-5)
    flat = xs.reshape(n * steps, width)
    q, k, v = (split(flat @ p[f"W{w}"].reshape(width, width) + p[f"b{w}"].reshape(width)) for w in "qkv")
    e = q @ k.swapaxes(2, 3) * scale
    w = np.exp(e - e.max(axis=-1, keepdims=True))
    w /= w.sum(axis=-1, keepdims=True)
    a = join(w @ v)
    Wo = p["Wo"].reshape(width, width)
    r = x + (a @ Wo + p["bo"]).reshape(x.shape)
    rs, u2, r2 = layer_norm(r, p["gamma2"], p["beta2"], 1e-5)
    z = rs.reshape(n * steps, width) @ p["W1"] + p["b1"]
    f = gelu_tanh(z)
    loss, d = squared_error(r + (f @ p["W2"] + p["b2"]).reshape(x.shape), y)

    grads = {}
    d2 = d.reshape(n * steps, width)
    grads["W2"], grads["b2"] = f.T @ d2, d2.sum(axis=0)
    z_bar = (d2 @ p["W2"].T) * gelu_tanh_slope(z)
    grads["W1"], grads["b1"] = rs.reshape(n * steps, width).T @ z_bar, z_bar.sum(axis=0)
    r_bar, grads["gamma2"], grads["beta2"] = layer_norm_back((z_bar @ p["W1"].T).reshape(x.shape), p["gamma2"], u2, r2)
    r_bar = r_bar + d
    flat_bar = r_bar.reshape(n * steps, width)
    grads["Wo"], grads["bo"] = (a.T @ flat_bar).reshape(p["Wo"].shape), flat_bar.sum(axis=0)
    a_bar = split(flat_bar @ Wo.T)
    w_bar = a_bar @ v.swapaxes(2, 3)
    e_bar = w * (w_bar - (w_bar * w).sum(axis=-1, keepdims=True)) * scale
    bars = {"q": join(e_bar @ k), "k": join(e_bar.swapaxes(2, 3) @ q), "v": join(w.swapaxes(2, 3) @ a_bar)}
    xs_bar = np.zeros_like(flat)
    for which, bar in bars.items():
        shape = p[f"W{which}"].shape
        grads[f"W{which}"], grads[f"b{which}"] = (flat.T @ bar).reshape(shape), bar.sum(axis=0).reshape(heads, each)
        xs_bar += bar @ p[f"W{which}"].reshape(width, width).T
    _, grads["gamma1"], grads["beta1"] = layer_norm_back(xs_bar.reshape(x.shape), p["gamma1"], u1, r1)
    return loss, grads


def embedding(p: Arrays, ids: np.ndarray, label: np.ndarray) -> Answer:
    """The mean of embedded tokens, classified."""
    steps = ids.shape[1]
    m = p["E"][ids].mean(axis=1)
    loss, d = cross_entropy(m @ p["W"] + p["b"], label)
    E_bar = np.zeros_like(p["E"])
    np.add.at(E_bar, ids, (d @ p["W"].T / steps)[:, None, :])
    return loss, {"E": E_bar, "W": m.T @ d, "b": d.sum(axis=0)}
