"""A plan as the lines of a function body, every line citing its equation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from symbprop.calculus.index import Access, Extent
from symbprop.calculus.statement import Reduction
from symbprop.emit.contraction import Product, contract
from symbprop.emit.extrema import CHOICES, FOLDS, QUICK, choice, first_maximum, pairwise
from symbprop.emit.lines import Line
from symbprop.emit.loops import loop_range
from symbprop.emit.maps import BUFFERS, Maps
from symbprop.emit.matrices import Matrices
from symbprop.emit.offsets import offsets, products
from symbprop.emit.prepared import prepared
from symbprop.emit.repacked import Repacked
from symbprop.emit.rows import by_pairs
from symbprop.emit.steps import upright
from symbprop.emit.storage import alias, filled, is_block, place_of
from symbprop.emit.sums import by_ones
from symbprop.emit.tall import HELPERS
from symbprop.emit.variables import size_names
from symbprop.emit.views import View, aligned
from symbprop.schedule.plan import Alias, Allocate, Contract, Fold, Loop, Map, Step


@dataclass(frozen=True, slots=True)
class Written:
    """A product, how it is written, and the steps of the loops that it stands in."""

    step: Contract
    product: Product
    steps: tuple[Extent, ...]


@dataclass
class Body(Maps):
    """Writes the steps of a plan: maps, contractions, folds, recurrences, and views."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._matrix = Matrices(self.plan, self.views, self._taken, self.buffers)
        self._repacked = Repacked(self.views, self._taken, self.buffers)
        self._firsts: dict[tuple[Access, tuple[str, ...]], str] = {}
        self.products: list[Written] = []
        self._sizes = size_names(self.plan)

    def write(self) -> list[Line]:
        """The lines of all steps."""
        self._write(self.plan.steps)
        self.helpers |= self.views.helpers
        return self.lines

    def _steps_of(self, step: Loop) -> None:
        """A recurrence: its steps, one after another."""
        before = len(self.lines)
        self._firsts = {}
        self._steps.append(step.extent)
        self._write(step.body)
        self._steps.pop()
        self._firsts = {}
        ahead, inside = upright(self.lines[before:], step, self.plan, self.names, self._taken, self.buffers)
        head = [Line(f"for {step.index.name} in {loop_range(step)}:")]
        if self.buffers is not None:
            taken = {*self._taken, *BUFFERS, *self._sizes}
            head, inside = prepared(inside, self.lines[:before], step, self._sizes, taken, self.buffers)
        self.lines[before:] = [*ahead, *head, *(replace(line, depth=line.depth + 1) for line in inside)]

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
                    if step.zeros and step.fill == 0 and self._fills(step, following):
                        step = replace(step, zeros=False)
                    self.lines.append(self._allocated(step))
                    if (filling := filled(step, self._new(step.target), self.names[step.target])) is not None:
                        self.lines.append(filling)
                case Alias():
                    self.lines.append(alias(step, self.plan, self.views, self.names, self.cite(step.source)))

    def _fills(self, step: Allocate, following: Step | None) -> bool:
        """Whether what follows writes every element, so that there is nothing to add to."""
        if not isinstance(following, Map) or following.target.tensor != step.target or not following.accumulate:
            return False
        looped = offsets(following, self.plan.tensors, self._taken)
        if looped is None or not looped.fills:
            return False
        self._filling.append(following)
        return True

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
        pieces = math.prod(length for _, length in loop.variables)
        self.products.append(Written(step, replace(product, pieces=pieces), tuple(self._steps)))
        return True

    # Sums and views --------------------------------------------------------------------------------------------------

    def _contract(self, step: Contract) -> None:
        target, note = place_of(step, self.views), self.cite(step.source)
        made = None if self._steps else self._matrix.product(step, note, self.lines)
        if made is None:
            target_indices = [str(each.bare) for each in step.target.index if each.terms]
            left, right = (self._summed(each, target_indices, step) for each in (step.left, step.right))
            stored = self.views.stored(step.target)
            made = contract(left, right, target_indices, step.domain, stored)
            self.views.helpers.update(HELPERS.get(made.function, ()))
        self.products.append(Written(step, made, tuple(self._steps)))
        self._assign(step, target, made, note)

    def _summed(self, access: Access, kept: Sequence[str], step: Contract | Fold) -> View:
        """What a step sums over, as one block where that is for more than this step."""
        if self._steps or (isinstance(step, Fold) and step.reduction is not Reduction.SUM):
            return self.views.view(access, step.domain)
        return self._repacked.view(access, kept, step.domain, self.lines)

    def _assign(self, step: Contract | Fold, target: str, made: Product, note: str) -> None:
        """Write what a product makes into the target, where it lives if it can."""
        operator = "+=" if step.accumulate else "="
        plain = target == self.names[step.target.tensor] and not step.accumulate
        where = self._new(step.target.tensor) if made.shape and plain else ""
        if plain and not where and made.shape and not made.tail and not made.inside:
            where = self._handed(step.target.tensor)
        straight = made.shape and "reshape" not in made.inside  # of which a part of an array is surely a view
        if self.buffers is not None and straight and is_block(step, self.plan, self.views):
            self.lines.append(Line("", made.function, made.arguments, note).into(f"{target}{made.inside}"))
        elif self.buffers is not None and made.shape and not plain:
            held = self._buffers[0]
            line = Line(f"{held} = ", made.function, made.arguments, note)
            turned = made.tail == made.inside == ".T"  # as what the element-wise lines of the step work in
            shape, order = (made.shape[::-1], (1, 0)) if turned else (made.shape, ())
            place = self.buffers.intermediate(held, shape, order)
            self.lines.append(line.into(f"{place}.T" if turned else place))
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
        kept = [str(each.bare) for each in step.target.index if each.terms]
        view = self._summed(step.operand, kept, step)
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
        straight = step.target.tensor not in self.views.layouts
        if (
            straight
            and self.buffers is not None
            and (pairs := by_pairs(step, view, kept, place, self.buffers)) is not None
        ):
            self.helpers.add("row_extreme")
            self.lines.append(Line(f"{target} = ", pairs.function, pairs.arguments, note).into(place))
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
        place = place or (self._handed(step.target.tensor) if plain else "")
        line = Line(f"{target} {'+=' if step.accumulate else '='} ", function, arguments, note)
        self.lines.append(line.into(place) if place else line)

    def _choose(self, step: Fold, view: View, kept: list[str], summed: list[str], target: str, note: str) -> None:
        """The position of the first maximum along one of several axes."""
        text = aligned(view, [*kept, *summed])
        largest = "" if step.extreme is None else aligned(self.views.view(step.extreme, step.domain), kept)
        slid = first_maximum(step, text, len(kept), target, self._firsts, self._taken, largest)
        if slid is not None:
            self.helpers.add("argmax")
            self.lines.extend(replace(line, note=note) for line in slid)
        else:
            self.lines.append(replace(choice(step, text, kept, target), note=note))
