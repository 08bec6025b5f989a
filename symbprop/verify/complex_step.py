"""The complex step: Im f(θ + i·h·u)/h, exact to rounding, for any h small enough (Squire & Trapp 1998)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType

import numpy as np

from symbprop.verify.calls import loss_at
from symbprop.verify.point import Point
from symbprop.verify.probe import Direction, Outcome, Probe, along, floor_along

STEP = 1e-30
TOLERANCE = 1e-11
NEARBY = 2.0**-46
UNDERFLOW = 1e-270  # a derivative below it, times the step, is lost among the subnormal numbers


def complex_step_probes(
    module: ModuleType,
    point: Point,
    gradient: Mapping[str, np.ndarray],
    floor: Mapping[str, np.ndarray],
    directions: Sequence[Direction],
) -> list[Probe]:
    """One probe for each direction: one evaluation of the loss in complex arithmetic, some more where that disagrees."""
    found = []
    for direction in directions:
        numeric = _slope(module, point.params, point, direction)
        analytic, scale = along(gradient, direction)
        tolerance = TOLERANCE * scale + floor_along(floor, direction) + UNDERFLOW
        if np.isfinite(numeric) and abs(analytic - numeric) > tolerance:
            tolerance += 4 * _noise(module, point, direction, numeric)
        right = abs(analytic - numeric) <= tolerance
        outcome = Outcome.RIGHT if right else Outcome.WRONG if np.isfinite(numeric) else Outcome.INCONCLUSIVE
        found.append(Probe(tuple(direction), "complex step", analytic, numeric, scale, tolerance, outcome, TOLERANCE))
    return found


def _slope(module: ModuleType, params: Mapping[str, np.ndarray], point: Point, direction: Direction) -> float:
    stepped = {
        name: value + 1j * STEP * direction[name] if name in direction else value for name, value in params.items()
    }
    with np.errstate(all="ignore"):
        return float(np.imag(loss_at(module, point, stepped))) / STEP


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
    return max(abs(_slope(module, params, point, direction) - numeric) for params in others)
