"""The rounding floor: how far rounding alone can move a gradient, measured where a probe asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import ModuleType

import numpy as np

from symbprop.verify.calls import gradient_at
from symbprop.verify.point import Point
from symbprop.verify.probe import Direction, floor_along, signs

NEARBY = 2.0**-46
VANISHING = 2.0**-50  # of a gradient's largest entry at any point: below this its entries are rounding


class Floor:
    """The floor of every entry of a gradient at a point.

    ``largest`` is the largest entry of each gradient at this and earlier points: far below it, as where a unit is
    saturated and p − 1 or 1 − h² cancels to 0, a gradient has no digits left, in any precision the machine has.
    """

    def __init__(
        self, module: ModuleType, point: Point, gradient: Mapping[str, np.ndarray], largest: Mapping[str, float]
    ) -> None:
        self._module, self._point, self._gradient = module, point, gradient
        self._least = {name: np.broadcast_to(VANISHING * size, gradient[name].shape) for name, size in largest.items()}

    def least(self, direction: Direction) -> float:
        """The part of the floor along ``direction`` that needs no measurement."""
        return floor_along(self._least, direction)

    def measured(self, direction: Direction) -> float:
        """The part that is measured: the floor of the entries, summed."""
        return floor_along(self._measured, direction)

    @cached_property
    def _measured(self) -> dict[str, np.ndarray]:
        """How far rounding can move each entry of the gradient, as far as it can be measured.

        Twice over: how it moves when every parameter moves by a rounding error, and how far it is from the same code's
        result in extended precision, where the machine has it. A wrong formula is as wrong there, so this cannot excuse
        one.
        """
        module, point, gradient = self._module, self._point, self._gradient
        rng = np.random.default_rng([point.seed, 2])
        floor = {name: np.zeros(np.shape(value)) for name, value in gradient.items()}
        for _ in range(3):
            moved = {name: value * (1 + 2.0**-52 * signs(rng, value.shape)) for name, value in point.params.items()}
            _, other = gradient_at(module, point, moved)
            for name, value in other.items():
                floor[name] = np.maximum(floor[name], np.abs(value - gradient[name]))
        _, precise = gradient_at(module, point, {k: v.astype(np.longdouble) for k, v in point.params.items()})
        for name, value in precise.items():
            floor[name] = np.maximum(floor[name], np.abs(value - gradient[name]).astype(np.float64))
        return {name: 4 * value for name, value in floor.items()}
