"""Element-wise maps and new tensors of a plan as lines, every one citing its equation."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from sympy import Expr, Symbol

from symbprop.calculus.index import Extent
from symbprop.calculus.nodes import split_sign
from symbprop.calculus.statement import index_symbol, read_symbol
from symbprop.emit.abreast import Abreast
from symbprop.emit.blocks import Letters, are_long, block_lines, row_leaves
from symbprop.emit.bounds import known, shares
from symbprop.emit.buffers import Buffers
from symbprop.emit.elementwise import Elementwise
from symbprop.emit.kernel import Storage
from symbprop.emit.lines import Line
from symbprop.emit.loops import step_numbers, typed_steps
from symbprop.emit.offsets import Offsets, offsets, only_compared
from symbprop.emit.pool import Pool
from symbprop.emit.side_by_side import finished, some_at_a_time
from symbprop.emit.sizes import nominal
from symbprop.emit.storage import allocation, broadcast_shape
from symbprop.emit.value import Value
from symbprop.emit.variables import unused
from symbprop.emit.views import View, Views, aligned
from symbprop.emit.writing import write_through
from symbprop.schedule.order import whole
from symbprop.schedule.plan import Allocate, Map, Plan

GATHERED = re.compile(r"np\.take\([^()]*\)")  # a new array already
SMALL = 2048  # elements of a call that takes less time than it takes NumPy to see what it is to do with its operands
BUFFERS = ("t", "u", "v", "w", "r", "q", "tt", "uu", "vv", "ww")


@dataclass
class Maps:
    """Writes the maps of a plan. ``names`` maps tensors to variables; ``cite`` gives the note of a step's equation.

    What is not handed out lives in ``buffers``, if there are any.
    """

    plan: Plan
    names: Mapping[str, str]
    cite: Callable[[int], str]
    explain: Callable[[Map, Expr], str]
    buffers: Buffers | None = None
    lines: list[Line] = field(default_factory=list)
    helpers: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.names = self._called = dict(self.names)
        stored = {} if self.buffers is None else self.buffers.layouts
        self.views = Views(
            self.plan.tensors, self.names, stored, None if self.buffers is None else self.buffers.numbers
        )
        self._numbers = frozenset(step_numbers(self.plan.steps))
        self._taken = {*self.names.values(), *(symbol.name for symbol in self._numbers)}
        self._buffers = [name for name in BUFFERS if name not in self._taken]
        self._steps: list[Extent] = []  # of the recurrences that what is written stands in
        self._shares = shares(self.plan)
        groups = [] if self.buffers is None else self.buffers.abreast
        self._groups = {id(each): group for group in groups for each in group.maps}
        self._filling: list[Map] = []  # what writes every element of a tensor that is made right before it

    def _map(self, step: Map) -> list[Line]:
        if self.buffers is not None and id(step) in self._groups:
            group = self._groups[id(step)]
            return self._abreast(group, self.buffers) if step is group.maps[0] else []
        looped = offsets(step, self.plan.tensors, self._taken)
        if looped is not None:
            if any(step is each for each in self._filling):
                looped = replace(looped, step=replace(looped.step, accumulate=False))
            return self._loop(looped)
        sign, expr = split_sign(step.expr) if step.accumulate else (1, step.expr)
        lower, value = self._lowered(step, expr, self._leaves(step), Pool(self._buffers))
        if self.buffers is not None and not self._steps and are_long(step, lower.lines, self.plan, self.views.layouts):
            return self._in_blocks(step, self.buffers)
        target = self.names[step.target.tensor]
        note = self.cite(step.source)
        plain = whole(step.target, step.domain, self.plan.shape(step.target.tensor))
        if not step.domain and plain:
            return self._scalar(target, value, sign, step, lower.lines)
        lines = lower.lines
        if step.accumulate and plain:
            text = lower.spread(value, frozenset(self._order(step)), note)
            lines.append(Line(f"{target} {'+' if sign > 0 else '-'}= {text}", note=note))
        elif plain and value.indices == frozenset(each.index for each in step.domain):
            if value.owned and lines:
                moved = value.text == self.names.get(step.reuse) and value.text != target
                lives = f"; {target} lives in {value.text}" if moved else ""
                lines[-1] = replace(lines[-1], head=f"{target} = ", note=note + lives)
            elif value.owned or GATHERED.fullmatch(value.text):
                lines.append(Line(f"{target} = {value.text}", note=note))
            elif where := self._new(step.target.tensor):
                lines.append(Line(f"{target} = {where}"))
                lines.append(Line("", "np.copyto", (target, value.text), note))
            else:
                lines.append(Line(f"{target} = {value.text}.copy()", note=note))
        elif plain:
            lines.append(self._allocated(Allocate(step.target.tensor, step.source, zeros=False)))
            lines.append(Line(f"{target}[...] = {value.text}", note=note))
        else:
            in_loop = any(isinstance(c.offset, Expr) and not c.terms for c in step.target.index)
            fills = (
                (in_loop or not step.accumulate)
                and value.owned
                and not value.boolean
                and value.indices == frozenset(self._order(step))
            )
            write_through(self.views, step, value, lines, note, sign=sign, filled=fills)
        if self.buffers is None:
            return lines
        apart = bool(step.reuse) or any(read.tensor == step.target.tensor for read in step.reads)
        started = step.target.tensor if plain and not step.accumulate else ""
        return self.buffers.place(lines, self._along(step), started, value.text, apart=apart)

    def _lowered(
        self, step: Map, expr: Expr, leaves: Callable[[Symbol], Value], pool: Pool, cited: str = ""
    ) -> tuple[Elementwise, Value]:
        """The calls that compute a map, and what holds its value; ``cited`` are equations besides that of the step."""
        lower = Elementwise(
            leaves,
            lambda node: f"{cited or self.cite(step.source)} {self.explain(step, node)}".strip(),
            self._storage(step, pool),
            known(step, self._shares),
        )
        value = lower.lower(typed_steps(expr, self._numbers))
        self.helpers |= lower.helpers
        return lower, value

    def _storage(self, step: Map, pool: Pool) -> Storage:
        """Where the results of a map's calls live."""
        shape, buffers = partial(broadcast_shape, step.domain), self.buffers
        if buffers is None or self._has_integers(step):
            return Storage(pool.take, pool.release, shape)
        if self._steps:
            return Storage(pool.take, pool.release, shape, buffers.number)

        def is_small(indices: frozenset[str]) -> bool:
            return nominal(each.extent for each in step.domain if each.index in indices) <= SMALL

        def spread(indices: frozenset[str]) -> str:
            return buffers.intermediate("spread", shape(indices), self._along(step)) if is_small(indices) else ""

        def scalar(indices: frozenset[str]) -> str:
            return buffers.scalar() if is_small(indices) else ""

        return Storage(pool.take, pool.release, shape, buffers.number, spread, scalar)

    def _along(self, step: Map) -> tuple[int, ...]:
        """The axes of a step as its target has them in memory."""
        order, stored = self._order(step), self.views.stored(step.target)
        return tuple(order.index(index) for index in stored if index in order)

    def _in_blocks(self, step: Map, buffers: Buffers) -> list[Line]:
        """A long map over large arrays, some rows at a time."""
        rows = next(name for name in ("rows", "block", "rows_") if name not in self._taken)
        letters = Letters(self._buffers, self._taken)
        lower, value = self._lowered(step, step.expr, row_leaves(self._leaves(step), step, rows), letters)
        self.helpers.add("blocks")
        target, note = self.names[step.target.tensor], self.cite(step.source)
        if step.reuse:
            lives = f"; {target} lives in {self.names[step.reuse]}"
            start = [Line(f"{target} = {self.names[step.reuse]}", note=note + lives)]
        else:
            start = [self._allocated(Allocate(step.target.tensor, step.source, zeros=False))]
        return [*start, *block_lines(step, lower.lines, value, target, rows, letters, buffers)]

    def _abreast(self, group: Abreast, buffers: Buffers) -> list[Line]:
        """Several maps as one; from then on each target is a part of the array that all of them are in."""
        step, first, last = group.together, group.maps[0], group.maps[-1]
        cited = f"{self.cite(first.source)}{'…' if len(group.maps) > 2 else ', '}{self.cite(last.source)}"
        ends = f"{self.names[first.reads[0].tensor]} to {self.names[last.reads[0].tensor]}"
        members, *others = self._buffers or [unused("t", self._taken)]
        part = next(name for name in ("some", "part", "some_") if name not in self._taken)
        letters = Letters(others, self._taken)
        lower, value = self._lowered(step, step.expr, partial(group.leaf, members), letters, cited)
        where = buffers.side_by_side(group)
        lines = some_at_a_time(
            finished(lower.lines, value, members, cited), members, where, [each.extent for each in step.domain],
            part, f"{cited} some of {ends} at a time", letters, buffers,
        )  # fmt: skip
        if lines[0].head.startswith("for "):
            self.helpers.add("blocks")
        made = unused(f"{self.names[first.target.tensor]}s", self._taken)
        for place, each in enumerate(group.maps):
            self._called[each.target.tensor] = f"{made}[{place}]"
        return [*lines, Line(f"{made} = {where}")]

    def _new(self, tensor: str) -> str:
        """Where a tensor that starts here lives, if that is an array that is kept."""
        return "" if self.buffers is None else self.buffers.of(tensor)

    def _handed(self, tensor: str) -> str:
        """Where a tensor goes that starts here and is handed out, if the caller may say so."""
        return "" if self.buffers is None or tensor in self.views.layouts else self.buffers.outputs.into(tensor)

    def _loop(self, looped: Offsets) -> list[Line]:
        """One pass over the map for each offset inside the windows it writes."""
        lines: list[Line] = []
        for depth, (variable, length) in enumerate(looped.variables):
            if variable in self._buffers:
                self._buffers.remove(variable)
            note = self.cite(looped.step.source) if depth == 0 else ""
            lines.append(Line(f"for {variable} in range({length}):", note=note, depth=depth))
        depth = len(looped.variables)
        return [*lines, *(replace(line, depth=depth, note="") for line in self._map(looped.step))]

    def _scalar(self, target: str, value: Value, sign: int, step: Map, lines: list[Line]) -> list[Line]:
        operator = ("+=" if sign > 0 else "-=") if step.accumulate else "="
        return [*lines, Line(f"{target} {operator} {value.text}", note=self.cite(step.source))]

    def _leaves(self, step: Map) -> Callable[[Symbol], Value]:
        positions = {read_symbol(p): access for p, access in enumerate(step.reads)}
        numbers = {index_symbol(p): each for p, each in enumerate(step.domain)}
        domain = frozenset(each.index for each in step.domain)
        compared, whole_number = only_compared(step.expr), self.plan.tensors[step.target.tensor].integer

        def leaf(symbol: Symbol) -> Value:
            if symbol in numbers:
                each = numbers[symbol]
                text = self.views.numbers(each.extent, "np.intp" if symbol in compared else "dtype")
                return Value(aligned(View(text, (each.index,)), self._order(step)), frozenset((each.index,)))
            if symbol not in positions:
                return Value(symbol.name, frozenset())
            access = positions[symbol]
            text = self.views.read(access, step.domain)
            indices = frozenset(access.indices())
            owned = access.tensor == step.reuse and access.index == step.target.index and indices == domain
            if self.plan.tensors[access.tensor].integer and not whole_number and symbol not in compared:
                text = f"{text}.astype(dtype)"
            return Value(text, indices, owned=owned)

        return leaf

    def _has_integers(self, step: Map) -> bool:
        return any(self.plan.tensors[each.tensor].integer for each in (step.target, *step.reads))

    def _order(self, step: Map) -> list[str]:
        return [each.index for each in step.domain]

    def _allocated(self, step: Allocate) -> Line:
        name, note = self.names[step.target], self.cite(step.source)
        where = self._new(step.target)
        if where:
            return Line(f"{name} = {where}", note=note)
        return allocation(step, self.plan.tensors[step.target], name, note)
