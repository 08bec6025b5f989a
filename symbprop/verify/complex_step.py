"""The complex step: Im f(θ + i·h·u)/h, exact to rounding, for any h small enough (Squire & Trapp 1998)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType

import numpy as np

from symbprop.verify.probe import Direction, Outcome, Probe, along, floor_along
from symbprop.verify.sampling import Point

STEP = 1e-30
TOLERANCE = 1e-11
UNDERFLOW = 1e-270  # a derivative below it, times the step, is lost among the subnormal numbers


def complex_step_probes(
    module: ModuleType,
    point: Point,
    gradient: Mapping[str, np.ndarray],
    floor: Mapping[str, np.ndarray],
    directions: Sequence[Direction],
) -> list[Probe]:
    """One probe for each direction: one evaluation of the loss in complex arithmetic."""
    found = []
    for direction in directions:
        params: dict[str, np.ndarray] = dict(point.params)
        for name, u in direction.items():
            params[name] = params[name] + 1j * STEP * u
        with np.errstate(all="ignore"):
            numeric = float(np.imag(module.loss(params, *point.data))) / STEP
        analytic, scale = along(gradient, direction)
        tolerance = TOLERANCE * scale + floor_along(floor, direction) + UNDERFLOW
        right = abs(analytic - numeric) <= tolerance
        outcome = Outcome.RIGHT if right else Outcome.WRONG if np.isfinite(numeric) else Outcome.INCONCLUSIVE
        found.append(Probe(tuple(direction), "complex step", analytic, numeric, scale, tolerance, outcome, TOLERANCE))
    return found
