"""Numbers of fifty digits that NumPy's functions take on object arrays, complex, and ordered by their real parts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import mpmath
import numpy as np

DIGITS = 50
NAMES = {
    "arctan": "atan",
    "arcsin": "asin",
    "arccos": "acos",
    "arctanh": "atanh",
    "arcsinh": "asinh",
    "arccosh": "acosh",
}


class Number:
    """A number of mpmath, real or complex. ``np.exp`` of an object array calls ``exp`` of its elements, and so on."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        plain = value.item() if isinstance(value, np.generic) else value
        self.value: Any = plain.value if isinstance(plain, Number) else mpmath.mpmathify(plain)

    def __add__(self, other: Any) -> Any:
        return _both(self, other, lambda a, b: a + b)

    def __sub__(self, other: Any) -> Any:
        return _both(self, other, lambda a, b: a - b)

    def __rsub__(self, other: Any) -> Any:
        return _both(self, other, lambda a, b: b - a)

    def __mul__(self, other: Any) -> Any:
        return _both(self, other, lambda a, b: a * b)

    def __truediv__(self, other: Any) -> Any:
        return _both(self, other, lambda a, b: a / b)

    def __rtruediv__(self, other: Any) -> Any:
        return _both(self, other, lambda a, b: b / a)

    def __pow__(self, other: Any) -> Any:
        return _both(self, other, lambda a, b: a ** (int(b.real) if b == int(b.real) else b))

    def __rpow__(self, other: Any) -> Any:
        return _both(self, other, lambda a, b: b**a)

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Number:
        return Number(-self.value)

    def __pos__(self) -> Number:
        return self

    def __abs__(self) -> Number:
        return Number(abs(self.value))

    def __eq__(self, other: object) -> bool:
        return bool(self.value == Number(other).value)

    def __lt__(self, other: Any) -> bool:
        return bool(self.value.real < Number(other).value.real)

    def __le__(self, other: Any) -> bool:
        return bool(self.value.real <= Number(other).value.real)

    def __gt__(self, other: Any) -> bool:
        return bool(self.value.real > Number(other).value.real)

    def __ge__(self, other: Any) -> bool:
        return bool(self.value.real >= Number(other).value.real)

    def __hash__(self) -> int:
        return hash(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __float__(self) -> float:
        return float(self.value.real)

    @property
    def real(self) -> Number:
        """The real part."""
        return Number(self.value.real)

    @property
    def imag(self) -> Number:
        """The imaginary part."""
        return Number(self.value.imag)

    def hypot(self, other: Any) -> Any:
        """√(x² + y²), as it is continued into the complex plane."""
        return _both(self, other, lambda a, b: mpmath.sqrt(a * a + b * b))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(mpmath, NAMES.get(name, name)):
            raise AttributeError(name)
        function = getattr(mpmath, NAMES.get(name, name))
        return lambda: Number(function(self.value))


def _both(a: Number, b: Any, combine: Any) -> Any:
    return NotImplemented if isinstance(b, np.ndarray) else Number(combine(a.value, Number(b).value))


def lifted(value: np.ndarray) -> np.ndarray:
    """The same numbers, exactly, as an object array of ``Number``."""
    found = np.empty(np.shape(value), object)
    for place, each in np.ndenumerate(value):
        found[place] = Number(float(each))
    return found


PREDICATES = frozenset({"isfinite", "isnan", "isinf", "signbit"})
_as_numbers = np.frompyfunc(lambda value: value if isinstance(value, Number) else Number(value), 1, 1)


class Numerics:
    """NumPy, for a module that runs on object arrays: ``np.maximum(x, 0)`` puts plain zeros among the numbers, and a plain
    zero has no ``exp``; so functions of one argument make numbers of theirs, and predicates look at real parts.
    """

    def __getattr__(self, name: str) -> Any:
        function = getattr(np, name)
        if not isinstance(function, np.ufunc) or function.nin != 1:
            return function

        def called(x: Any, *more: Any, **named: Any) -> Any:
            if np.asarray(x).dtype != object:
                return function(x, *more, **named)
            given = np.asarray(x).astype(float) if name in PREDICATES else _as_numbers(x)
            return function(given, *more, **named)

        return called


@contextlib.contextmanager
def running_on_numbers(module: ModuleType) -> Iterator[None]:
    """While it lasts, what the module calls ``np`` is ``Numerics``, and numbers have fifty digits."""
    kept = module.__dict__["np"]
    module.__dict__["np"] = Numerics()
    try:
        with mpmath.workdps(DIGITS):
            yield
    finally:
        module.__dict__["np"] = kept
