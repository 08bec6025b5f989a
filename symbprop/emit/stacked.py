"""Contractions with axes that both operands and the target have, as a stack of matrix products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symbprop.calculus.index import Extent, product
from symbprop.emit.sizes import size
from symbprop.emit.views import View, aligned

NARROW = 4  # columns below which a matrix product is no faster than a sum of products


def stacked(
    left: View, right: View, target: Sequence[str], extents: Mapping[str, Extent]
) -> tuple[tuple[str, str], str] | None:
    """The two stacks for ``np.matmul`` and what brings its result into the target's order; None where it has not that form."""
    both = [index for index in left.axes if index in right.axes]
    batch = [index for index in target if index in both]
    summed = [index for index in both if index not in target]
    ours = [index for index in target if index in left.axes and index not in both]
    theirs = [index for index in target if index in right.axes and index not in both]
    if {*left.axes, *right.axes} - {*batch, *summed, *ours, *theirs} or not (batch and summed and ours and theirs):
        return None
    if any(isinstance(width := _count(each, extents), int) and width < NARROW for each in (ours, theirs)):
        return None
    shapes = ((batch, ours, summed), (batch, summed, theirs))
    first, second = (
        f"{aligned(view, [index for part in parts for index in part])}"
        f".reshape({', '.join(size(_count(part, extents)) for part in parts)})"
        for view, parts in zip((left, right), shapes, strict=True)
    )
    order = [*batch, *ours, *theirs]
    tail = f".reshape({', '.join(size(extents[index]) for index in order)})"
    if order != list(target):
        tail += f".transpose({', '.join(str(order.index(index)) for index in target)})"
    return (first, second), tail


def _count(indices: Sequence[str], extents: Mapping[str, Extent]) -> Extent:
    return product(tuple(extents[index] for index in indices))
