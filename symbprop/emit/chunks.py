"""A product of a narrow matrix with a very long one as a stack of small products: BLAS has kernels for those.

OpenBLAS takes them for up to a million multiplications; on a matrix of a few rows and many columns they are two to five
times as fast as the others, in single precision; in double they are less ahead, and behind from 32 rows on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from symbprop.calculus.index import Extent, extent, product
from symbprop.emit.contraction import Product, matrix, one
from symbprop.emit.sizes import nominal, size
from symbprop.emit.tall import SMALL
from symbprop.emit.views import View, aligned

LEAST = 10**5  # multiplications below which a call costs too much beside the product
ROWS = 16  # of the narrow matrix, and of what is made
ELEMENTS = 1024  # of what a sum of products adds up


@dataclass(frozen=True, slots=True)
class Pieces:
    """The product of ``other`` with a matrix that has a row for each of ``inner`` and a column for each of ``lead, rest``.

    There is one product for each place in ``lead``; the stack has an axis for each of its indices if they are ``apart``.
    """

    other: View
    lead: Sequence[str]
    rest: Sequence[str]
    inner: Sequence[str]
    free: Sequence[str]
    extents: Mapping[str, Extent]
    apart: bool = False

    def made(self, stack: str, target: Sequence[str]) -> Product:
        """``other[free, inner] · stack[lead, inner, rest]``, a matrix of ``target`` for each place in ``lead``."""
        order = [*self.lead, *self.free, *self.rest]
        lead = [[index] for index in self.lead] if self.apart else [self.lead]
        groups = (*lead, self.free, self.rest)
        lengths = tuple(one(each, self.extents) for each in groups)
        merged = any(len(each) > 1 for each in groups)
        tail = f".reshape({', '.join(size(self.extents[index]) for index in order)})" if merged else ""
        tail += f".transpose({', '.join(str(order.index(index)) for index in target)})"
        inside = f".transpose({', '.join(str(list(target).index(index)) for index in order)})"
        inside += f".reshape({', '.join(lengths)})" if merged else ""
        factors = (matrix(self.other, self.free, self.inner, self.extents), stack)
        return Product("np.matmul", factors, tail, lengths, inside, self._count())

    def summed(self, stack: str, tail: str, parts: int = 1) -> Product:
        """``stack[lead, inner, rest] · other[places, free]``, added up over ``lead``; ``tail`` brings that into order.

        Where ``inner`` is cut into ``parts``, the stack has an axis for them behind ``lead``.
        """
        factor = aligned(self.other, [*self.lead, *self.rest, *self.free])
        if parts > 1 or any(len(each) > 1 for each in (self.lead, self.rest, self.free)):
            lengths = (one(self.lead, self.extents), *(("1",) if parts > 1 else ()))
            factor += f".reshape({', '.join(lengths)}, -1, {one(self.free, self.extents)})"
        count = extent(self._count() * parts)
        return Product("np.matmul", (stack, factor), f".sum(axis=0){tail}", pieces=count)

    def _count(self) -> Extent:
        return product(tuple(self.extents[index] for index in self.lead))

    def stack(self, name: str) -> str:
        """The matrix called ``name``, cut into pieces."""
        lengths = (one(self.inner, self.extents), one(self.lead, self.extents))
        return f"{name}.reshape({', '.join(lengths)}, -1).transpose(1, 0, 2)"


def pieces(
    other: View,
    rows: Sequence[str],
    inner: Sequence[str],
    free: Sequence[str],
    extents: Mapping[str, Extent],
    *,
    summed: bool,
) -> Pieces | None:
    """How the product is cut along the first of ``rows``, where that is faster; ``summed``: it is a sum over ``rows``."""
    if not free or (_count([*inner, *free], extents) > ELEMENTS if summed else _count(free, extents) > ROWS):
        return None
    if _count([*inner, *free, *rows], extents) <= SMALL:
        return None
    for cut in range(1, len(rows)):
        if not isinstance(extents[rows[cut - 1]], int):
            return None
        piece = _count([*inner, *free, *rows[cut:]], extents)
        if piece <= SMALL:
            return Pieces(other, rows[:cut], rows[cut:], inner, free, extents) if piece >= LEAST else None
    return None


def _count(indices: Sequence[str], extents: Mapping[str, Extent]) -> int:
    return nominal(extents[index] for index in indices)
