"""The point that a module is verified at."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

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

    def near(self, rng: np.random.Generator, by: float) -> Point:
        """The point with every real number moved by a relative ``by``, up or down."""

        def moved(value: np.ndarray) -> np.ndarray:
            return value * (1 + by * rng.choice([-1.0, 1.0], value.shape)) if value.dtype.kind == "f" else value

        params, state = ({name: moved(value) for name, value in each.items()} for each in (self.params, self.state))
        return replace(self, params=params, state=state, data=tuple(moved(value) for value in self.data))
