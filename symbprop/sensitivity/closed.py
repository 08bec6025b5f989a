"""Closed forms of numbers that are known to thirty digits."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from sympy import Expr, Float, Rational, Symbol, exp, log, pi, sqrt

DIGITS = 30
WORKING = 45  # digits, so that thirty are left where fifteen cancel
AGREE = 1e-22  # two numbers that are known to thirty digits and agree so far are one
STEP = 1e-5  # of the first two points of the secant method
LARGEST = 1000  # numerator and denominator of a simple fraction

Inverse = tuple[Callable[[Expr], Expr], Callable[[Expr], Expr]]
PLACES: tuple[Inverse, ...] = ((lambda v: v, lambda q: q), (lambda v: v**2, sqrt), (exp, log))
VALUES: tuple[Inverse, ...] = (*PLACES[:2], (lambda v: v / pi.n(DIGITS), lambda q: q * pi))


def precise(expression: Expr, x: Symbol, place: Expr) -> Expr:
    """The value of ``expression`` at ``place`` to thirty digits; not a number where it has none."""
    return expression.xreplace({x: Float(place, WORKING)}).n(DIGITS)


def refined(slope: Expr, x: Symbol, place: float) -> Expr | None:
    """The zero of ``slope`` near ``place``, by the secant method; ``None`` where it finds none."""
    before, here = Float(place - STEP, WORKING), Float(place + STEP, WORKING)
    low, high = precise(slope, x, before), precise(slope, x, here)
    for _ in range(20):
        if not (low.is_number and high.is_number and high.is_finite) or low == high:
            return None
        before, here, low = here, here - high * (here - before) / (high - low), high
        if abs(here - place) > 0.05 * (1 + abs(place)):
            return None
        if abs(here - before) < AGREE:
            return here
        high = precise(slope, x, here)
        if high == 0:
            return here
    return None


def simple_place(value: Expr) -> Expr | None:
    """``value`` as a rational number, or a root or logarithm of one, if it is."""
    return _simple(value, PLACES)


def simple_value(value: Expr) -> Expr | None:
    """``value`` as a rational number, or a root of one, or one times π, if it is."""
    return _simple(value, VALUES)


def _simple(value: Expr, kinds: tuple[Inverse, ...]) -> Expr | None:
    for there, back in kinds:
        inner = there(abs(value)).n(DIGITS)
        if inner > LARGEST:
            continue
        fraction = Fraction(str(inner)).limit_denominator(LARGEST)
        found = back(Rational(fraction.numerator, fraction.denominator))
        if found.is_finite and abs(found.n(DIGITS) - abs(value)) < AGREE:
            return -found if value < 0 else found
    return None
