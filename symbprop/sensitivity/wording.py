"""What is said of a steepness."""

from __future__ import annotations

import math

from sympy import Expr, Float, Symbol, oo

from symbprop.calculus.notation import TEXT
from symbprop.calculus.printer import format_expression
from symbprop.sensitivity.steepness import Steepness

LONGEST = 44  # letters of a closed form that says more than its decimals
PLACE = 6  # significant digits of a place


def exact_text(steep: Steepness) -> str:
    """The supremum in closed form, or as many decimals as are certain, with an ellipsis."""
    if steep.exact is oo:
        return "unbounded"
    if math.isinf(steep.upper):
        return "no bound was found"
    if steep.exact is not None and not steep.exact.has(Float):
        text = format_expression(steep.exact, _no_symbol, TEXT)
        if len(text) <= LONGEST:
            return text
    return certain_digits(steep.lower, steep.upper)


def certain_digits(lower: float, upper: float) -> str:
    """The decimals that all numbers between two have in common.

    >>> certain_digits(1.09983932012, 1.09983932019)
    '1.0998393201…'
    """
    for digits in range(16, 0, -1):
        low, high = (_truncated(value, digits) for value in (lower, upper))
        if low == high:
            return f"{low}…"
    return f"{upper:.1g}"


def _truncated(value: float, digits: int) -> str:
    text = f"{value:.25f}"
    return text[: text.index(".") + 1 + digits]


def where_text(steep: Steepness) -> str:
    """Where the supremum is attained."""
    if steep.ranges:
        covers = steep.ranges == ((-oo, oo),)
        parts = [] if covers else [range_text(low, high) for low, high in steep.ranges]
        return "everywhere" if covers else " and ".join(f"for {part}" for part in parts)
    if not steep.places:
        return "nowhere" if steep.upper == 0 else "not known"
    ends = [each for each in steep.places if each.is_infinite]
    points = [each for each in steep.places if each.is_finite]
    if len(points) > 4:
        points = points[:4]
    found = [f"at {', '.join(map(place_text, points))}"] if points else []
    found += [f"as x → {'±∞' if len(ends) == 2 else place_text(ends[0])}"] if ends else []
    return " and ".join(found)


def saturation_text(steep: Steepness) -> str:
    """Where the slope is 0, with the share of standard normal arguments that lie there, and where it tends to 0."""
    found = []
    if steep.dead:
        share = sum(_normal(high) - _normal(low) for low, high in steep.dead)
        intervals = " and for ".join(range_text(low, high) for low, high in steep.dead)
        found.append(f"f′ = 0 for {intervals} ({share:.1%} of N(0, 1))")
    if steep.vanishing:
        end = "±∞" if len(steep.vanishing) == 2 else place_text(steep.vanishing[0])
        found.append(f"f′ → 0 as x → {end}")
    return ", ".join(found) or "no"


def range_text(low: Expr, high: Expr) -> str:
    """``x > 0``, ``−1 < x < 1``."""
    if low == -oo:
        return "all x" if high == oo else f"x < {place_text(high)}"
    return f"x > {place_text(low)}" if high == oo else f"{place_text(low)} < x < {place_text(high)}"


def place_text(place: Expr) -> str:
    """A number of the line or one of its ends."""
    if place.is_infinite:
        return "∞" if place == oo else "−∞"
    text = f"{float(place):.{PLACE}g}" if place.has(Float) else format_expression(place, _no_symbol, TEXT)
    return text.replace("-", "−")


def _normal(place: Expr) -> float:
    return 0.5 * (1 + math.erf(float(place) / math.sqrt(2)))


def _no_symbol(symbol: Symbol) -> str:
    return str(symbol.name)
