"""A plan as the lines of a function body, every line citing its equation."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from sympy import Expr, Symbol

from symbprop.calculus.index import Access
from symbprop.calculus.nodes import split_sign
from symbprop.calculus.statement import Reduction, index_symbol, read_symbol
from symbprop.emit.bounds import known, shares
from symbprop.emit.buffers import Buffers
from symbprop.emit.contraction import Product, contract
from symbprop.emit.elementwise import Elementwise
from symbprop.emit.extrema import CHOICES, FOLDS, QUICK, choice, first_maximum, pairwise
from symbprop.emit.lines import Line
from symbprop.emit.loops import loop_head, step_numbers, typed_steps
from symbprop.emit.matrices import Matrices
from symbprop.emit.offsets import Offsets, offsets, only_compared, products
from symbprop.emit.pool import Pool
from symbprop.emit.steps import upright
from symbprop.emit.storage import alias, allocation, broadcast_shape, filled, is_block, place_of
from symbprop.emit.sums import by_ones
from symbprop.emit.tall import HELPERS
from symbprop.emit.value import Value
from symbprop.emit.views import View, Views, aligned
from symbprop.emit.writing import write_through
from symbprop.schedule.order import whole
from symbprop.schedule.plan import Alias, Allocate, Contract, Fold, Loop, Map, Plan, Step

GATHERED = re.compile(r"np\.take\([^()]*\)")  # a new array already
BUFFERS = ("t", "u", "v", "w", "r", "q", "tt", "uu", "vv", "ww")


@dataclass
class Body:
    """Writes the steps of a plan. ``names`` maps tensors to variables; ``cite`` gives the note of a step's equation.

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
        stored = {} if self.buffers is None else self.buffers.layouts
        self.views = Views(
            self.plan.tensors, self.names, stored, None if self.buffers is None else self.buffers.numbers
        )
        self._numbers = frozenset(step_numbers(self.plan.steps))
        self._taken = {*self.names.values(), *(symbol.name for symbol in self._numbers)}
        self._buffers = [name for name in BUFFERS if name not in self._taken]
        self._matrix = Matrices(self.plan, self.views, self._taken, self.buffers)
        self._inside = 0  # how many recurrences what is written stands in
        self._shares = shares(self.plan)
        self._firsts: dict[tuple[Access, tuple[str, ...]], str] = {}

    def write(self) -> list[Line]:
        """The lines of all steps."""
        self._write(self.plan.steps)
        self.helpers |= self.views.helpers
        return self.lines

    def _steps_of(self, step: Loop) -> None:
        """A recurrence: its steps, one after another."""
        before = len(self.lines)
        self._firsts = {}
        self._inside += 1
        self._write(step.body)
        self._inside -= 1
        self._firsts = {}
        inside = [replace(line, depth=line.depth + 1) for line in self.lines[before:]]
        ahead, inside = upright(inside, step, self.plan, self.names, self._taken, self.buffers)
        self.lines[before:] = [*ahead, Line(loop_head(step)), *inside]

    def _write(self, given: Sequence[Step]) -> None:
        steps = iter(zip(given, (*given, None)[1:], strict=True))
        for step, following in steps:
            match step:
                case Loop():
                    self._steps_of(step)
                case Contract() if self._products(step, following):
                    next(steps)
                case Map():
                    self.lines.extend(self._map(step))
                case Contract():
                    self._contract(step)
                case Fold():
                    self._fold(step)
                case Allocate():
                    self.lines.append(self._allocated(step))
                    if (filling := filled(step, self._new(step.target), self.names[step.target])) is not None:
                        self.lines.append(filling)
                case Alias():
                    self.lines.append(alias(step, self.plan, self.views, self.names, self.cite(step.source)))

    def _allocated(self, step: Allocate) -> Line:
        name, note = self.names[step.target], self.cite(step.source)
        where = self._new(step.target)
        if where:
            return Line(f"{name} = {where}", note=note)
        return allocation(step, self.plan.tensors[step.target], name, note)

    # Element-wise maps -----------------------------------------------------------------------------------------------

    def _map(self, step: Map) -> list[Line]:
        looped = offsets(step, self.plan.tensors, self._taken)
        if looped is not None:
            return self._loop(looped)
        explain, shape = partial(self._note, step), partial(broadcast_shape, step.domain)
        pool = Pool(self._buffers)
        number = str if self.buffers is None or self._has_integers(step) else self.buffers.number
        lower = Elementwise(
            self._leaves(step), pool.take, pool.release, explain, shape, known(step, self._shares), number
        )
        sign, expr = split_sign(step.expr) if step.accumulate else (1, step.expr)
        value = lower.lower(typed_steps(expr, self._numbers))
        self.helpers |= lower.helpers
        target = self.names[step.target.tensor]
        note = self.cite(step.source)
        plain = whole(step.target, step.domain, self.plan.shape(step.target.tensor))
        if not step.domain and plain:
            return self._scalar(target, value, sign, step, lower.lines)
        lines = lower.lines
        if step.accumulate and plain:
            lines.append(Line(f"{target} {'+' if sign > 0 else '-'}= {value.text}", note=note))
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
            fills = in_loop and value.owned and not value.boolean and value.indices == frozenset(self._order(step))
            write_through(self.views, step, value, lines, note, sign=sign, filled=fills)
        if self.buffers is None:
            return lines
        stored = self.views.stored(step.target)
        order = tuple(self._order(step).index(index) for index in stored if index in self._order(step))
        apart = bool(step.reuse) or any(read.tensor == step.target.tensor for read in step.reads)
        started = step.target.tensor if plain and not step.accumulate else ""
        return self.buffers.place(lines, order, started, value.text, apart=apart)

    def _new(self, tensor: str) -> str:
        """Where a tensor that starts here lives, if that is an array that is kept."""
        return "" if self.buffers is None else self.buffers.of(tensor)

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

    def _products(self, step: Contract, following: Step | None) -> bool:
        """A product for each offset, where the next step would add them up window by window."""
        made = products(step, following, self.views, self.plan.tensors, self._taken)
        if made is None:
            return False
        loop, place, product = made
        for depth, (variable, length) in enumerate(loop.variables):
            note = self.cite(step.source) if depth == 0 else ""
            self.lines.append(Line(f"for {variable} in range({length}):", note=note, depth=depth))
        line = Line(f"{place} += ", product.function, product.arguments, "", product.tail, len(loop.variables))
        self.lines.append(line)
        return True

    def _note(self, step: Map, expr: Expr) -> str:
        return f"{self.cite(step.source)} {self.explain(step, expr)}".strip()

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

    # Sums and views --------------------------------------------------------------------------------------------------

    def _contract(self, step: Contract) -> None:
        target, note = place_of(step, self.views), self.cite(step.source)
        made = None if self._inside else self._matrix.product(step, note, self.lines)
        if made is None:
            left, right = (self.views.view(each, step.domain) for each in (step.left, step.right))
            target_indices = [str(each.bare) for each in step.target.index if each.terms]
            stored = self.views.stored(step.target)
            made = contract(left, right, target_indices, step.domain, stored)
            self.views.helpers.update(HELPERS.get(made.function, ()))
        self._assign(step, target, made, note)

    def _assign(self, step: Contract | Fold, target: str, made: Product, note: str) -> None:
        """Write what a product makes into the target, where it lives if it can."""
        operator = "+=" if step.accumulate else "="
        plain = target == self.names[step.target.tensor] and not step.accumulate
        where = self._new(step.target.tensor) if made.shape and plain else ""
        if self.buffers is not None and made.shape and not made.tail and is_block(step, self.plan, self.views):
            self.lines.append(Line("", made.function, made.arguments, note).into(target))
        elif self.buffers is not None and made.shape and not plain:
            held = self._buffers[0]
            line = Line(f"{held} = ", made.function, made.arguments, note)
            self.lines.append(line.into(self.buffers.intermediate(held, made.shape)))
            self.lines.append(Line(f"{target} {operator} {held}{made.tail}", note=note))
        elif where and made.inside:
            self.lines.append(Line(f"{target} = {where}"))
            self.lines.append(Line("", made.function, made.arguments, note).into(f"{target}{made.inside}"))
        elif where:
            self.lines.append(Line(f"{target} = ", made.function, made.arguments, note).into(where))
        else:
            self.lines.append(Line(f"{target} {operator} ", made.function, made.arguments, note, made.tail))

    def _fold(self, step: Fold) -> None:
        target, note = place_of(step, self.views), self.cite(step.source)
        view = self.views.view(step.operand, step.domain)
        kept = [str(each.bare) for each in step.target.index if each.terms]
        summed = [each.index for each in step.reduced]
        if len(set(view.axes)) != len(view.axes):
            raise AssertionError(f"a repeated index in a fold of {step.operand.tensor}")
        plain = target == self.names[step.target.tensor] and kept and not step.accumulate
        place = self._new(step.target.tensor) if plain else ""
        extents = {each.index: each.extent for each in step.domain}
        if step.reduction is Reduction.SUM and self.buffers is not None:
            stored = self.views.stored(step.target)
            made = by_ones(view, kept, summed, extents, stored, self.buffers)
            if made is not None:
                self._assign(step, target, made, note)
                return
        slid = pairwise(step, self.views, target, self._taken, note, place)
        if slid is not None:
            self.lines.extend(slid)
            return
        if step.reduction in CHOICES:
            self._choose(step, view, kept, summed, target, note)
            return
        order = [index for index in view.axes if index in kept]
        text = view.text
        if order != kept:
            text, order = aligned(view, [*kept, *summed]), kept
            axes = list(range(len(kept), len(kept) + len(summed)))
        else:
            axes = [position for position, index in enumerate(view.axes) if index in summed]
        where = "" if not kept else f"axis={axes[0] if len(axes) == 1 else tuple(axes)}"
        arguments = tuple(each for each in (text, where) if each)
        function = (FOLDS if self.buffers is None else QUICK)[step.reduction]
        if not kept and self.buffers is not None and len(view.axes) > 1:
            arguments = (text, "axis=None")
        line = Line(f"{target} {'+=' if step.accumulate else '='} ", function, arguments, note)
        self.lines.append(line.into(place) if place else line)

    def _choose(self, step: Fold, view: View, kept: list[str], summed: list[str], target: str, note: str) -> None:
        """The position of the first maximum along one of several axes."""
        text = aligned(view, [*kept, *summed])
        slid = first_maximum(step, text, len(kept), target, self._firsts, self._taken)
        if slid is not None:
            self.helpers.add("argmax")
            self.lines.extend(replace(line, note=note) for line in slid)
        else:
            self.lines.append(replace(choice(step, text, kept, target), note=note))
