"""Points of the whole number line, and how far a function's results are from the truth on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from flint import arb
from numpy.typing import DTypeLike, NDArray

from benchmarks.accuracy.rows import Row
from benchmarks.accuracy.truth import value

Array = NDArray[np.floating]
Results = tuple[Array, Array]  # f and f′


@dataclass(frozen=True, slots=True)
class Worst:
    """The worst error of a sweep in mixed ulps (infinite: not a number, or infinite where the truth is not), and where."""

    ulps: float
    x: float
    y: float


def points(row: Row, count: int, dtype: DTypeLike, seed: int) -> tuple[Array, Array]:
    """Pairs of x and y: zeros, subnormals, huge numbers, every magnitude, most of them where functions bend."""
    kind = np.dtype(dtype)
    info = np.finfo(kind)
    rng = np.random.default_rng(seed)
    anywhere = 2.0 ** rng.uniform(info.minexp - info.nmant, info.maxexp, count)
    tails = rng.uniform(0.9, 1.15, count) * -float(np.log(info.smallest_subnormal.astype(np.longdouble)))
    near = np.abs(rng.normal(0, 4, count))
    size = np.choose(rng.integers(0, 5, count), [anywhere, tails, near, near, rng.uniform(0, 60, count)])
    x = (size * rng.choice([-1, 1], count)).astype(kind)
    special = [0, info.smallest_subnormal, info.tiny, 1, info.max, np.sqrt(info.max), -float(np.log(info.tiny))]
    x[: 2 * len(special)] = np.array([*special, *(-each for each in special)], kind)[:count]
    x = np.abs(x) + info.tiny if row.positive else x
    y = rng.choice(row.targets or (0.0,), count)
    return x.astype(kind), y.astype(kind)


def worst(row: Row, compute: Callable[[Array, Array], Results], x: Array, y: Array) -> tuple[Worst, Worst]:
    """The worst errors of f and of f′."""
    with np.errstate(all="ignore"):
        results = compute(x, y)
    return _worst(row, 0, results[0], x, y), _worst(row, 1, results[1], x, y)


def _worst(row: Row, order: int, got: Array, x: Array, y: Array) -> Worst:
    info = np.finfo(x.dtype)
    found = Worst(0.0, 0.0, 0.0)
    for one, other, ours in zip(x.tolist(), y.tolist(), got.tolist(), strict=True):
        truth = value(row.formula, order, one, other)
        if truth is None or not abs(truth) <= float(info.max):
            continue
        if mixed_ulps(ours, truth, one, None, info) <= found.ulps:
            continue  # the slope only lessens it
        slope = value(row.formula, order + 1, one, other)
        error = mixed_ulps(ours, truth, one, slope, info)
        if error > found.ulps:
            found = Worst(error, one, other)
    return found


def mixed_ulps(ours: float, truth: arb, x: float, slope: arb | None, info: np.finfo) -> float:  # type: ignore[type-arg]
    """|error| / (ulp(f) + |x f′| 2⁻ᵖ), p the digits of the format (53 or 24)."""
    if not np.isfinite(ours):
        return float("inf")
    unit = float(np.spacing(min(abs(info.dtype.type(float(truth))), info.max / 2)))
    moved = arb(0) if slope is None else abs(arb(x) * slope) * arb(2) ** -(info.nmant + 1)
    return float((abs(arb(ours) - truth) / (unit + moved)).upper())
