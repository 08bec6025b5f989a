"""One variable's half-lines: a formula and its slope there, in several equal forms, each enclosed as well as any of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, I, Symbol

from symbprop.calculus.functions import Detach, Held, derivative
from symbprop.sensitivity.enclosure import enclose
from symbprop.sensitivity.intervals import Interval, points
from symbprop.sensitivity.regularity import cannot_jump, is_real
from symbprop.sensitivity.tails import settle

Y = Symbol("y", positive=True)
Array = NDArray[np.float64]
NEAR = 2.0


@dataclass(frozen=True, slots=True)
class Segment:
    """A formula of x = ``sign`` · y for y between ``near`` and ``far``, which may be infinite."""

    sign: int
    near: float
    far: float
    forms: tuple[Expr, ...]

    def value(self, box: Interval) -> Interval:
        """What the formula can be in each box of y."""
        return _enclosed(self.forms, box)

    def slope(self, box: Interval) -> Interval:
        """What its derivative with respect to y can be; everything where the formula may jump."""
        found = _enclosed(slopes(self.forms), box)
        known = cannot_jump(self.forms[0], Y, box)
        return Interval(np.where(known, found.low, -np.inf), np.where(known, found.high, np.inf))

    def exists(self, box: Interval) -> NDArray[np.bool_]:
        """False for boxes in which the formula is real nowhere."""
        return is_real(self.forms[0], Y, box)


def half_line(expression: Expr, x: Symbol, sign: int, near: float = 0.0, far: float = np.inf) -> Segment:
    """``expression`` on a part of a half-line; without forms where it is not real."""
    return Segment(sign, near, far, _forms(expression, x, sign))


@cache
def _forms(expression: Expr, x: Symbol, sign: int) -> tuple[Expr, ...]:
    plain = expression.xreplace({x: sign * Y}).replace(
        lambda node: isinstance(node, (Detach, Held)), lambda node: node.args[0]
    )
    forms = dict.fromkeys((plain, settle(plain, Y)))
    return () if plain.has(I) else tuple(each for each in forms if not each.has(I))


@cache
def slopes(forms: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """The derivatives of equal forms, and their own forms for large arguments."""
    return tuple(dict.fromkeys((derivative(forms[0], Y), settle(derivative(forms[-1], Y), Y))))


def _enclosed(forms: Sequence[Expr], box: Interval) -> Interval:
    """By the plain form near 0 and the other one far out, and by both where that gives no bound."""
    near = box.high <= NEAR
    low, high = np.full(len(near), -np.inf), np.full(len(near), np.inf)
    for form, rows in ((forms[0], near), (forms[-1], ~near), (forms[-1], near), (forms[0], ~near)):
        wanted = rows & (np.isinf(low) | np.isinf(high))
        if wanted.any():
            found = enclose(form, Y, box[wanted])
            low[wanted] = np.maximum(low[wanted], found.low)
            high[wanted] = np.minimum(high[wanted], found.high)
    return Interval(low, high)


def evaluate(expression: Expr, x: Symbol, places: Array) -> Array:
    """The values of a formula, without overflow on the way; not a number where there is none."""
    values = np.full(len(places), np.nan)
    for sign in (1, -1):
        here = places >= 0 if sign > 0 else places < 0
        if here.any():
            segment = half_line(expression, x, sign)
            if segment.forms:
                at = points(np.abs(places[here]))
                with np.errstate(all="ignore"):
                    values[here] = np.where(segment.exists(at), segment.value(at).middle, np.nan)
    return values
