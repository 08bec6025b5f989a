"""Long chains of calls over large arrays, a block of rows at a time: what one call leaves, the next finds in the cache.

What lies between two calls is as large as a block then, not as a tensor. No number changes: every element is computed by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from sympy import Expr, Symbol

from symbprop.calculus.index import Extent, product
from symbprop.calculus.statement import index_symbol
from symbprop.emit.buffers import Buffers
from symbprop.emit.lines import Line
from symbprop.emit.loops import is_ufunc
from symbprop.emit.pool import Pool
from symbprop.emit.sizes import size
from symbprop.emit.value import Value
from symbprop.schedule.order import whole
from symbprop.schedule.plan import Map, Plan

LONG = 8  # calls from which on slices of their operands are worth their while
WIDE = 256  # elements of a row; of narrower ones there are seldom enough


class Letters(Pool):
    """Names for what a block is computed in, those of truth values apart. None is one of ``taken``."""

    def __init__(self, letters: Sequence[str], taken: Collection[str]) -> None:
        super().__init__(letters)
        self._masks = Pool([name for name in ("chosen", "other", "where_", "left") if name not in taken])
        self.used: dict[str, bool] = {}

    def take(self, boolean: bool = False) -> str:
        """A name that nothing has."""
        name = self._masks.take() if boolean else super().take()
        self.used.setdefault(name, boolean)
        return name

    def release(self, name: str) -> None:
        """Nobody reads what is called ``name`` any more."""
        (self._masks.release if self.used.get(name) else super().release)(name)


def are_long(step: Map, lines: Sequence[Line], plan: Plan, layouts: Collection[str]) -> bool:
    """Whether ``lines`` are many, and make a tensor with a wide row for each example of such tensors and of what rows share."""
    if len(lines) < LONG or not step.domain or step.accumulate:
        return False
    first, *others = step.domain
    elements = product(tuple(each.extent for each in others))
    if not isinstance(first.extent, Expr) or not isinstance(elements, int) or elements < WIDE:
        return False
    tensors = (step.target.tensor, *(each.tensor for each in step.reads))
    if any(plan.tensors[each].integer or each in layouts for each in tensors):
        return False
    in_rows = all(each.index == step.target.index or first.index not in each.indices() for each in step.reads)
    shape = tuple(size(each.extent) for each in step.domain)
    return (
        in_rows
        and whole(step.target, step.domain, plan.shape(step.target.tensor))
        and index_symbol(0) not in step.expr.free_symbols
        and all(line.shape in ((), shape) for line in lines)
    )


def row_leaves(leaf: Callable[[Symbol], Value], step: Map, rows: str) -> Callable[[Symbol], Value]:
    """The operands of a map for some ``rows``."""
    first = step.domain[0].index

    def of_rows(symbol: Symbol) -> Value:
        value = leaf(symbol)
        return replace(value, text=f"{value.text}[{rows}]") if first in value.indices else value

    return of_rows


def block_lines(
    step: Map, made: Sequence[Line], value: Value, target: str, rows: str, letters: Letters, buffers: Buffers
) -> list[Line]:
    """The loop over blocks of rows whose calls are ``made``; the last one, of ``value``, writes into ``target``."""
    inside: list[Line] = []
    written: dict[str, bool] = {}
    for position, line in enumerate(made):
        into = line.head.removesuffix(" = ")
        if position == len(made) - 1 and is_ufunc(line.call):
            line = replace(line.into(f"{target}[{rows}]"), head="", shape=())
        elif into and line.shape:
            written[into] = letters.used[into]
            line = replace(line.into(into), head="", shape=())
        inside.append(replace(line, depth=1))
    if not is_ufunc(made[-1].call):
        inside.append(Line(f"{target}[{rows}] = {value.text}", depth=1))
    extents = [each.extent for each in step.domain]
    blocks = buffers.blocks(size(extents[0]), _shape_of_block(extents), written)
    names = ", ".join([rows, *written])
    head = f"for {names} in {blocks}:" if written else f"for ({names},) in {blocks}:"
    return [Line(head, note="some rows at a time"), *inside]


def _shape_of_block(extents: Sequence[Extent]) -> tuple[str, ...]:
    """The shape of what a block is computed in."""
    first, *others = extents
    elements = size(product(tuple(others)))
    return (f"_block({size(first)}, {elements}, dtype)", *map(size, others))
