"""The complex step: Im f(θ + i·h·u)/h, exact to rounding, for any h small enough (Squire & Trapp 1998)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType

import numpy as np

from symbprop.verify.calls import loss_at
from symbprop.verify.floor import NEARBY, Floor
from symbprop.verify.point import Point
from symbprop.verify.precise import Precisely
from symbprop.verify.probe import Direction, Entry, Outcome, Probe, along

STEP = 1e-30
TOLERANCE = 1e-11
UNDERFLOW = 1e-270  # a derivative below it, times the step, is lost among the subnormal numbers


def complex_step_probes(
    module: ModuleType,
    point: Point,
    gradient: Mapping[str, np.ndarray],
    floor: Floor,
    directions: Sequence[Direction],
) -> list[Probe]:
    """One probe for each direction: one evaluation of the loss in complex arithmetic, some more where that disagrees.

    Rounding is measured only where the two disagree by more than the tolerance without it.
    """
    found = []
    stepped, precise = ComplexSteps(module, point, point.params), Precisely(module, point)
    for direction in directions:
        numeric = stepped.slope(direction)
        analytic, scale = along(gradient, direction)
        tolerance = TOLERANCE * scale + floor.least(direction) + UNDERFLOW
        if np.isfinite(numeric) and abs(analytic - numeric) > tolerance:
            tolerance += floor.measured(direction)
        if np.isfinite(numeric) and abs(analytic - numeric) > tolerance:
            tolerance += 4 * _noise(module, point, direction, numeric)
        error = abs(analytic - numeric)
        outcome = Outcome.RIGHT if error <= tolerance else Outcome.WRONG
        outcome = outcome if np.isfinite(numeric) else Outcome.INCONCLUSIVE
        precisely = precise.repeat(direction) if outcome is Outcome.WRONG else None
        nothing = False
        if precisely is not None and precisely.explains(error, TOLERANCE):
            outcome, nothing = Outcome.ROUNDED, precisely.vanishes(scale)
        repeated = "" if precisely is None else precisely.describe()
        names = tuple(direction)
        found.append(
            Probe(names, "complex step", analytic, numeric, scale, tolerance, outcome, TOLERANCE, repeated, nothing)
        )
    return found


class ComplexSteps:
    """The loss along directions in the complex plane.

    The parameters are made complex once; a step is made in their imaginary part and taken back, so that a probe costs
    one evaluation of the loss and no copy of the parameters.
    """

    def __init__(self, module: ModuleType, point: Point, params: Mapping[str, np.ndarray]) -> None:
        self._module, self._point = module, point
        self._params = {name: _complex(value) for name, value in params.items()}

    def slope(self, direction: Direction) -> float:
        """The derivative of the loss along ``direction``."""
        self._step(direction, STEP)
        with np.errstate(all="ignore"):
            value = loss_at(self._module, self._point, self._params)
        self._step(direction, 0.0)
        return float(np.imag(value)) / STEP

    def _step(self, direction: Direction, size: float) -> None:
        for name, u in direction.items():
            value = self._params[name]
            if isinstance(u, Entry):
                value.reshape(-1).imag[u.position] = size * u.weight
            else:
                np.multiply(u, size, out=value.imag)


def _complex(value: np.ndarray) -> np.ndarray:
    """A complex copy, as wide as the value."""
    return np.array(value, np.result_type(value.dtype, np.complex128), order="C")


def _noise(module: ModuleType, point: Point, direction: Direction, numeric: float) -> float:
    """How far the complex step moves when every parameter moves by a rounding error, and in extended precision.

    A derivative that is 0 by cancellation (of the cosine of an angle in one dimension) is all rounding here as in the
    module, and x − tanh(x) loses digits in a loss whose gradient has them all. The rounding errors are wide enough for
    every sum to be rounded anew (a saturated softmax does not notice one of 2⁻⁵²), which serves machines whose extended
    precision is no wider; a derivative does not change by them in its first thirteen digits.
    """
    rng = np.random.default_rng([point.seed, 3])
    others = [
        {k: v * (1 + NEARBY * rng.uniform(-1.0, 1.0, v.shape)) for k, v in point.params.items()} for _ in range(6)
    ]
    others.append({name: value.astype(np.longdouble) for name, value in point.params.items()})
    return max(abs(ComplexSteps(module, point, params).slope(direction) - numeric) for params in others)
