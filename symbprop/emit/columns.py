"""Contractions with windows as one matrix product: the windows are copied into a matrix, one row for each place.

``Σ_{p,q,c} x[n,u+p,v+q,c] K[p,q,c,o]`` is the matrix of x with rows (n,u,v) and columns (p,q,c), times K as a matrix;
the adjoint with respect to K is the same matrix, transposed, times the cotangent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from symbprop.calculus.index import Extent, product
from symbprop.emit.chunks import Pieces, pieces
from symbprop.emit.contraction import Product, matrix, one, placed
from symbprop.emit.sizes import size
from symbprop.emit.views import View, aligned

SHORT = 12  # elements in a row below which copying along the windows is slower than copying along the places


@dataclass(frozen=True, slots=True)
class Columns:
    """The matrix of windows (``text``, of ``elements``), and the product it stands in: ``np.dot(matrix, other)``.

    ``windows`` are the windows as a view, ``view`` finds their shape in a matrix of shape ``rows``. With ``swapped`` the
    other one, transposed already, comes first.
    """

    windows: str
    view: str
    rows: tuple[str, ...]
    text: str
    elements: Extent
    transposed: bool
    other: str
    swapped: bool
    tail: str
    shape: tuple[str, ...]
    inside: str
    pieces: Pieces | None = None
    target: Sequence[str] = ()

    def product(self, name: str) -> Product:
        """The product, the matrix called ``name``; as a stack of ``pieces`` where that is faster."""
        if self.pieces is not None:
            stack = self.pieces.stack(name)
            return self.pieces.made(stack, self.target) if self.swapped else self.pieces.summed(stack, self.tail)
        factors = (name + ".T" * (self.transposed != self.swapped), self.other)
        return Product("np.dot", factors[::-1] if self.swapped else factors, self.tail, self.shape, self.inside)


def columns(
    windows: View, other: View, target: Sequence[str], stored: Sequence[str], extents: Mapping[str, Extent]
) -> Columns | None:
    """The contraction of ``windows`` with ``other`` as a matrix product, where it has that form.

    ``stored`` are the indices of ``target`` as they are to lie in memory.
    """
    mine, theirs = set(windows.axes), set(other.axes)
    summed = mine & theirs - set(target)
    kept, free = ([index for index in stored if index in view.axes] for view in (windows, other))
    if (mine | theirs) - set(target) != summed or set(kept) & set(free):
        return None
    swapped = list(stored) == [*free, *kept] and bool(free)
    if not swapped and list(stored) != [*kept, *free]:
        return None
    places = [index for index in windows.stored if index not in windows.inside]
    inside = set(windows.inside)
    if inside <= summed:
        rows, inner = kept, [*windows.inside, *(index for index in places if index in summed)]
    elif not inside & summed:
        ordered = windows if windows.order else other  # what is given follows the other one, which then is not copied
        rows, inner = [index for index in ordered.stored if index in summed and index not in windows.inside], kept
    else:
        return None
    if not inside <= set(inner):
        return None
    inner_summed = inside <= summed
    places_first = not windows.order and _run(windows, inner, extents) >= SHORT
    sides = (rows, inner) if places_first else (inner, rows)
    order = [*sides[0], *sides[1]]
    lead, last = one(rows, extents), one(inner, extents)
    shape = f"-1, {last}" if places_first else f"{last}, -1"
    text = f"{aligned(windows, order)}.reshape({shape})"
    view = f".reshape({', '.join(size(extents[index]) for index in order)})"
    sizes = (lead, last) if places_first else (last, lead)
    across = inner if inner_summed else rows
    placing = placed([each for each in ((free, kept) if swapped else (kept, free)) if each], target, stored, extents)
    second = matrix(other, free, across, extents) if swapped else matrix(other, across, free, extents)
    made = (aligned(windows, order), view, sizes, text)
    elements = _count([*rows, *inner], extents)
    cut = None
    if not places_first and swapped == inner_summed:
        cut = pieces(other, rows, inner, free, extents, summed=not inner_summed)
    return Columns(*made, elements, places_first != inner_summed, second, swapped, *placing, cut, target)


def _run(windows: View, inner: Sequence[str], extents: Mapping[str, Extent]) -> int:
    """How many elements of one window lie side by side in memory: the last axis of the window, and the channels."""
    total = _count(inner[len(windows.inside) - 1 :], extents)
    return total if isinstance(total, int) else SHORT


def _count(indices: Sequence[str], extents: Mapping[str, Extent]) -> Extent:
    return product(tuple(extents[index] for index in indices))
