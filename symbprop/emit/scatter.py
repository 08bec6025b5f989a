"""Sums into places that integers choose: the adjoint of a gather."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symbprop.calculus.index import Access, Extent, product
from symbprop.emit.sizes import nominal, size

MANY = 4  # times as many places as rows, from which on most rows have a place of their own


def scatter(
    name: str, places: Sequence[str], shape: Sequence[Extent], text: str, *, full: bool, rank: int, flat: bool
) -> tuple[str, ...]:
    """The arguments of ``np.add.at`` that add ``text`` to ``name`` at ``places``, one integer array for each axis.

    ``rank`` is the number of indices; ``full`` says whether ``text`` has an axis for each of them. NumPy adds at one flat
    index ten times as fast as at several, and repeated places still add up; without ``flat`` the elements do not lie in
    the order of the axes, and the places stay several.
    """
    if len(places) == 1 and rank == 1:
        return name, places[0], text
    if not flat:
        return name, f"({', '.join(places)})", text
    parts = []
    for axis, place in enumerate(places):
        stride = product(tuple(shape[axis + 1 :]))
        inner = f"({place})" if " + " in place and stride != 1 else place
        parts.append(
            place if stride == 1 else f"{size(stride) if isinstance(stride, int) else f'({size(stride)})'} * {inner}"
        )
    whole = " + ".join(parts)
    values = f"{text}.ravel()" if full else f"np.broadcast_to({text}, ({whole}).shape).ravel()"
    return f"{name}.reshape(-1)", f"({whole}).ravel()", values


def as_rows(
    target: Access, indices: Sequence[str], shape: Sequence[Extent], extents: Mapping[str, Extent]
) -> list[str] | None:
    """The indices of the rows, where whole rows of a table are added to at places of which there are many."""
    rest = [coordinate.bare for coordinate in target.index[1:]]
    lead = list(indices[: len(indices) - len(rest)])
    gather = target.index[0].gather
    if gather is None or list(indices) != [*lead, *rest] or set(gather.indices()) != set(lead):
        return None
    if any(extents[index] != length for index, length in zip(indices[len(lead) :], shape[1:], strict=True)):
        return None
    many = isinstance(shape[0], int) and shape[0] >= MANY * nominal(extents[index] for index in lead)
    return lead if many and rest else None
