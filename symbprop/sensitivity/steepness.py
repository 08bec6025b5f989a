"""How steep a function of one variable is: the supremum of |f′|, where it is attained, and where f′ vanishes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from sympy import Expr, Float, Integer, S, Symbol, cos, floor, limit, oo, sin, tan

from symbprop.calculus.functions import Floor, derivative
from symbprop.sensitivity.branches import Piece, pieces
from symbprop.sensitivity.closed import DIGITS, precise, refined, simple_place, simple_value
from symbprop.sensitivity.intervals import Interval, points
from symbprop.sensitivity.segments import Segment, Y, half_line
from symbprop.sensitivity.supremum import NEAR, TOLERANCE, Bound, bound

VANISHING = 1e-9  # of a slope, for all arguments beyond ``OUT``
OUT = 2.0**100
UNBOUNDED = 1e15  # of a slope that was found where no bound was
FAR = Float(2, DIGITS) ** 200  # where a limit is read off
NEXT = 2.0**-60  # to a pole
CLOSE = 1e-4  # of a place that branch and bound names, to the end of a piece that it means


@dataclass(frozen=True, slots=True)
class Steepness:
    """``lower`` ≤ sup |f′| ≤ ``upper``, attained at ``places`` and everywhere in ``ranges``.

    ``exact`` is the supremum in closed form, to thirty digits where only its place is known so well, or ``None``. f′ is
    0 in the intervals ``dead`` and tends to 0 at the ends ``vanishing`` of the line.
    """

    lower: float
    upper: float
    exact: Expr | None
    places: tuple[Expr, ...] = ()
    ranges: tuple[tuple[Expr, Expr], ...] = ()
    dead: tuple[tuple[Expr, Expr], ...] = ()
    vanishing: tuple[Expr, ...] = ()

    @property
    def flat_ends(self) -> tuple[Expr, ...]:
        """The ends of the line towards which f′ is 0 or tends to 0."""
        dead = {end for interval in self.dead for end in interval}
        return tuple(end for end in (-oo, oo) if end in dead or end in self.vanishing)


@cache
def steepness(slope: Expr, x: Symbol, low: Expr = -oo, high: Expr = oo) -> Steepness:
    """The steepness of a function whose derivative is ``slope``, for ``low`` < x < ``high``."""
    parts = pieces(_floors_of_numbers(slope), x, low, high)
    steady = [each for each in parts if not each.expression.has(x)]
    moving = [each for each in parts if each.expression.has(x)]
    found = bound([segment for each in moving for segment in _segments(each, x) if segment.forms])
    result = _without_bound(found, moving, x) if np.isinf(found.upper) else _bounded(found, steady, moving, x)
    return replace(
        result,
        dead=tuple((each.low, each.high) for each in steady if each.expression == 0),
        vanishing=tuple(end for end in (-oo, oo) if any(_vanishes(each, x, end) for each in moving)),
    )


def _bounded(found: Bound, steady: Sequence[Piece], moving: Sequence[Piece], x: Symbol) -> Steepness:
    """The larger of what branch and bound found and the largest slope of the pieces where it is constant."""
    level = max((abs(each.expression) for each in steady), default=S.Zero)
    size = float(level.n(DIGITS))
    ranges: tuple[tuple[Expr, Expr], ...] = ()
    places: tuple[Expr, ...] = ()
    exact: Expr | None = None
    if found.lower > size * (1 - TOLERANCE):
        places, exact = _places(found, moving, x)
    if size >= found.lower * (1 - TOLERANCE):
        ranges = tuple((each.low, each.high) for each in steady if abs(each.expression) == level)
        exact = level
    lower, upper = max(found.lower, size), max(found.upper, size)
    if exact is not None and not exact.has(Float):  # rounded up, so that nothing exceeds it
        value = float(exact.n(DIGITS))
        upper = value if Float(value, DIGITS) >= exact.n(DIGITS) else float(np.nextafter(value, np.inf))
    return Steepness(min(lower, upper), upper, exact, places, ranges)


def _floors_of_numbers(expression: Expr) -> Expr:
    """Our floor stays as it is written; of a number it is an integer."""
    return expression.replace(
        lambda node: isinstance(node, Floor) and node.args[0].is_number, lambda node: floor(node.args[0])
    )


def _segments(piece: Piece, x: Symbol) -> Iterator[Segment]:
    low, high = float(piece.low.n(DIGITS)), float(piece.high.n(DIGITS))
    if high > 0:
        yield half_line(piece.expression, x, 1, max(low, 0.0), high)
    if low < 0:
        yield half_line(piece.expression, x, -1, abs(min(high, 0.0)), -low)


def _without_bound(found: Bound, moving: Sequence[Piece], x: Symbol) -> Steepness:
    """Where branch and bound finds none: unbounded, if a large slope was found or a limit is infinite."""
    ends = [(each, end) for each in moving for end in (each.low, each.high) if end.is_infinite]
    steep = tuple(end for each, end in ends if _far_out(each, x, end).mignitude[0] > UNBOUNDED)
    steep = steep or tuple(dict.fromkeys(end for each in moving for end in _poles(each, x)))
    if steep or found.lower > UNBOUNDED:
        return Steepness(np.inf, np.inf, oo, steep or tuple(_rounded(place) for place in found.places()))
    still = [(each, end) for each, end in ends if not each.expression.has(sin, cos, tan)]
    steep = tuple(end for each, end in still if limit(each.expression, x, end).is_infinite)
    return Steepness(np.inf, np.inf, oo, steep) if steep else Steepness(found.lower, np.inf, None)


def _rounded(place: float) -> Expr:
    """A place that is known roughly."""
    if np.isinf(place):
        return oo if place > 0 else -oo
    return Integer(round(place)) if abs(place - round(place)) < CLOSE else Float(place)


def _poles(piece: Piece, x: Symbol) -> Iterator[Expr]:
    """The ends of a piece, and 0, near which the slope is larger than any bound."""
    for sign in (1, -1):
        for end in dict.fromkeys((piece.low, piece.high, S.Zero)):
            if end.is_finite and piece.low <= end <= piece.high:
                place = float(end.n(DIGITS)) * sign
                near = np.array([place + step for step in (NEXT, -NEXT) if place + step > 0])
                segment = half_line(piece.expression, x, sign)
                if segment.forms and len(near):
                    known = segment.exists(points(near))
                    if np.any(segment.value(points(near)).mignitude[known] > UNBOUNDED):
                        yield end


def _vanishes(piece: Piece, x: Symbol, end: Expr) -> bool:
    if end not in (piece.low, piece.high):
        return False
    return bool(_far_out(piece, x, end).magnitude[0] < VANISHING)


def _far_out(piece: Piece, x: Symbol, end: Expr) -> Interval:
    """What the slope can be beyond ``OUT``."""
    segment = half_line(piece.expression, x, 1 if end == oo else -1, OUT)
    everything = Interval(np.array([-np.inf]), np.array([np.inf]))
    beyond = Interval(np.array([OUT]), np.array([np.inf]))
    return segment.value(beyond) if segment.forms and segment.exists(beyond).all() else everything


def _places(found: Bound, moving: Sequence[Piece], x: Symbol) -> tuple[tuple[Expr, ...], Expr | None]:
    """The places of the supremum, and its value at the first of them."""
    named = [each for each in found.places() if np.isfinite(each) or _is_limit(each, found, moving, x)]
    known = [_place(each, found, moving, x) for each in named or found.places()]
    values = [value for _, value in known if value is not None]
    closed = [value for value in values if not value.has(Float)]
    return tuple(place for place, _ in known), next(iter(closed or values), None)


def _is_limit(end: float, found: Bound, moving: Sequence[Piece], x: Symbol) -> bool:
    """Whether |f′| stays at its supremum towards an end of the line, instead of returning to it again and again."""
    piece, end_of_line = (moving[-1], oo) if end > 0 else (moving[0], -oo)
    return bool(_far_out(piece, x, end_of_line).mignitude[0] >= found.lower * (1 - NEAR))


def _place(place: float, found: Bound, moving: Sequence[Piece], x: Symbol) -> tuple[Expr, Expr | None]:
    """A place and |f′| there, both in closed form where they have one that is recognised."""
    if np.isinf(place):
        sign = 1 if place > 0 else -1
        piece = moving[-1] if sign > 0 else moving[0]
        return sign * oo, simple_value(abs(precise(half_line(piece.expression, x, sign).forms[-1], Y, FAR)))
    reach = CLOSE * (1 + abs(place))
    piece = next(each for each in moving if each.low - reach <= place <= each.high + reach)
    zero = refined(derivative(piece.expression, x), x, place)
    candidates = [end for each in moving for end in (each.low, each.high) if end.is_finite and abs(end - place) < reach]
    if zero is not None and abs(zero - place) < max(reach, 0.02):
        simple = simple_place(zero)
        candidates.insert(0, zero if simple is None else simple)
    for each in candidates:
        value = abs(_floors_of_numbers(piece.expression.subs(x, each)))
        if found.lower * (1 - TOLERANCE) <= float(value.n(DIGITS)) <= found.upper * (1 + TOLERANCE):
            return each, value if not value.has(Float) else value.n(DIGITS)
    return _rounded(place), None
