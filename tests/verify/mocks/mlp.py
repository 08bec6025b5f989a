"""An MLP 5-7-3: tanh, softmax, sparse categorical cross-entropy. Written by hand."""

import numpy as np

NAME = "mlp"
PARAMETERS = {"W1": (5, 7), "b1": (7,), "W2": (7, 3), "b2": (3,)}
INPUTS = {"x": ("N", 5)}
TARGETS = {"label": ("N",)}
OUTPUTS = {"p": ("N", 3)}
INTEGERS = {"label": 3}
RANGES = {}
FORMULAS = {}
ZERO_GRADIENTS = {}
DTYPE = "float64"


def init(seed=0, dtype=DTYPE):
    rng = np.random.default_rng(seed)
    return {name: rng.standard_normal(shape).astype(dtype) for name, shape in PARAMETERS.items()}


def _forward(params, x):
    h = np.tanh(x @ params["W1"] + params["b1"])
    z = h @ params["W2"] + params["b2"]
    z = z - z.real.max(axis=1, keepdims=True)
    e = np.exp(z)
    s = e.sum(axis=1, keepdims=True)
    return h, z - np.log(s), e / s


def forward(params, x):
    return _forward(params, x)[2]


def loss(params, x, label):
    _, log_p, _ = _forward(params, x)
    return -log_p[np.arange(len(x)), label].mean()


def loss_and_grad(params, x, label, cotangent=1.0):
    h, log_p, p = _forward(params, x)
    rows = np.arange(len(x))
    z2_bar = p.copy()
    z2_bar[rows, label] -= 1
    z2_bar *= cotangent / len(x)
    z1_bar = (z2_bar @ params["W2"].T) * (1 - h * h)
    gradient = {"W1": x.T @ z1_bar, "b1": z1_bar.sum(axis=0), "W2": h.T @ z2_bar, "b2": z2_bar.sum(axis=0)}
    return -log_p[rows, label].mean(), gradient
