"""A probe: the derivative along one direction, as the module says and as its loss says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

Direction = Mapping[str, np.ndarray]
ALIKE = 100.0


class Outcome(Enum):
    """What a probe found."""

    RIGHT = "right"
    WRONG = "wrong"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Probe:
    """One comparison. ``scale`` is Σ|g·u|, what the error is measured against."""

    names: tuple[str, ...]
    method: str
    analytic: float
    numeric: float
    scale: float
    tolerance: float
    outcome: Outcome
    relative_tolerance: float = 0.0

    @property
    def relative(self) -> float:
        """The error relative to Σ|g·u|; 0 where both vanish."""
        difference = abs(self.analytic - self.numeric)
        return 0.0 if difference == 0 else difference / self.scale if self.scale > 0 else float("inf")

    @property
    def vanishes(self) -> bool:
        """Whether both numbers are 0 up to the tolerance."""
        return abs(self.analytic) <= self.tolerance and abs(self.numeric) <= self.tolerance

    @property
    def rounding(self) -> float:
        """The part of the tolerance that was measured as rounding, relative to Σ|g·u|."""
        return max(self.tolerance / self.scale - self.relative_tolerance, 0.0) if self.scale > 0 else 0.0

    def describe(self) -> str:
        return f"{self.method}: the module says {self.analytic:.12g}, its loss says {self.numeric:.12g}"


Prober = Callable[[Sequence[Direction]], list[Probe]]


def along(gradient: Mapping[str, np.ndarray], direction: Direction) -> tuple[float, float]:
    """g·u and Σ|g·u|."""
    products = [np.asarray(gradient[name]) * u for name, u in direction.items()]
    return float(sum(np.sum(p) for p in products)), float(sum(np.sum(np.abs(p)) for p in products))


def floor_along(floor: Mapping[str, np.ndarray], direction: Direction) -> float:
    """The rounding floor of g·u: that of its entries, summed."""
    return float(sum(np.sum(floor[name] * np.abs(u)) for name, u in direction.items()))


def directions(gradient: Mapping[str, np.ndarray], rng: np.random.Generator, few: int) -> list[Direction]:
    """One ±1 direction for each tensor; with many tensors, one for each group of similar gradient size.

    Within a group no gradient is more than ``ALIKE`` times another, so that no tensor hides behind a larger one; and the
    work stays bounded, for there are only so many powers of ten.
    """
    signs = {name: rng.choice([-1.0, 1.0], np.shape(value)) for name, value in gradient.items()}
    if len(gradient) <= few:
        return [{name: sign} for name, sign in signs.items()]
    sums = {name: float(np.sum(np.abs(value))) for name, value in gradient.items()}
    most = -(-len(sums) // few)
    groups: list[list[str]] = []
    for name in sorted(sums, key=lambda name: (sums[name], name)):
        if groups and len(groups[-1]) < most and sums[name] <= ALIKE * sums[groups[-1][0]]:
            groups[-1].append(name)
        else:
            groups.append([name])
    return [{name: signs[name] for name in group} for group in groups]


def singled_out(probes: Sequence[Probe], directions: Sequence[Direction], again: Prober) -> list[Probe]:
    """``probes``, where one of a group that is wrong gives way to one for each of its tensors: who is to blame?

    If alone none of them is wrong, the group's own probe stands.
    """
    found: list[Probe] = []
    for probe, direction in zip(probes, directions, strict=True):
        alone: list[Probe] = []
        if probe.outcome is Outcome.WRONG and len(direction) > 1:
            alone = again([{name: u} for name, u in direction.items()])
        found += alone if any(each.outcome is Outcome.WRONG for each in alone) else [probe]
    return found


def single_entries(
    params: Mapping[str, np.ndarray], gradient: Mapping[str, np.ndarray], rng: np.random.Generator, count: int
) -> list[Direction]:
    """Unit directions: the first, the last, the largest, the smallest and a vanishing entry of each gradient, and others."""
    found: list[Direction] = []
    for name, value in gradient.items():
        flat = np.abs(np.ravel(value))
        if flat.size < 2 or not count:
            continue
        nonzero = np.flatnonzero(flat)
        chosen = [0, flat.size - 1, int(np.argmax(flat))]
        if nonzero.size:
            chosen.append(int(nonzero[np.argmin(flat[nonzero])]))
        zeros = np.flatnonzero(flat == 0)
        if zeros.size:
            chosen.append(int(zeros[0]))
        chosen.extend(int(i) for i in rng.integers(0, flat.size, max(count - len(chosen), 0)))
        for position in dict.fromkeys(chosen):
            unit = np.zeros(flat.size)
            unit[position] = 1.0
            found.append({name: unit.reshape(np.shape(params[name]))})
    return found
