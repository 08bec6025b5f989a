"""L = 3x² + 2xy + y², which has no inputs. Written by hand."""

import numpy as np

NAME = "quadratic"
PARAMETERS = {"x": (), "y": ()}
INPUTS = {}
TARGETS = {}
OUTPUTS = {"L": ()}
INTEGERS = {}
RANGES = {}
FORMULAS = {}
ZERO_GRADIENTS = {}
DTYPE = "float64"


def init(seed=0, dtype=DTYPE):
    rng = np.random.default_rng(seed)
    return {name: np.asarray(rng.standard_normal(shape)).astype(dtype) for name, shape in PARAMETERS.items()}


def forward(params):
    x, y = params["x"], params["y"]
    return np.asarray(3 * x * x + 2 * x * y + y * y)


def loss(params):
    return forward(params)[()]


def loss_and_grad(params, cotangent=1.0):
    x, y = params["x"], params["y"]
    return loss(params), {"x": np.asarray(cotangent * (6 * x + 2 * y)), "y": np.asarray(cotangent * (2 * x + 2 * y))}
