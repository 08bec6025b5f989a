"""The point that a module is verified at."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, slots=True)
class Point:
    """Parameters, inputs and targets; ``inputs`` is how many of ``data`` are inputs.

    ``state`` is that of a module that has one; ``seed`` is that of the point, and of the noise at it.
    """

    params: dict[str, np.ndarray]
    data: tuple[np.ndarray, ...]
    inputs: int
    scale: float
    seed: int
    state: dict[str, np.ndarray] = field(default_factory=dict)
