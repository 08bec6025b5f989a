"""A probe: the derivative along one direction, as the module says and as its loss says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

import numpy as np

ALIKE = 100.0
SMALL = 1e-2  # of a tensor's typical entry: a smaller one is not made as large as the others of its probe


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a tensor, by its place in the flattened tensor, times ``weight``."""

    position: int
    weight: float = 1.0


Part = TypeVar("Part", np.ndarray, Entry)
Direction = (
    Mapping[str, np.ndarray] | Mapping[str, Entry]
)  # of each tensor that is moved, all entries (a ±1 each) or one


class Outcome(Enum):
    """What a probe found."""

    RIGHT = "right"
    WRONG = "wrong"
    INCONCLUSIVE = "inconclusive"
    ROUNDED = "right, but for rounding"


@dataclass(frozen=True, slots=True)
class Probe:
    """One comparison. ``scale`` is Σ|g·u|, what the error is measured against.

    ``repeated`` is what higher precision says where this failed, ``nothing`` whether the derivative is 0 there.
    """

    names: tuple[str, ...]
    method: str
    analytic: float
    numeric: float
    scale: float
    tolerance: float
    outcome: Outcome
    relative_tolerance: float = 0.0
    repeated: str = ""
    nothing: bool = False

    @property
    def relative(self) -> float:
        """The error relative to Σ|g·u|; 0 where both vanish."""
        difference = abs(self.analytic - self.numeric)
        return 0.0 if difference == 0 else difference / self.scale if self.scale > 0 else float("inf")

    @property
    def vanishes(self) -> bool:
        """Whether both numbers are 0 up to the tolerance."""
        if self.outcome is Outcome.ROUNDED:
            return self.nothing
        return abs(self.analytic) <= self.tolerance and abs(self.numeric) <= self.tolerance

    @property
    def rounding(self) -> float:
        """The part of the tolerance that was measured as rounding, relative to Σ|g·u|."""
        return max(self.tolerance / self.scale - self.relative_tolerance, 0.0) if self.scale > 0 else 0.0

    def describe(self) -> str:
        more = f"; {self.repeated}" if self.repeated else ""
        return f"{self.method}: the module says {self.analytic:.12g}, its loss says {self.numeric:.12g}{more}"


def along(gradient: Mapping[str, np.ndarray], direction: Direction) -> tuple[float, float]:
    """g·u and Σ|g·u|."""
    products = [_times(gradient[name], u) for name, u in direction.items()]
    return float(sum(np.sum(p) for p in products)), float(sum(np.sum(np.abs(p)) for p in products))


def _times(value: np.ndarray, u: np.ndarray | Entry) -> np.ndarray:
    """The products that a direction takes of a tensor; of one entry, that alone."""
    if isinstance(u, Entry):
        return np.asarray(u.weight * np.reshape(value, -1)[u.position])
    return np.asarray(np.asarray(value) * u)


def floor_along(floor: Mapping[str, np.ndarray], direction: Direction) -> float:
    """The rounding floor of g·u: that of its entries, summed."""
    return float(sum(np.sum(np.abs(_times(floor[name], u))) for name, u in direction.items()))


def signs(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """±1 for each entry, by chance."""
    found = np.asarray(rng.integers(0, 2, shape, np.int8), np.float64)
    found *= 2.0
    found -= 1.0
    return found


def directions(gradient: Mapping[str, np.ndarray], rng: np.random.Generator, few: int) -> list[dict[str, np.ndarray]]:
    """One ±1 direction for each tensor; with many tensors, one for each group of similar gradient size.

    Within a group no gradient is more than ``ALIKE`` times another, so that no tensor hides behind a larger one; and the
    work stays bounded, for there are only so many powers of ten.
    """
    chosen = {name: signs(rng, np.shape(value)) for name, value in gradient.items()}
    if len(gradient) <= few:
        return [{name: sign} for name, sign in chosen.items()]
    sums = {name: float(np.sum(np.abs(value))) for name, value in gradient.items()}
    most = -(-len(sums) // few)
    groups: list[list[str]] = []
    for name in sorted(sums, key=lambda name: (sums[name], name)):
        if groups and len(groups[-1]) < most and sums[name] <= ALIKE * sums[groups[-1][0]]:
            groups[-1].append(name)
        else:
            groups.append([name])
    return [{name: chosen[name] for name in group} for group in groups]


def singled_out(
    probes: Sequence[Probe],
    directions: Sequence[Mapping[str, Part]],
    again: Callable[[list[dict[str, Part]]], list[Probe]],
) -> list[Probe]:
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


def single_entries(gradient: Mapping[str, np.ndarray], rng: np.random.Generator, count: int) -> list[dict[str, Entry]]:
    """Of each gradient the first, the last, the largest, the smallest and a vanishing entry, and others: ``count`` in all."""
    return [{name: Entry(each)} for name, value in gradient.items() for each in _chosen(value, rng, count)]


def shared_entries(gradient: Mapping[str, np.ndarray], rng: np.random.Generator, count: int) -> list[dict[str, Entry]]:
    """The same entries with many tensors: one of each tensor together, so that there are ``count`` directions.

    Each is weighted by what makes its product with the gradient as large as the others', so that none hides behind a
    larger one: the entries of a thousand tensors are then held to a thousand times the tolerance, and their signs are
    random. What is far smaller than its tensor's typical entry is left smaller, for it would bring its rounding along.
    No weight is above 1.
    """
    sizes = {name: np.abs(np.ravel(value)) for name, value in gradient.items()}
    typical = {name: float(np.mean(value)) if value.size else 0.0 for name, value in sizes.items()}
    largest = max(typical.values(), default=0.0) or 1.0
    found: list[dict[str, tuple[int, float]]] = [{} for _ in range(count)]
    for name, value in gradient.items():
        for together, position in zip(found, _chosen(value, rng, count), strict=False):
            size = max(float(sizes[name][position]), SMALL * typical[name]) or largest
            together[name] = position, size
    return [_balanced(each, rng) for each in found if each]


def _balanced(sizes: Mapping[str, tuple[int, float]], rng: np.random.Generator) -> dict[str, Entry]:
    """Entries weighted by the inverse of their sizes, the smallest by 1, with signs by chance."""
    least = min(size for _, size in sizes.values())
    return {name: Entry(place, float(signs(rng, ())) * least / size) for name, (place, size) in sizes.items()}


def _chosen(value: np.ndarray, rng: np.random.Generator, count: int) -> list[int]:
    """The places of ``count`` entries of a gradient, the telling ones first."""
    flat = np.abs(np.ravel(value))
    if flat.size < 2 or not count:
        return []
    chosen = [0, flat.size - 1, int(np.argmax(flat))]
    nonzero = np.flatnonzero(flat)
    if nonzero.size:
        chosen.append(int(nonzero[np.argmin(flat[nonzero])]))
    if nonzero.size < flat.size:
        chosen.append(int(np.argmin(flat)))
    others = range(flat.size) if flat.size <= count else rng.integers(0, flat.size, 4 * count)
    return list(dict.fromkeys([*chosen, *(int(i) for i in others)]))[:count]
