"""Products of a tall matrix, whose rows are counted at run time, with a narrow one: cut into pieces by a helper.

OpenBLAS has kernels for products of up to a million multiplications. With few columns, or few rows, they are up to twice as
fast as the others and nowhere slower (``templates/helper_pieces.py.jinja`` says where a product is cut).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from symbprop.calculus.index import Extent
from symbprop.emit.views import View, aligned

SMALL = 10**6  # multiplications of a product for which BLAS has kernels of its own
STACK = 64  # products whose sum is kept in one array before it is added up
NARROW = 32  # rows or columns at most, of the narrower matrix
LEAST = 1024  # elements of the matrix whose size is known: below it a piece would have more than a thousand rows
HELPERS = {"_narrow_dot": ("narrow", "pieces"), "_tall_dot": ("pieces", "tall")}  # the files of each


def in_pieces(
    left: View, right: View, groups: Sequence[Sequence[str]], extents: Mapping[str, Extent]
) -> tuple[str, tuple[str, str]] | None:
    """The helper and its arguments for ``left[rows, summed] · right[summed, columns]``, the three ``groups`` of indices.

    Either the rows are many, or what is summed over is; the others are known, and one of them small.
    """
    if any(len(each) != 1 for each in groups) or left.inside or right.inside:
        return None
    (rows,), (summed,), (columns,) = groups
    known = {index: extents[index] for index in (rows, summed, columns)}
    sizes = [size for size in known.values() if isinstance(size, int)]
    if len(sizes) != 2 or min(sizes) > NARROW or math.prod(sizes) < LEAST or not _lies(right, summed, columns):
        return None  # with a transpose on the right pieces are slower
    if not isinstance(known[rows], int) and _lies(left, rows, summed):
        return "_narrow_dot", (aligned(left, [rows, summed]), aligned(right, [summed, columns]))
    if not isinstance(known[summed], int) and _lies(left, summed, rows):
        return "_tall_dot", (aligned(left, [summed, rows]), aligned(right, [summed, columns]))
    return None


def piece_count(helper: str, length: int, numbers: int) -> int:
    """How many pieces a helper cuts ``length`` rows into, each of which is multiplied ``numbers`` times, as it does itself."""
    least = -(-length * numbers // SMALL)
    found = next((n for n in range(least, 2 * least) if length % n == 0), least)
    return found if helper == "_narrow_dot" or found <= STACK else 1


def _lies(view: View, first: str, last: str) -> bool:
    """Whether a view is a matrix of these axes, row after row."""
    return list(view.stored) == [first, last]
