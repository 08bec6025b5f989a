"""Whether contestants computed the same, before anybody's time counts."""

from __future__ import annotations

import numpy as np

from benchmarks.speed.task import Answer

TOLERANCE = {"float32": 1e-3, "float64": 1e-9}


class Differs(AssertionError):
    """A contestant computed something else."""


def require_equal(who: str, found: Answer, wanted: Answer, dtype: str) -> None:
    """Loss and gradients equal, of the norm of each tensor, and the gradients in the same dtype. Raises ``Differs``."""
    bound = TOLERANCE[dtype]
    (loss, grads), (true_loss, true_grads) = found, wanted
    if abs(loss - true_loss) > bound * max(abs(true_loss), 1e-30):
        raise Differs(f"{who}: the loss is {loss!r}, not {true_loss!r}")
    if set(grads) != set(true_grads):
        raise Differs(f"{who}: gradients of {sorted(grads)}, not of {sorted(true_grads)}")
    scale = max(float(np.linalg.norm(value)) for value in true_grads.values())
    for name, true in true_grads.items():
        if grads[name].dtype != dtype:
            raise Differs(f"{who}: the gradient of {name} is {grads[name].dtype}, not {dtype}")
        # A gradient that vanishes (keys' biases, under softmax) is rounding noise: measured by the largest tensor's.
        size = max(float(np.linalg.norm(true)), 1e-3 * scale)
        error = float(np.linalg.norm(np.asarray(grads[name], float) - true)) / size
        if not error <= bound:
            raise Differs(f"{who}: the gradient of {name} differs by {error:.1e} of its norm")
