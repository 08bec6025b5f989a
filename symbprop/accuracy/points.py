"""Where forms are compared: zeros, subnormals, moderate numbers, huge ones and infinities, alone and together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
POINTS = 700
_SIZES = (0.0, 5e-324, 2.3e-308, 1e-200, 1e-100, 1e-20, 1e-12, 1e-8, 1e-6, 1e-4, 1e-3, 1e-2, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0,
          6.0, 10.0, 20.0, 30.0, 37.0, 50.0, 100.0, 300.0, 700.0, 710.0, 746.0, 800.0, 1e4, 1e6, 1e10, 1e20, 1e100, 1e160,
          1e250, 8e307, 1.7976931348623157e308, np.inf)  # fmt: skip
SPECIAL = np.array([sign * size for size in _SIZES for sign in (1, -1)])


@dataclass(frozen=True, slots=True)
class Domain:
    """Where a read's values lie: an interval, whether none is negative, integers; ``fixed`` for what only scales."""

    interval: tuple[float, float] | None = None
    nonnegative: bool = False
    integer: bool = False
    fixed: bool = False


@cache
def sample(domains: tuple[Domain, ...]) -> tuple[Array, ...]:
    """Values for each read, the same on every machine. The first rows are each read's special values, the others small."""
    rng = np.random.default_rng(20)
    columns = [_column(domain, rng) for domain in domains]
    for position in range(len(domains)):
        special = _special(domains[position])
        rows = slice(position * len(SPECIAL), position * len(SPECIAL) + len(special))
        if rows.stop <= POINTS:
            columns[position][rows] = special
            if len(special):  # at an infinity the others are what they are at the largest number, two rows before
                for other in columns[:position] + columns[position + 1 :]:
                    other[rows][-2:] = other[rows][-4:-2]
    return tuple(columns)


def _column(domain: Domain, rng: np.random.Generator) -> Array:
    if domain.fixed:
        return np.ones(POINTS)
    if domain.integer:
        return rng.integers(0, 5, POINTS).astype(float)
    if domain.interval is not None:
        low, high = domain.interval
        values = rng.uniform(low, high, POINTS)
        values[::3], values[1::3] = low, high
        return values
    values = rng.normal(0, 1, POINTS) * 10.0 ** rng.uniform(-3, 2, POINTS)
    return np.abs(values) if domain.nonnegative else values


def _special(domain: Domain) -> Array:
    if domain.fixed or domain.integer or domain.interval is not None:
        return np.array([])
    return np.abs(SPECIAL) if domain.nonnegative else SPECIAL
