"""Least squares: L = ½ mean (x·w + c − y)². Written by hand."""

import numpy as np

NAME = "linear"
PARAMETERS = {"w": (5,), "c": ()}
INPUTS = {"x": ("N", 5)}
TARGETS = {"y": ("N",)}
OUTPUTS = {"z": ("N",)}
INTEGERS = {}
RANGES = {}
FORMULAS = {}
ZERO_GRADIENTS = {}
DTYPE = "float32"


def init(seed=0, dtype=DTYPE):
    rng = np.random.default_rng(seed)
    return {name: np.asarray(rng.standard_normal(shape)).astype(dtype) for name, shape in PARAMETERS.items()}


def forward(params, x):
    return x @ params["w"] + params["c"]


def loss(params, x, y):
    r = forward(params, x) - y
    return (r * r).mean() / 2


def loss_and_grad(params, x, y, cotangent=1.0):
    r = forward(params, x) - y
    r_bar = r * (cotangent / len(x))
    return (r * r).mean() / 2, {"w": x.T @ r_bar, "c": np.asarray(r_bar.sum())}
