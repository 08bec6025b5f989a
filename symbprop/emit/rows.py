"""The largest or smallest of short rows: of neighbours in pairs, again and again, where a reduction goes row by row."""

from __future__ import annotations

from collections.abc import Sequence

from symbprop.calculus.index import Extent, product
from symbprop.emit.buffers import Buffers
from symbprop.emit.contraction import Product
from symbprop.emit.extrema import PAIRWISE
from symbprop.emit.sizes import size
from symbprop.emit.views import View
from symbprop.schedule.plan import Fold

LONGEST = (
    64  # elements of a row; NumPy's reduction takes the time of about a hundred for each row, and then hardly more
)
SHORTEST = 8


def by_pairs(step: Fold, view: View, kept: Sequence[str], place: str, buffers: Buffers) -> Product | None:
    """The call of ``_row_extreme`` (``templates/helper_row_extreme.py.jinja``), where the rows lie one after another in memory.

    The length of a row has to be a power of two.
    """
    lengths = {each.index: each.extent for each in step.domain}
    if step.reduction not in PAIRWISE or not place or len(step.reduced) != 1 or view.inside:
        return None
    (row,) = step.reduced
    length = row.extent
    if not isinstance(length, int) or not SHORTEST <= length <= LONGEST or length & (length - 1):
        return None
    if list(view.stored) != [*kept, row.index] or list(view.axes) != [*kept, row.index] or not view.text.isidentifier():
        return None
    rows: Extent = product(tuple(lengths[index] for index in kept))
    halves = buffers.intermediate("halves", (size(product((rows, length * 3 // 4))),))
    return Product("_row_extreme", (PAIRWISE[step.reduction], view.text, halves))
