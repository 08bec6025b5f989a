"""What the inference of extents works on: the axes of tensors, and the places where an index meets one."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Symbol

from symbprop.calculus.index import Access, Extent, size_symbol
from symbprop.language.source import Span


def placeholder(index: str) -> Symbol:
    """The symbol that stands for the extent of ``index`` until it is known."""
    return size_symbol(f"|{index}|")


@dataclass(slots=True)
class Shape:
    """The axes of one tensor, ``None`` where not yet known."""

    name: str
    axes: list[Extent | None]
    computed: bool = False
    classes: Extent | None = None


@dataclass(slots=True)
class Constraint:
    """An access in the equation for ``target``, and the tensor whose axes it stands in; ``writes`` where it is a target.

    ``inside`` says that the equation reads what depends on it: the index then need not run along the whole axis, for a
    recurrence reads one element less than it writes.
    """

    shape: Shape
    access: Access
    span: Span
    writes: bool
    target: str = ""
    inside: bool = False


def typical(size: Extent) -> int:
    """A size for comparing sizes that are free at run time."""
    return size if isinstance(size, int) else int(size.subs(dict.fromkeys(size.free_symbols, 1000)))


def format_axes(axes: list[Extent | None]) -> str:
    """``[2, ?]``."""
    return "[" + ", ".join("?" if axis is None else str(axis) for axis in axes) + "]"


def is_known(size: Extent) -> bool:
    """Whether no placeholder is left in an extent."""
    return isinstance(size, int) or not any(s.name.startswith("|") for s in size.free_symbols)
