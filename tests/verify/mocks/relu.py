"""A relu net 4-6-2 with squared error and a weight that serves twice (its gradient accumulates). Written by hand."""

import numpy as np

NAME = "relu"
PARAMETERS = {"W": (4, 6), "b": (6,), "V": (6, 2)}
INPUTS = {"x": ("N", 4), "u": ("N", 4)}
TARGETS = {"y": ("N", 2)}
OUTPUTS = {"z": ("N", 2)}
INTEGERS = {}
RANGES = {"y": (0.0, 1.0)}
FORMULAS = {}
ZERO_GRADIENTS = {}
DTYPE = "float64"


def init(seed=0, dtype=DTYPE):
    rng = np.random.default_rng(seed)
    return {name: rng.standard_normal(shape).astype(dtype) for name, shape in PARAMETERS.items()}


def _relu(z):
    return np.where(z.real > 0, z, 0)


def forward(params, x, u):
    left = _relu(x @ params["W"] + params["b"])
    right = _relu(u @ params["W"] + params["b"])
    return (left + right) @ params["V"]


def loss(params, x, u, y):
    r = forward(params, x, u) - y
    return (r * r).mean()


def loss_and_grad(params, x, u, y, cotangent=1.0):
    zl = x @ params["W"] + params["b"]
    zr = u @ params["W"] + params["b"]
    h = _relu(zl) + _relu(zr)
    r = h @ params["V"] - y
    r_bar = r * (cotangent * 2 / r.size)
    h_bar = r_bar @ params["V"].T
    zl_bar = np.where(zl.real > 0, h_bar, 0)
    zr_bar = np.where(zr.real > 0, h_bar, 0)
    W_bar = x.T @ zl_bar
    W_bar += u.T @ zr_bar
    b_bar = zl_bar.sum(axis=0)
    b_bar += zr_bar.sum(axis=0)
    return (r * r).mean(), {"W": W_bar, "b": b_bar, "V": h.T @ r_bar}
