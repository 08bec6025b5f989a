"""The plan of products: for each product of matrices in a function its sizes, and the call that it is written as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from symbprop.calculus.index import Extent, at_sizes
from symbprop.emit.body import Body
from symbprop.emit.buffers import Buffers
from symbprop.emit.contraction import Product
from symbprop.emit.tall import HELPERS, piece_count
from symbprop.schedule.plan import Contract, Plan


@dataclass(frozen=True, slots=True)
class Planned:
    """``stack`` products of ``rows`` × ``length`` and ``length`` × ``columns``, ``times`` over, for the steps of loops.

    ``call`` is what the module calls, ``pieces`` in how many products of rows each is cut.
    """

    tensor: str
    factors: tuple[str, str]
    times: int
    stack: int
    rows: int
    length: int
    columns: int
    call: str
    pieces: int = 1

    @property
    def operations(self) -> int:
        """Floating-point operations, a product and a sum apart."""
        return 2 * self.times * self.stack * self.rows * self.length * self.columns


def products(plan: Plan, names: Mapping[str, str], buffers: Buffers, sizes: Mapping[str, int]) -> list[Planned]:
    """All products of a plan in order, at ``sizes`` of what is free. Raises ``KeyError`` for a missing size."""
    body = Body(plan, names, lambda _: "", lambda *_: "", buffers)
    body.write()
    return [_planned(each.step, each.product, each.steps, sizes) for each in body.products]


def _planned(step: Contract, made: Product, steps: tuple[Extent, ...], sizes: Mapping[str, int]) -> Planned:
    lengths = {each.index: at_sizes(each.extent, sizes) for each in step.domain}
    left, right, kept = (set(each.indices()) for each in (step.left, step.right, step.target))
    stack = prod(lengths[index] for index in left & right & kept)
    length = prod(lengths[index] for index in (left | right) - kept)
    rows, columns = (prod(lengths[i] for i in one & kept - other) for one, other in ((left, right), (right, left)))
    times = prod(at_sizes(each, sizes) for each in steps)
    pieces = at_sizes(made.pieces, sizes)
    if made.function in HELPERS:
        cut = length if made.function == "_tall_dot" else rows
        pieces = piece_count(made.function, cut, rows * length * columns // cut)
    factors = (step.left.tensor, step.right.tensor)
    return Planned(step.target.tensor, factors, times, stack, rows, length, columns, made.function, pieces)
