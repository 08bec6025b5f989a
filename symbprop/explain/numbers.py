"""Derivations with numbers put in: each equation, and the value of what it defines."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from sympy import Expr

from symbprop.calculus.index import at_sizes
from symbprop.calculus.interpreter import FLOAT, Arithmetic, Elements, interpret
from symbprop.calculus.program import Program, Role, Tensor

SHOWN = 12  # elements of a tensor; of a larger one the first are shown
FREE = 2  # what a size that nothing fixes is


def _exact_power(base: Any, exponent: Any) -> Any:
    """A power of fractions, exact where the exponent is whole."""
    exact = isinstance(base, (int, Fraction)) and isinstance(exponent, (int, Fraction))
    whole = exact and Fraction(exponent).denominator == 1
    return Fraction(base) ** int(exponent) if whole else float(base) ** float(exponent)


def _inexact(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *arguments: function(*map(float, arguments))


# Fractions stay fractions until a function makes them inexact.
MIXED = Arithmetic(
    rational=Fraction,
    functions={
        **{name: _inexact(function) for name, function in FLOAT.functions.items() if name != "Floor"},
        "Floor": lambda value: Fraction(math.floor(value)),
    },
    power=_exact_power,
)


def givens(program: Program) -> list[Tensor]:
    """What must be given: inputs, targets, parameters, and state and noise where there are any."""
    roles = (Role.INPUT, Role.TARGET, Role.PARAMETER, Role.STATE, Role.NOISE)
    return [tensor for role in roles for tensor in program.of(role)]


def evaluated(program: Program, given: Mapping[str, Any], sizes: Mapping[str, int]) -> dict[str, Elements]:
    """Every tensor's elements; exact where the given numbers are and the program is rational."""
    seeds = {tensor.name: Fraction(1) for tensor in program.of(Role.SEED)}
    tensors = {
        name: replace(each, shape=tuple(at_sizes(e, sizes) for e in each.shape))
        for name, each in program.tensors.items()
    }
    return interpret(replace(program, tensors=tensors), {**seeds, **given}, sizes, MIXED)


def size_names(program: Program) -> list[str]:
    """The sizes that are free, by name."""
    found: dict[str, None] = {}
    for tensor in program.tensors.values():
        for each in tensor.shape:
            if isinstance(each, Expr):
                found.update(dict.fromkeys(sorted(s.name for s in each.free_symbols)))
    return list(found)


def shown(elements: Elements) -> str:
    """``5/3``, or ``[[1, 2], [3, 4]]``; of a large tensor the first elements and how many there are."""
    if () in elements:
        return number(elements[()])
    points = sorted(elements)
    if len(points) > SHOWN:
        first = ", ".join(number(elements[point]) for point in points[:6])
        return f"[{first}, …] ({len(points)} elements)"
    return _nested(elements, points, 0)


def _nested(elements: Elements, points: Sequence[tuple[int, ...]], depth: int) -> str:
    if depth == len(points[0]):
        return number(elements[points[0]])
    groups = itertools.groupby(points, key=lambda point: point[depth])
    return "[" + ", ".join(_nested(elements, list(group), depth + 1) for _, group in groups) + "]"


def number(value: Any) -> str:
    """A fraction as it is, anything else to six digits."""
    if isinstance(value, (int, Fraction)):
        exact = Fraction(value)
        return str(exact).replace("-", "−") if exact.denominator < 10**6 else f"{float(exact):.6g}".replace("-", "−")
    return f"{float(value):.6g}".replace("-", "−")
