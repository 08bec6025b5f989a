"""Windows along the slowest axis, seen in a copy of those along the others, so that nothing is stored twice for them.

Of Y[h, q, c, v, n] = x[n, h, v+q, c] the rows u … u+P−1 are one block of memory: the matrix of row u's windows, of shape
[(p, q, c), (v, n)]. The blocks overlap, and BLAS takes them as they are; so the P-th part of all windows is copied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from symbprop.calculus.index import Access, Affine, Extent, Range, extent, product
from symbprop.emit.chunks import LEAST, ROWS, Pieces
from symbprop.emit.contraction import Product, one, placed
from symbprop.emit.sizes import nominal, size
from symbprop.emit.tall import SMALL
from symbprop.emit.views import View, Views, aligned
from symbprop.emit.windows import Window, window


@dataclass(frozen=True, slots=True)
class Bands:
    """The matrix of ``windows`` along all axes but the slowest: of shape ``rows``, of ``elements``; ``view`` finds theirs in it.

    ``height`` of its rows are a matrix of all windows of one row of places; the next one starts ``step`` rows on.
    """

    windows: str
    view: str
    rows: tuple[str, ...]
    elements: Extent
    height: int
    step: int
    pieces: Pieces
    target: Sequence[str]
    tail: str | None  # what brings a sum over all places into the target's order, if it is one
    parts: int  # that the matrices of such a sum are cut into, one for each row of a window, or one

    @property
    def text(self) -> str:
        """What tells it from other matrices."""
        return self.windows + self.view

    def stack(self, name: str) -> str:
        """The matrices of all windows of a row of places, of the matrix called ``name``."""
        return f"_windows({name}, ({self.height},), (0,))[::{self.step}].transpose(0, 2, 1)"

    def product(self, stack: str) -> Product:
        """The product with the other operand, the matrices called ``stack``."""
        cut, lengths = self.pieces, [size(self.pieces.extents[each]) for each in self.pieces.lead]
        if self.tail is not None and self.parts > 1:
            shape = (*lengths, str(self.parts), str(self.height // self.parts))
            return cut.summed(f"{stack}.reshape({', '.join(shape)}, -1)", self.tail, self.parts)
        if self.tail is not None:
            return cut.summed(stack, self.tail)
        if len(lengths) > 1:
            first, second = lengths
            shape = (first, str(self.height), second, one(cut.rest, cut.extents))
            stack = f"{stack}.reshape({', '.join(shape)}).transpose(0, 2, 1, 3)"
        return cut.made(stack, self.target)


def bands(
    access: Access, views: Views, other: View, target: Sequence[str], stored: Sequence[str], domain: Sequence[Range]
) -> Bands | None:
    """The contraction of windows with ``other`` as a stack of products, one for each row of places, where that is faster.

    ``stored`` are the indices of ``target`` as they are to lie in memory.
    """
    extents: dict[str, Extent] = {each.index: each.extent for each in domain}
    view = views.view(access, domain)
    shared = [index for index in (view if view.order else other).stored if index in view.axes and index in other.axes]
    kept, free = ([index for index in stored if index in each.axes and index not in shared] for each in (view, other))
    if not free or {*kept, *free, *shared} != {*view.axes, *other.axes} or set(shared) & set(target):
        return None
    summed = not set(view.inside) & set(shared)
    if not summed and not set(view.inside) <= set(shared):
        return None
    if list(stored) != ([*kept, *free] if summed else [*free, *kept]):
        return None
    places, inner = shared if summed else kept, kept if summed else shared
    slide = _along_rows(access, places, extents)
    if slide is None or len(places) < 2 or places[-1] != _last(access, view):
        return None
    inner = [slide.inside, *(each for each in (*view.inside, *inner) if each in inner and each != slide.inside)]
    inner = list(dict.fromkeys(inner))
    if not all(isinstance(extents[each], int) for each in inner):
        return None
    lead = 1 if summed else _leading(places, inner, free, extents)
    if nominal(extents[each] for each in (*inner, *free, *places[lead:])) < LEAST:
        return None
    if nominal(extents[each] for each in (slide.inside, *free)) > nominal(extents[each] for each in places[1:]):
        return None  # what a sum over rows of places adds up would be as large as what it is made of
    cut = Pieces(other, places[:lead], places[lead:], inner, free, extents, apart=True)
    tail = placed([inner, free], target, stored, extents)[0] if summed else None
    return _copied(access, views, slide, cut, target, tail)


def _copied(
    access: Access, views: Views, slide: Window, cut: Pieces, target: Sequence[str], tail: str | None
) -> Bands | None:
    """The windows along all axes but that of ``slide``, as they are to be copied."""
    reach = extent(slide.stride * (slide.count - 1) + slide.length)
    extents = {each: length for each, length in cut.extents.items() if each != slide.inside} | {slide.base: reach}
    along = Affine(((slide.base, 1),), slide.start)
    index = tuple(along if slide.inside in each.indices() else each for each in access.index)
    rows = views.view(Access(access.tensor, index), [Range(*each) for each in extents.items()])
    inner = [each for each in cut.inner if each != slide.inside]
    places = [*cut.lead[1:], *cut.rest]
    order = [slide.base, *inner, *places]
    if set(rows.axes) != set(order):
        return None
    views.helpers.add("windows")
    each = nominal(extents[index] for index in inner)
    of_row = each * nominal(cut.extents[index] for index in (*cut.free, *cut.rest))
    parts = slide.length if of_row * slide.length > SMALL and LEAST <= of_row <= SMALL else 1
    return Bands(
        aligned(rows, order),
        f".reshape({', '.join(size(extents[index]) for index in order)})",
        (one([slide.base, *inner], extents), one(places, extents)),
        product(tuple(extents[index] for index in order)),
        each * slide.length,
        each * slide.stride,
        cut, target, tail, parts,
    )  # fmt: skip


def _along_rows(access: Access, places: Sequence[str], extents: Mapping[str, Extent]) -> Window | None:
    """The window that slides along the first of ``places``, where its elements lie one after another."""
    slide = next((window(each, extents) for each in access.index if places[0] in each.indices()), None)
    if slide is None or slide.base != places[0] or slide.step != 1:
        return None
    known = all(isinstance(each, int) for each in (slide.count, slide.start))
    return slide if known else None


def _last(access: Access, view: View) -> str | None:
    """The index that runs along memory: in an array that is given with the examples first, that of the copy with them last."""
    if view.order:
        return [index for index in view.order if index not in view.inside][-1]
    return access.index[0].bare


def _leading(places: Sequence[str], inner: Sequence[str], free: Sequence[str], extents: Mapping[str, Extent]) -> int:
    """How many of ``places`` to make products apart for: two where that gets products that BLAS has kernels of its own for."""
    whole, parts = (nominal(extents[each] for each in (*inner, *free, *places[lead:])) for lead in (1, 2))
    few = nominal(extents[each] for each in free) <= ROWS
    return 2 if few and len(places) > 2 and whole > SMALL and LEAST <= parts <= SMALL else 1
