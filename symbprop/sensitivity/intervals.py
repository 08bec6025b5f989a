"""Interval arithmetic on arrays, rounded outwards: every operation contains all results that it can have.

IEEE 754 rounds sums, products, quotients and roots correctly, so one unit in the last place is enough for them; the
functions of NumPy and the C library are given eight, twice their documented worst case. Ends may be infinite; an end that
is not a number becomes infinite. An infinite end is never attained, so 0 · ∞ is 0 at an end (Moore, Kearfott, Cloud 2009,
section 2.2).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
FUNCTION_ULPS = 8.0


@dataclass(frozen=True, slots=True)
class Interval:
    """The intervals ``[low, high]``, element by element."""

    low: Array
    high: Array

    @property
    def magnitude(self) -> Array:
        """The largest absolute value."""
        return np.asarray(np.maximum(np.abs(self.low), np.abs(self.high)))

    @property
    def mignitude(self) -> Array:
        """The smallest absolute value."""
        across = (self.low <= 0) & (self.high >= 0)
        return np.asarray(np.where(across, 0.0, np.minimum(np.abs(self.low), np.abs(self.high))))

    @property
    def middle(self) -> Array:
        """The middle of finite intervals."""
        return np.asarray(self.low / 2 + self.high / 2)

    def __getitem__(self, rows: NDArray[np.bool_] | slice) -> Interval:
        return Interval(self.low[rows], self.high[rows])


def points(values: Array) -> Interval:
    """Intervals that are single numbers."""
    return Interval(values, values)


def constant(value: float, exact: bool) -> Interval:
    """One number for all boxes, widened if it is not exact."""
    full = np.array([value])
    return points(full) if exact else _outward(full, full)


def intersection(first: Interval, second: Interval) -> Interval:
    """What lies in both; both contain the truth, so that it is never empty but for rounding."""
    return Interval(np.maximum(first.low, second.low), np.minimum(first.high, second.high))


def hull(first: Interval, second: Interval) -> Interval:
    """What lies in either, and between them."""
    return Interval(np.minimum(first.low, second.low), np.maximum(first.high, second.high))


def _outward(low: Array, high: Array, ulps: float = 0.5) -> Interval:
    """Ends moved apart by half a unit in the last place, rounded up to a whole one, or by more."""
    if np.isnan(low).any() or np.isnan(high).any():
        low, high = np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)
    if ulps > 1:
        low, high = _moved(low, -ulps), _moved(high, ulps)
    return Interval(np.nextafter(low, -np.inf), np.nextafter(high, np.inf))


def _moved(ends: Array, ulps: float) -> Array:
    return np.where(np.isfinite(ends), ends + ulps * 2.0**-52 * np.abs(ends), ends)


def _signed(result: Interval, nonnegative: NDArray[np.bool_], nonpositive: NDArray[np.bool_]) -> Interval:
    """A result whose sign is known does not lose it to rounding."""
    low = np.where(nonnegative & (result.low < 0), 0.0, result.low)
    return Interval(low, np.where(nonpositive & (result.high > 0), 0.0, result.high))


def add(a: Interval, b: Interval) -> Interval:
    """The sum."""
    result = _outward(a.low + b.low, a.high + b.high)
    return _signed(result, (a.low >= 0) & (b.low >= 0), (a.high <= 0) & (b.high <= 0))


def negate(a: Interval) -> Interval:
    """The same with the other sign."""
    return Interval(-a.high, -a.low)


def multiply(a: Interval, b: Interval) -> Interval:
    """The product."""
    positive_a, positive_b = a.low >= 0, b.low >= 0
    if positive_a.all() and positive_b.all():
        result = _outward(_product(a.low, b.low), _product(a.high, b.high))
        return Interval(np.maximum(result.low, 0.0), result.high)
    ends = [_product(one, other) for one in (a.low, a.high) for other in (b.low, b.high)]
    result = _outward(np.minimum.reduce(ends), np.maximum.reduce(ends))
    negative_a, negative_b = a.high <= 0, b.high <= 0
    same = (positive_a & positive_b) | (negative_a & negative_b)
    return _signed(result, same, (positive_a & negative_b) | (negative_a & positive_b))


def _product(one: Array, other: Array) -> Array:
    """A product of ends; 0 · ∞ is 0."""
    product = one * other
    return np.where(np.isnan(product), 0.0, product) if np.isnan(product).any() else product


def reciprocal(a: Interval) -> Interval:
    """1/a; everything where 0 is inside."""
    low = np.where(a.high == 0, -np.inf, 1 / a.high)
    high = np.where(a.low == 0, np.inf, 1 / a.low)
    across = (a.low < 0) & (a.high > 0) | (a.low == 0) & (a.high == 0)
    result = _outward(np.where(across, -np.inf, low), np.where(across, np.inf, high))
    return _signed(result, (a.low >= 0) & ~across, (a.high <= 0) & ~across)


def integer_power(a: Interval, exponent: int) -> Interval:
    """The power to a positive integer."""
    ulps = FUNCTION_ULPS + exponent
    if exponent % 2:
        return _signed(_outward(a.low**exponent, a.high**exponent, ulps), a.low >= 0, a.high <= 0)
    result = _outward(a.mignitude**exponent, a.magnitude**exponent, ulps)
    return Interval(np.maximum(result.low, 0.0), result.high)


def real_power(a: Interval, exponent: float) -> Interval:
    """The power of what is not negative to a positive real number."""
    low, high = np.maximum(a.low, 0.0), np.maximum(a.high, 0.0)
    power = np.sqrt if exponent == 0.5 else lambda base: np.power(base, exponent)
    result = _outward(power(low), power(high), FUNCTION_ULPS)
    return Interval(np.maximum(result.low, 0.0), result.high)


Monotone = Callable[[Array], Array]
Extension = Callable[[Interval], Interval]


def increasing(function: Monotone, least: float = -np.inf, greatest: float = np.inf) -> Extension:
    """An increasing function with values between ``least`` and ``greatest``, as a function of intervals."""

    def apply(a: Interval) -> Interval:
        result = _outward(function(a.low), function(a.high), FUNCTION_ULPS)
        result = Interval(np.maximum(result.low, least), np.minimum(result.high, greatest))
        return _signed(result, function(a.low) > 0, function(a.high) < 0)

    return apply


def decreasing(function: Monotone, least: float, greatest: float) -> Extension:
    """A decreasing function, in the same way."""
    mirrored = increasing(lambda x: function(-x), least, greatest)
    return lambda a: mirrored(negate(a))


def cosh(a: Interval) -> Interval:
    """Even, and smallest at 0."""
    result = _outward(np.cosh(a.mignitude), np.cosh(a.magnitude), FUNCTION_ULPS)
    return Interval(np.maximum(result.low, 1.0), result.high)


def cos(a: Interval) -> Interval:
    """Extrema at the multiples of π; everything where the argument is so large that they are not told apart."""
    ends = np.array([np.cos(a.low), np.cos(a.high)])
    result = _outward(ends.min(axis=0), ends.max(axis=0), FUNCTION_ULPS)
    first, last = np.ceil(a.low / np.pi - 1e-9), np.floor(a.high / np.pi + 1e-9)
    count = last - first
    known = (a.magnitude < 1e5) & (count < 1)
    even = first % 2 == 0
    low = np.where(known & ((count < 0) | even), result.low, -1.0)
    high = np.where(known & ((count < 0) | ~even), result.high, 1.0)
    return Interval(np.maximum(low, -1.0), np.minimum(high, 1.0))


def sin(a: Interval) -> Interval:
    """The cosine a quarter of a turn later."""
    return cos(add(a, constant(-math.pi / 2, False)))


def tan(a: Interval) -> Interval:
    """Everything where a pole is near."""
    branch = np.floor(a.low / np.pi + 0.5 - 1e-9)
    safe = (branch == np.floor(a.high / np.pi + 0.5 + 1e-9)) & (a.magnitude < 1e5)
    result = _outward(np.tan(a.low), np.tan(a.high), FUNCTION_ULPS)
    return Interval(np.where(safe, result.low, -np.inf), np.where(safe, result.high, np.inf))


def elementwise(function: Callable[[float], float]) -> Monotone:
    """A function that NumPy lacks, element by element."""
    vectorised = np.frompyfunc(function, 1, 1)
    return lambda x: np.asarray(vectorised(x), float)


FUNCTIONS: dict[str, Extension] = {
    "exp": increasing(np.exp, least=0.0),
    "log": increasing(lambda x: np.log(np.maximum(x, 0.0))),
    "tanh": increasing(np.tanh, -1.0, 1.0),
    "sinh": increasing(np.sinh),
    "asinh": increasing(np.arcsinh),
    "acosh": increasing(lambda x: np.arccosh(np.maximum(x, 1.0)), least=0.0),
    "atan": increasing(np.arctan, -math.pi / 2 - 1e-15, math.pi / 2 + 1e-15),
    "asin": increasing(lambda x: np.arcsin(np.clip(x, -1.0, 1.0))),
    "atanh": increasing(lambda x: np.arctanh(np.clip(x, -1.0, 1.0))),
    "acos": decreasing(lambda x: np.arccos(np.clip(x, -1.0, 1.0)), 0.0, 3.2),
    "erf": increasing(elementwise(math.erf), -1.0, 1.0),
    "erfc": decreasing(elementwise(math.erfc), 0.0, 2.0),
    "cosh": cosh,
    "cos": cos,
    "sin": sin,
    "tan": tan,
    "Floor": increasing(np.floor),
}
