"""The supremum of |g| by branch and bound: what no box of the line can exceed, and what some point attains.

A box whose bound is below the best value found is done with; one on which g is monotone is worth its ends; any other
is bounded by the mean value form g(m) + g′(box)(box − m) too (Moore, Kearfott, Cloud 2009, section 6.3), and cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from symbprop.sensitivity.intervals import Interval, add, intersection, multiply, points
from symbprop.sensitivity.segments import Segment

TOLERANCE = 1e-12  # of the supremum
ROUNDS = 60
PARTS = 8
BOXES = 20000
BEYOND = 2.0**600  # a box from here to infinity is not cut any more
NEAR = 1e-9  # of the supremum: what is this close to it is where it is attained
LAST = 2.0**1000  # the largest argument that is tried
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spot:
    """A part of the line within rounding of the supremum: its ends, the best value found in it, and where."""

    low: float
    high: float
    size: float
    place: float


@dataclass(slots=True)
class Bound:
    """``lower`` ≤ sup |g| ≤ ``upper``, and where it comes close."""

    lower: float = 0.0
    upper: float = 0.0
    spots: list[Spot] = field(default_factory=list)

    def places(self) -> list[float]:
        """Where |g| comes within rounding of its supremum, from left to right; neighbouring parts are one place."""
        found: list[Spot] = []
        for each in sorted(self.spots, key=lambda spot: (spot.low, spot.high)):
            if each.size < self.lower * (1 - NEAR):
                continue
            if found and each.low <= found[-1].high + 1e-6 * (1 + abs(each.low)):
                last = found[-1]
                better = each if (np.isinf(each.place), each.size) > (np.isinf(last.place), last.size) else last
                found[-1] = Spot(last.low, max(last.high, each.high), better.size, better.place)
            else:
                found.append(each)
        return [each.place for each in found]


def bound(segments: Sequence[Segment]) -> Bound:
    """The supremum of |g| over all ``segments`` together."""
    found = Bound()
    with np.errstate(all="ignore"):
        for each in segments:  # a good lower bound first: it saves boxes everywhere
            places = _edges(each)
            places = places[np.isfinite(places)]
            found.lower = max(found.lower, _attained(each, points(places)))
        for each in segments:
            _branch(each, found)
    found.upper = max(found.upper, found.lower)
    return found


def _edges(segment: Segment) -> Array:
    scales = 2.0 ** np.arange(-6, 41)
    inner = scales[(scales > segment.near) & (scales < segment.far)]
    return np.concatenate([[segment.near], inner, [segment.far]])


def _attained(segment: Segment, at: Interval) -> float:
    """The largest |g| that is certain at points."""
    return _largest(segment.value(at), segment.exists(at))


def _largest(value: Interval, exists: NDArray[np.bool_]) -> float:
    return float(np.max(value.mignitude, initial=0.0, where=exists))


def _branch(segment: Segment, found: Bound) -> None:
    edges = _edges(segment)
    box = Interval(edges[:-1], edges[1:])
    for number in range(ROUNDS):
        box = box[segment.exists(box)]
        if not len(box.low):
            return
        endless = np.isinf(box.high)
        middle = np.where(endless, np.minimum(np.maximum(box.low, 2.0) ** 2, LAST), box.middle)
        value, centre = _both(segment, box, points(middle))
        found.lower = max(found.lower, _largest(centre, segment.exists(points(middle))))
        slope = segment.slope(box)
        step = Interval(np.where(endless, -np.inf, box.low - middle), np.where(endless, np.inf, box.high - middle))
        size = intersection(value, add(centre, multiply(slope, step))).magnitude
        monotone = ((slope.low >= 0) | (slope.high <= 0)) & ~endless
        if monotone.any():
            _take_ends(segment, box[monotone], found)
        done = (size <= found.lower * (1 + TOLERANCE)) | monotone | (endless & (box.low > BEYOND))
        done |= number == ROUNDS - 1 or np.count_nonzero(~done) > BOXES
        closed = done & ~monotone
        _close(segment, box[closed], size[closed], found)
        if done.all():
            return
        box = _parts(box[~done], middle[~done])


def _both(segment: Segment, first: Interval, second: Interval) -> tuple[Interval, Interval]:
    """The formula over as many boxes as boxes, in one go."""
    count = len(first.low)
    value = segment.value(Interval(np.concatenate([first.low, second.low]), np.concatenate([first.high, second.high])))
    return value[:count], value[count:]


def _parts(box: Interval, middle: Array) -> Interval:
    """Each box in ``PARTS`` pieces; one without an end in two."""
    endless = np.isinf(box.high)
    low, high = box.low[~endless, None], box.high[~endless, None]
    inner = low + (high - low) * np.arange(1, PARTS) / PARTS
    cuts = np.concatenate([low, inner, high], axis=1)
    first, cut = box.low[endless], middle[endless]
    lows = np.concatenate([cuts[:, :-1].ravel(), first, cut])
    return Interval(lows, np.concatenate([cuts[:, 1:].ravel(), cut, box.high[endless]]))


def _close(segment: Segment, box: Interval, size: Array, found: Bound) -> None:
    """Boxes that are done with; neighbours that come close to the supremum become one spot."""
    found.upper = max(found.upper, float(np.max(size, initial=0.0)))
    hot = box[size >= found.lower * (1 - NEAR)]
    order = np.argsort(hot.low)
    low, high = hot.low[order], hot.high[order]
    gaps = np.flatnonzero(low[1:] > np.maximum.accumulate(high)[:-1] * (1 + 1e-9)) + 1
    ends = [0, *gaps, len(low)] if len(low) else []
    for first, last in pairwise(ends):
        found.spots.append(_spot(segment, Interval(low[first:last], high[first:last])))


def _spot(segment: Segment, box: Interval) -> Spot:
    places = np.unique(np.concatenate([box.low, box.middle, box.high]))
    endless = bool(np.isinf(places[-1]))
    size = segment.value(points(places[np.isfinite(places)])).mignitude
    best = int(np.argmax(size))
    ends = sorted((segment.sign * float(np.min(box.low)), segment.sign * float(np.max(box.high))))
    return Spot(ends[0], ends[1], float(size[best]), segment.sign * (np.inf if endless else float(places[best])))


def _take_ends(segment: Segment, box: Interval, found: Bound) -> None:
    """Boxes on which g is monotone: |g| is largest at an end."""
    near, far = _both(segment, points(box.low), points(box.high))
    found.lower = max(
        found.lower,
        _largest(near, segment.exists(points(box.low))),
        _largest(far, segment.exists(points(box.high))),
    )
    _close(segment, box, np.maximum(near.magnitude, far.magnitude), found)
