"""Sums into places that integers choose: the adjoint of a gather."""

from __future__ import annotations

from collections.abc import Sequence

from symbprop.calculus.index import Extent, product
from symbprop.emit.sizes import size


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
