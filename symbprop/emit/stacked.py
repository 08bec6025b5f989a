"""Contractions with axes that both operands and the target have, as a stack of matrix products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symbprop.calculus.index import Extent, product
from symbprop.emit.sizes import size
from symbprop.emit.views import View, aligned

NARROW = 4  # columns below which a sum of products along the batch is faster than a stack of matrix products


def narrow(
    left: View,
    right: View,
    batch: Sequence[str],
    ours: Sequence[str],
    theirs: Sequence[str],
    sizes: Mapping[str, Extent],
) -> bool:
    """Whether a sum of products is faster: the matrices have few rows or columns, and the batch lies along memory.

    Where it does not, the stack is 2 to 17 times as fast however few there are (``python -m benchmarks.costs --bounds``). A
    stack would copy windows, which a sum of products reads where they are.
    """
    widths = [product(tuple(sizes[index] for index in each)) for each in (ours, theirs)]
    few = bool(ours and theirs) and any(isinstance(width, int) and width < NARROW for width in widths)
    along = all(view.stored[-1] in batch for view in (left, right))
    return few and (along or bool(left.inside or right.inside))


def stacked(
    left: View,
    right: View,
    target: Sequence[str],
    batch: list[str],
    ours: list[str],
    theirs: list[str],
    summed: list[str],
    sizes: Mapping[str, Extent],
) -> tuple[tuple[str, str], str, tuple[str, ...], str]:
    """The two stacks for ``np.matmul``, which takes strided operands as they are, and what brings its result into order;
    then the shape of that result where it can be written into an array, and what finds it in one of the target's shape.

    Several rows, columns or summed indices become one axis by a reshape, in the order in which an operand has them, so
    that it is a view where the memory allows; none at all becomes an axis of length 1.
    """
    rows = [index for index in left.axes if index in ours]
    columns = [index for index in right.axes if index in theirs]
    inner = [index for index in left.axes if index in summed]
    first = _merged(left, batch, (rows, inner), sizes)
    second = _merged(right, batch, (inner, columns), sizes)
    order = [*batch, *rows, *columns]
    tail = ""
    if len(rows) > 1 or len(columns) > 1:
        tail = f".reshape({', '.join(size(sizes[index]) for index in order)})"
    elif not rows:
        lead = ", ".join([":"] * len(batch))
        tail = f"[{lead}, 0]"
    groups = (*([index] for index in batch), rows, columns)
    lengths = tuple(size(product(tuple(sizes[index] for index in each))) for each in groups)
    shape, inside = lengths, ""
    if order != list(target):
        tail += f".transpose({', '.join(str(order.index(index)) for index in target)})"
        inside = f".transpose({', '.join(str(target.index(index)) for index in order)})"
    if not rows or (inside and len(order) != len(lengths)):
        shape = ()
    elif len(order) != len(lengths):
        inside = f".reshape({', '.join(lengths)})"
    return (first, second), tail, shape, inside


def _merged(view: View, batch: list[str], groups: tuple[list[str], list[str]], sizes: Mapping[str, Extent]) -> str:
    """The view with the batch's axes first and then one axis for each of two groups of indices."""
    text = aligned(view, [*batch, *groups[0], *groups[1]])
    if all(len(group) == 1 for group in groups):
        return text
    if all(len(group) <= 1 for group in groups):
        slots = [":"] * len(batch) + [":" if group else "None" for group in groups]
        return f"{text}[{', '.join(slots)}]"
    lengths = [sizes[index] for index in batch]
    lengths.extend(product(tuple(sizes[index] for index in group)) for group in groups)
    return f"{text}.reshape({', '.join(map(size, lengths))})"
