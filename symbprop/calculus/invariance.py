"""Why a gradient vanishes: the first equation whose value does not move when a parameter does."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from symbprop.calculus.dependence import needed
from symbprop.calculus.gradient import jvp
from symbprop.calculus.index import Extent
from symbprop.calculus.interpreter import Elements, interpret
from symbprop.calculus.program import Program, Role, Tensor

LARGEST = 400_000  # loop iterations; a larger program is not walked
FREE = 3  # what a size that is free at run time counts as here
STILL = 1e-12


def invariant_equation(program: Program, parameter: str) -> str | None:
    """The last tensor that reads what moves with ``parameter`` and does not move itself, at a random point and direction.

    Behind it nothing on the way to the loss reads anything that moves. ``None`` where the loss does move, or the program is too large to walk.
    """
    moved, tangents = jvp(program, [parameter])
    sizes = {symbol.name: FREE for each in program.tensors.values() for size in each.shape for symbol in _free(size)}
    work = sum(_count([one.extent for one in each.domain], sizes) for each in moved.statements)
    if program.loss is None or work > LARGEST or program.loss not in tangents:
        return None
    values = {each.name: _drawn(each, sizes) for each in moved.tensors.values() if each.role is not Role.VALUE}
    try:
        elements = interpret(moved, values, sizes)
    except (ValueError, OverflowError, ZeroDivisionError):
        return None
    if not _still(elements[tangents[program.loss]]):
        return None
    moving = {name for name, tangent in tangents.items() if not _still(elements[tangent])}
    order = [each for each in needed(program, [program.loss]) if each.target.tensor not in moving]
    return next((each.target.tensor for each in reversed(order) if moving.intersection(each.sources())), None)


def reason_for_zero(program: Program, parameter: str) -> str | None:
    """A sentence for a gradient that was found to vanish everywhere it was probed, if a reason is found too."""
    still = invariant_equation(program, parameter)
    return None if still is None else f"{still} stays the same whatever {parameter} is"


def _free(size: Extent) -> set[Any]:
    return set() if isinstance(size, int) else set(size.free_symbols)


def _length(size: Extent, sizes: Mapping[str, int]) -> int:
    return size if isinstance(size, int) else int(size.subs({s: sizes[s.name] for s in size.free_symbols}))


def _count(extents: list[Extent], sizes: Mapping[str, int]) -> int:
    total = 1
    for each in extents:
        total *= _length(each, sizes)
    return total


def _drawn(tensor: Tensor, sizes: Mapping[str, int]) -> Any:
    """Numbers without a pattern, from a fixed sequence: fractions of multiples of the golden ratio."""
    counter = itertools.count(len(tensor.name))
    low, high = tensor.interval or (-1.0, 1.0)
    classes = _length(tensor.classes, sizes) if tensor.classes is not None else 1

    def draw(shape: list[int]) -> Any:
        if shape:
            return [draw(shape[1:]) for _ in range(shape[0])]
        fraction = (0.6180339887498949 * next(counter)) % 1
        return int(fraction * classes) if tensor.integer else low + (high - low) * (0.05 + 0.9 * fraction)

    return draw([_length(size, sizes) for size in tensor.shape])


def _still(table: Elements) -> bool:
    return all(abs(value) <= STILL for value in table.values())
