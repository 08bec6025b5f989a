"""A probe that failed, repeated in higher precision: is it the formula that is wrong, or was it rounding?

Where the network is small enough the emitted module runs on numbers of fifty digits; else, or where it does something that
these numbers do not know, in the machine's extended precision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import numpy as np

from symbprop.verify.calls import gradient_at, loss_at
from symbprop.verify.numbers import DIGITS, Number, lifted, running_on_numbers
from symbprop.verify.point import Point
from symbprop.verify.probe import Direction, Entry

STEP = 1e-30
MOST = 20_000  # parameters and data: what a module may hold to be run on numbers of fifty digits
SHRINKS = (
    1e-2  # extended precision has eleven bits more; rounding shrinks by about 1/2000, a wrong formula's error stays
)


EXTENDED = "extended precision"


@dataclass(frozen=True, slots=True)
class Repeated:
    """What was found in higher precision: the error there, and what errors are relative to."""

    precision: str
    error: float
    scale: float

    def explains(self, error: float, tolerance: float) -> bool:
        """Whether an ``error`` in double precision was rounding: it has shrunk away, or below the relative tolerance."""
        return self.error <= tolerance * self.scale + SHRINKS * error and (
            self.precision == EXTENDED or self.error <= tolerance * self.scale + 1e-10 * error
        )

    def vanishes(self, scale: float) -> bool:
        """Whether a gradient of this ``scale`` in double precision was nothing but rounding."""
        return self.scale <= SHRINKS * scale

    def describe(self) -> str:
        """In words."""
        return f"in {self.precision} they are {self.error:.1e} apart"


class Precisely:
    """A module at a point in higher precision: lifted, and its gradient computed, at the first probe that asks."""

    def __init__(self, module: ModuleType, point: Point) -> None:
        self._module, self._point = module, point
        self._lifted: dict[str, tuple[Point, Mapping[str, np.ndarray]]] = {}

    def repeat(self, direction: Direction) -> Repeated | None:
        """The probe along ``direction``; ``None`` where the module cannot be run in any higher precision."""
        size = sum(value.size for value in (*self._point.params.values(), *self._point.data))
        if size <= MOST:
            try:
                with running_on_numbers(self._module):
                    return self._repeat(direction, f"{DIGITS} digits")
            except Exception:  # noqa: S110 (whatever these numbers do not know; extended precision is next)
                pass
        if np.finfo(np.longdouble).eps >= np.finfo(np.float64).eps:
            return None
        try:
            return self._repeat(direction, EXTENDED)
        except Exception:
            return None

    def _repeat(self, direction: Direction, precision: str) -> Repeated:
        with np.errstate(all="ignore"):
            point, gradient = self._there(precision)
            loss = loss_at(self._module, point, _stepped(point.params, direction))
        analytic, scale = _along(gradient, direction)
        numeric = (loss.imag if isinstance(loss, Number) else np.imag(loss)) / STEP
        found = Repeated(precision, float(abs(analytic - numeric)), float(scale))
        if not np.isfinite(found.error) or not np.isfinite(found.scale):
            raise FloatingPointError("the higher precision says nothing")
        return found

    def _there(self, precision: str) -> tuple[Point, Mapping[str, np.ndarray]]:
        """The point in these numbers, and the gradient at it."""
        if precision not in self._lifted:
            point = _widened(self._point) if precision == EXTENDED else _lifted(self._point)
            one = np.longdouble(1) if precision == EXTENDED else Number(1)
            _, gradient = gradient_at(self._module, point, cotangent=one)  # 1/N in these digits too
            self._lifted[precision] = point, gradient
        return self._lifted[precision]


def _along(gradient: Mapping[str, np.ndarray], direction: Direction) -> tuple[Any, Any]:
    total: Any = 0
    scale: Any = 0
    for name, u in direction.items():
        flat = np.reshape(gradient[name], -1)
        products = flat[u.position : u.position + 1] * u.weight if isinstance(u, Entry) else flat * np.reshape(u, -1)
        total, scale = total + np.sum(products), scale + np.sum(np.abs(products))
    return total, scale


def _stepped(params: Mapping[str, np.ndarray], direction: Direction) -> dict[str, np.ndarray]:
    """The parameters, a step away in the complex plane."""
    found = dict(params)
    for name, u in direction.items():
        value = found[name]
        whole = np.zeros(value.shape) if isinstance(u, Entry) else np.asarray(u)
        if isinstance(u, Entry):
            whole.reshape(-1)[u.position] = u.weight
        imaginary = Number(1j) * STEP if value.dtype == object else np.clongdouble(1j) * STEP
        found[name] = np.asarray(value + whole * imaginary)
    return found


def _lifted(point: Point) -> Point:
    return _mapped(point, lifted)


def _widened(point: Point) -> Point:
    return _mapped(point, lambda value: value.astype(np.longdouble))


def _mapped(point: Point, change: Any) -> Point:
    data = tuple(change(value) if value.dtype.kind == "f" else value for value in point.data)
    params, state = ({k: change(v) for k, v in each.items()} for each in (point.params, point.state))
    return replace(point, params=params, data=data, state=state)
