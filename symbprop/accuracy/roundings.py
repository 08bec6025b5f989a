"""How wrong single operations are: half a unit in the last place, or what NumPy's functions were measured to be."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Rational

Array = NDArray[np.float64]
UNIT = 2.0**-53  # the largest relative error of one rounding
SMALLEST = 2.0**-1074
NORMAL = 2.0**-1022
GONE = 1e3  # of an argument whose exponential is 0: beyond it, what is lost is too little to matter


def underflow(value: Array, argument: Array | None = None) -> Array:
    """Half the distance of subnormal numbers where the value is one, or where a tiny value has become 0."""
    lost = (
        np.zeros(len(value), bool) if argument is None else (value == 0) & (argument != 0) & (np.abs(argument) < GONE)
    )
    return np.where(((np.abs(value) < NORMAL) & (value != 0)) | lost, SMALLEST, 0.0)


def rounding(value: Array, first: Array, second: Array, *, quotient: bool = False) -> Array:
    """The rounding of a product or quotient; none where a factor, or the divisor, is a power of two."""
    exact = _is_power_of_two(second) if quotient else _is_power_of_two(first) | _is_power_of_two(second)
    lost = (value == 0) & (first != 0) & (np.isfinite(second) if quotient else second != 0)
    return np.where(exact, 0.0, UNIT * np.abs(value)) + underflow(np.where(lost, SMALLEST, value))


def _is_power_of_two(x: Array) -> NDArray[np.bool_]:
    mantissa, _ = np.frexp(x)
    return np.asarray((np.abs(mantissa) == 0.5) | (x == 0), bool)


def _elementwise(function: Callable[[float], float]) -> Callable[[Array], Array]:
    """A function that NumPy lacks, element by element."""
    vectorised = np.frompyfunc(function, 1, 1)
    return lambda x: np.asarray(vectorised(x), float)


_GAUSS = 2 / np.sqrt(np.pi)
Known = tuple[Callable[[Array], Array], Callable[[Array, Array], Array], float]
# The function, its derivative from argument and value, and its error in half units in the last place: the worst of both
# precisions with AVX-512 (NumPy 2.4), single precision being the worse one.
FUNCTIONS: dict[str, Known] = {
    "exp": (np.exp, lambda x, y: y, 4.7),
    "wide_exp": (np.exp, lambda x, y: y, 1.2),
    "expm1": (np.expm1, lambda x, y: y + 1, 4.3),
    "log": (np.log, lambda x, y: 1 / x, 4.0),
    "log1p": (np.log1p, lambda x, y: 1 / (1 + x), 3.7),
    "sin": (np.sin, lambda x, y: np.cos(x), 3.0),
    "cos": (np.cos, lambda x, y: -np.sin(x), 3.0),
    "tan": (np.tan, lambda x, y: 1 + y * y, 4.0),
    "sinh": (np.sinh, lambda x, y: np.cosh(x), 4.0),
    "cosh": (np.cosh, lambda x, y: np.sinh(x), 4.0),
    "tanh": (np.tanh, lambda x, y: 1 / np.cosh(x) ** 2, 2.8),
    "asin": (np.arcsin, lambda x, y: 1 / np.sqrt(1 - x * x), 4.0),
    "acos": (np.arccos, lambda x, y: -1 / np.sqrt(1 - x * x), 4.0),
    "atan": (np.arctan, lambda x, y: 1 / (1 + x * x), 4.0),
    "asinh": (np.arcsinh, lambda x, y: 1 / np.hypot(1, x), 4.0),
    "acosh": (np.arccosh, lambda x, y: 1 / np.sqrt(x * x - 1), 4.0),
    "atanh": (np.arctanh, lambda x, y: 1 / (1 - x * x), 4.0),
    "erf": (_elementwise(math.erf), lambda x, y: _GAUSS * np.exp(-x * x), 9.0),
    "erfc": (_elementwise(math.erfc), lambda x, y: -_GAUSS * np.exp(-x * x), 8.0),  # and what the square rounds
}


def square_of_tail(x: Array, value: Array) -> Array:
    """What the rounding of x² does to exp(−x²), where erfc(x) is a multiple of it."""
    return np.where((x > 0) & (value != 0), UNIT * times(x * x, np.abs(value)), 0.0)


def times(a: Array, b: Array) -> Array:
    """a·b with 0·∞ = 0: nothing reaches what does not depend on it."""
    product = a * b
    lost = np.isnan(product)
    return np.where(lost & ((a == 0) | (b == 0)), 0.0, product) if np.count_nonzero(lost) else product


@cache
def exact_number(node: Expr) -> tuple[float, bool]:
    """A number, and whether it is one in both precisions."""
    exact = isinstance(node, Rational) and node.q & (node.q - 1) == 0 and abs(node.p) < 2**24
    return float(node.evalf(25)), exact
