"""Central differences with Ridders' extrapolation (Ridders 1982), which need no complex arithmetic of the module."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType

import numpy as np

from symbprop.verify.calls import loss_at
from symbprop.verify.floor import Floor
from symbprop.verify.point import Point
from symbprop.verify.probe import Outcome, Probe, along

SHRINK = 2.0
ROWS = 8
RETRIES = 4
CONCLUSIVE = 1e-5  # an estimate less certain than this, relative to Σ|g·u|, says nothing
SLACK = 10.0  # errors of the estimate that a difference may have before it is wrong
AGREES = 1e-6  # relative to Σ|g·u|: what differences can be trusted to where their own estimate is luckier
ENOUGH = AGREES / SLACK / 10  # relative to Σ|g·u|: a more certain estimate would change no verdict
ROUNDING = 8 * 2.0**-52


def difference_probes(
    module: ModuleType,
    point: Point,
    gradient: Mapping[str, np.ndarray],
    floor: Floor,
    directions: Sequence[Mapping[str, np.ndarray]],
) -> list[Probe]:
    """One probe for each direction. One that crosses a kink at every step size is inconclusive, never right."""
    found = []
    for direction in directions:
        analytic, scale = along(gradient, direction)
        size = _size(point.params, direction)
        numeric, error = derivative(_along_line(module, point, direction), 0.05 * size, ENOUGH * scale)
        base = floor.least(direction)
        if error > CONCLUSIVE * scale + base or abs(analytic - numeric) > SLACK * error + AGREES * scale + base:
            base += floor.measured(direction)
        tolerance = SLACK * error + AGREES * scale + base
        if not np.isfinite(numeric) or error > CONCLUSIVE * scale + base:
            outcome = Outcome.INCONCLUSIVE
        else:
            outcome = Outcome.RIGHT if abs(analytic - numeric) <= tolerance else Outcome.WRONG
        found.append(Probe(tuple(direction), "differences", analytic, numeric, scale, tolerance, outcome))
    return found


def _along_line(module: ModuleType, point: Point, direction: Mapping[str, np.ndarray]) -> Callable[[float], float]:
    """The loss at ``params + t u``, a function of t. What moves has one place in memory, however often it is called."""
    moving = {name: np.empty_like(point.params[name]) for name in direction}
    params = {**point.params, **moving}

    def moved(t: float) -> float:
        for name, u in direction.items():
            np.multiply(u, t, out=moving[name])
            moving[name] += point.params[name]
        with np.errstate(all="ignore"):
            return float(loss_at(module, point, params))

    return moved


def _size(params: Mapping[str, np.ndarray], direction: Mapping[str, np.ndarray]) -> float:
    """A length on which the loss may be expected to be smooth."""
    typical = [float(np.sqrt(np.mean(np.square(params[name])))) for name in direction if params[name].size]
    return max(min(typical, default=1.0), 1e-3)


def derivative(function: Callable[[float], float], step: float, enough: float = 0.0) -> tuple[float, float]:
    """f′(0) and an estimate of its error, from extrapolations that start from several step sizes.

    A kink inside one of them can make its own estimate look certain; so the best one must be borne out by another, and
    the distance between the two is part of the error. When that is ``enough``, no further one is begun. Their step sizes
    are powers of two of each other, so what one has evaluated the next need not.
    """
    seen = functools.cache(function)
    if _has_kink(seen, step / 16, step / 256):
        return float("nan"), float("inf")
    found: list[tuple[float, float]] = []
    value, error = float("nan"), float("inf")
    for retry in range(RETRIES):
        found.append(_ridders(seen, step / 16**retry, enough))
        value, error = _borne_out(found)
        if error <= enough:
            break
    return value, error


def _borne_out(found: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The most certain of some estimates; its error is no smaller than the distance to the nearest other."""
    finite = sorted((each for each in found if np.isfinite(each[0])), key=lambda each: each[1])
    if len(finite) < 2:
        return float("nan"), float("inf")
    value, error = finite[0]
    return value, max(error, min(abs(value - other) for other, _ in finite[1:]))


def _has_kink(function: Callable[[float], float], wide: float, narrow: float) -> bool:
    """Whether the slopes on the two sides of 0 stay apart as the step shrinks: a kink at 0 itself."""
    middle = function(0.0)

    def apart(step: float) -> float:
        return abs(function(step) - 2 * middle + function(-step)) / step

    rounding = ROUNDING * abs(middle) / narrow
    return apart(narrow) > max(apart(wide) / 2, 100 * rounding)


def _ridders(function: Callable[[float], float], step: float, enough: float) -> tuple[float, float]:
    """The extrapolation from one first step, and its error, which is no smaller than the kink inside its last step.

    Ahead and behind of a kink the slopes differ by (f(h) − 2 f(0) + f(−h)) / h, however small h is; of a smooth function
    that vanishes with h, and all but h³ of it from one row to the next. Without this a kink closer than every step
    would make the mean of the two slopes look certain.
    """
    previous: list[float] = []
    best, error, bend, kink = float("nan"), float("inf"), float("nan"), 0.0
    here = function(0.0)
    for _ in range(ROWS):
        ahead, behind = function(step), function(-step)
        bend, older_bend = (ahead - 2 * here + behind) / step, bend
        kink = abs(2 * bend - older_bend) if previous else 0.0
        row = [(ahead - behind) / (2 * step)]
        rounding = ROUNDING * max(abs(ahead), abs(behind)) / step
        factor = SHRINK * SHRINK
        for older in previous:
            row.append(row[-1] + (row[-1] - older) / (factor - 1))
            factor *= SHRINK * SHRINK
            estimate = max(abs(row[-1] - row[-2]), abs(row[-1] - older), rounding)
            if estimate <= error:
                best, error = row[-1], estimate
        if previous and (abs(row[-1] - previous[-1]) >= 2 * error or max(error, kink) <= enough):
            break
        previous = row
        step /= SHRINK
    return best, max(error, kink)
