"""Words: the mean of rows of an embedding, a dense layer, squared error.

``shift`` is added to every score of an attention over time, so its gradient is identically zero. Written by hand.
"""

import numpy as np

NAME = "embedding"
PARAMETERS = {"E": (4, 3), "q": (3,), "shift": (), "W": (3, 2)}
INPUTS = {"ids": ("N", "T")}
TARGETS = {"y": ("N", 2)}
OUTPUTS = {"z": ("N", 2)}
INTEGERS = {"ids": 4}
RANGES = {}
FORMULAS = {}
ZERO_GRADIENTS = {"shift": "shift invariance of softmax"}
DTYPE = "float64"


def init(seed=0, dtype=DTYPE):
    rng = np.random.default_rng(seed)
    return {name: np.asarray(rng.standard_normal(shape)).astype(dtype) for name, shape in PARAMETERS.items()}


def _forward(params, ids):
    rows = params["E"][ids]
    score = rows @ params["q"] + params["shift"]
    e = np.exp(score - score.real.max(axis=1, keepdims=True))
    a = e / e.sum(axis=1, keepdims=True)
    pooled = (a[:, :, None] * rows).sum(axis=1)
    return rows, a, pooled, pooled @ params["W"]


def forward(params, ids):
    return _forward(params, ids)[3]


def loss(params, ids, y):
    r = _forward(params, ids)[3] - y
    return (r * r).mean()


def loss_and_grad(params, ids, y, cotangent=1.0):
    rows, a, pooled, z = _forward(params, ids)
    r = z - y
    r_bar = r * (cotangent * 2 / r.size)
    pooled_bar = r_bar @ params["W"].T
    a_bar = (rows * pooled_bar[:, None, :]).sum(axis=2)
    score_bar = a * (a_bar - (a * a_bar).sum(axis=1, keepdims=True))
    rows_bar = a[:, :, None] * pooled_bar[:, None, :] + score_bar[:, :, None] * params["q"]
    E_bar = np.zeros_like(params["E"])
    np.add.at(E_bar, ids, rows_bar)
    q_bar = (score_bar[:, :, None] * rows).sum(axis=(0, 1))
    return (r * r).mean(), {"E": E_bar, "q": q_bar, "shift": np.zeros_like(params["shift"]), "W": pooled.T @ r_bar}
