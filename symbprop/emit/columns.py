"""Contractions with windows as one matrix product: the windows are copied into a matrix, one row for each place.

``Σ_{p,q,c} x[n,u+p,v+q,c] K[p,q,c,o]`` is the matrix of x with rows (n,u,v) and columns (p,q,c), times K as a matrix;
the adjoint with respect to K is the same matrix, transposed, times the cotangent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from symbprop.calculus.index import Extent, product
from symbprop.emit.contraction import Product
from symbprop.emit.sizes import size
from symbprop.emit.views import View, aligned

SHORT = 12  # elements in a row below which copying along the windows is slower than copying along the places


@dataclass(frozen=True, slots=True)
class Columns:
    """The matrix of windows (``text``, of ``elements``), and the product it stands in: ``np.dot(matrix, other)``.

    ``windows`` are the windows as a view, ``view`` finds their shape in a matrix of shape ``rows``.
    """

    windows: str
    view: str
    rows: str
    text: str
    elements: Extent
    transposed: bool
    other: str
    tail: str
    shape: str
    inside: str

    def product(self, matrix: str) -> Product:
        """The product, the matrix called ``matrix``."""
        return Product("np.dot", (matrix + ".T" * self.transposed, self.other), self.tail, self.shape, self.inside)


def columns(
    windows: View, other: View, target: Sequence[str], extents: Mapping[str, Extent], summed: Sequence[str]
) -> Columns | None:
    """The contraction of ``windows`` with ``other`` as a matrix product, where it has that form."""
    mine, theirs = set(windows.axes), set(other.axes)
    kept = [index for index in windows.axes if index in target]
    free = [index for index in other.axes if index in target]
    if (mine & theirs) != set(summed) or set(target) != {*kept, *free} or mine & set(free):
        return None
    places = [index for index in windows.axes if index not in windows.inside]
    rows, inner = _split(windows, places, set(summed))
    if inner is None or not set(windows.inside) <= set(inner):
        return None
    if list(target) != [*(i for i in target if i in kept), *(i for i in target if i in free)]:
        return None
    places_first = _run(windows, inner, extents) >= SHORT
    order = [*rows, *inner] if places_first else [*inner, *rows]
    lead = "-1" if places_first else _product(inner, extents)
    last = _product(inner, extents) if places_first else "-1"
    matrix = f"{aligned(windows, order)}.reshape({lead}, {last})"
    sides = (rows, inner) if places_first else (inner, rows)
    view = f".reshape({', '.join(size(extents[index]) for index in order)})"
    made = (aligned(windows, order), view, f"({', '.join(_product(each, extents) for each in sides)})", matrix)
    inner_summed = set(summed) == set(inner)
    across = inner if inner_summed else rows
    ours = rows if inner_summed else inner
    if [i for i in target if i in kept] != list(ours):
        return None
    shape = (_product(across, extents) if inner_summed else "-1", _product(free, extents))
    second = f"{aligned(other, [*across, *free])}.reshape({shape[0]}, {shape[1]})"
    result = ", ".join(size(extents[index]) for index in target)
    elements = _count([*rows, *inner], extents)
    flat = f"{_product(ours, extents)}, {_product(free, extents)}"
    whole = (f".reshape({result})", f"({flat})", f".reshape({flat})")
    return Columns(*made, elements, places_first != inner_summed, second, *whole)


def _split(windows: View, places: list[str], summed: set[str]) -> tuple[list[str], list[str] | None]:
    """The axes in two groups, one of them all summed: where the windows stand, and what stands in them."""
    inside = set(windows.inside)
    if inside <= summed:
        inner = [*windows.inside, *(i for i in places if i in summed)]
        return [i for i in places if i not in summed], inner
    if not inside & summed:
        return [i for i in places if i in summed], [*windows.inside, *(i for i in places if i not in summed)]
    return [], None


def _run(windows: View, inner: Sequence[str], extents: Mapping[str, Extent]) -> int:
    """How many elements of one window lie side by side in memory: the last axis of the window, and the channels."""
    total = _count(inner[len(windows.inside) - 1 :], extents)
    return total if isinstance(total, int) else SHORT


def _count(indices: Sequence[str], extents: Mapping[str, Extent]) -> Extent:
    return product(tuple(extents[index] for index in indices))


def _product(indices: Sequence[str], extents: Mapping[str, Extent]) -> str:
    return size(_count(indices, extents))
