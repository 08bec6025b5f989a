"""The shapes of tensors while they are being found, and the accesses they are found from."""

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
    """An access, and the tensor whose axes it stands in; ``writes`` where it is a target."""

    shape: Shape
    access: Access
    span: Span
    writes: bool
