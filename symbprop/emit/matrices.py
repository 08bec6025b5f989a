"""The matrices of windows of a plan: one that several products use is made once, if it is small."""

from __future__ import annotations

from collections import Counter

from symbprop.calculus.index import Access, Extent, product
from symbprop.emit.bands import Bands, bands
from symbprop.emit.buffers import Buffers
from symbprop.emit.columns import Columns, columns
from symbprop.emit.contraction import Product
from symbprop.emit.lines import Line
from symbprop.emit.sizes import size
from symbprop.emit.variables import unused
from symbprop.emit.views import Views
from symbprop.schedule.plan import Contract, Plan

GROWN = 4  # elements of a matrix of windows for one of what they slide over, from which a copy of that pays
KEPT = 2**17  # elements of one example; a larger matrix is made anew, not kept from the forward to the backward pass


class Matrices:
    """Products with windows. ``taken`` are the names that are in use."""

    def __init__(self, plan: Plan, views: Views, taken: set[str], buffers: Buffers | None) -> None:
        self.views = views
        self.buffers = buffers
        self.taken = taken
        self.names: dict[str, str] = {}
        found = [(step, each) for step in plan.steps if isinstance(step, Contract) and (each := self._columns(step))]
        self.counts = Counter(each.text for _, each in found)
        self._whole = {each.text for step, each in found if self._bands(step) is None}

    def product(self, step: Contract, note: str, lines: list[Line]) -> Product | None:
        """The product that a contraction with windows is; a matrix that is needed again is named in ``lines``."""
        whole = self._columns(step)
        if whole is None:
            return None
        made = (None if whole.text in self._whole else self._bands(step)) or whole
        kept = self.counts[whole.text] >= 2 and _of_one_example(made.elements) <= KEPT
        if not kept and self.buffers is None:
            return made.product(made.text)
        if not kept or made.text not in self.names:
            tensor = (step.left if self._slides(step.left, step) else step.right).tensor
            name = self.names[made.text] = unused(f"{self.views.names[tensor]}_windows", self.taken)
            if self.buffers is None:
                lines.append(Line(f"{name} = {made.text}", note=note))
            else:
                windows = self._examples_last(tensor, made, self.buffers, lines)
                lines.append(Line(f"{name} = {self.buffers.named(name, made.rows)}"))
                lines.append(Line("", "np.copyto", (f"{name}{made.view}", windows), note))
                if isinstance(made, Bands):
                    self.names[made.text] = unused(f"{self.views.names[tensor]}_bands", self.taken)
                    stack = f"{self.names[made.text]} = {made.stack(name)}"
                    lines.append(Line(stack, note="for each row of windows a matrix; they overlap"))
        return made.product(self.names[made.text])

    def _examples_last(self, tensor: str, made: Columns | Bands, buffers: Buffers, lines: list[Line]) -> str:
        """The windows; those of an array with the examples first, of a copy that has them last, so that what is copied is long."""
        variable, shape = self.views.names[tensor], self.views.tensors[tensor].shape
        head, grown = f"_windows({variable}, ", _of_one_example(made.elements) / _of_one_example(product(shape))
        grown = GROWN if isinstance(made, Bands) else grown
        if tensor in self.views.layouts or grown < GROWN or len(shape) < 3 or isinstance(shape[0], int):
            return made.windows
        if not made.windows.startswith(head) or not made.windows.endswith(", 0)"):
            return made.windows
        name = unused(f"{variable}_last", self.taken)
        order = (len(shape) - 1, *range(1, len(shape) - 1), 0)
        lines.append(Line(f"{name} = {buffers.named(name, tuple(map(size, shape)), order)}"))
        lines.append(Line("", "np.copyto", (name, variable), note=f"{variable} with the examples last in memory"))
        return f"_windows({name}, {made.windows.removeprefix(head)}"

    def _bands(self, step: Contract) -> Bands | None:
        """A product with windows for each row of places, if the matrix of windows is kept and that is faster."""
        if self.buffers is None:
            return None
        slid, other = (step.left, step.right) if self._slides(step.left, step) else (step.right, step.left)
        target = [str(each.bare) for each in step.target.index]
        factor = self.views.view(other, step.domain)
        return bands(slid, self.views, factor, target, self.views.stored(step.target), step.domain)

    def _slides(self, access: Access, step: Contract) -> bool:
        return bool(self.views.view(access, step.domain).inside)

    def _columns(self, step: Contract) -> Columns | None:
        extents = {each.index: each.extent for each in step.domain}
        target = [str(each.bare) for each in step.target.index]
        stored = self.views.stored(step.target)
        left, right = (self.views.view(each, step.domain) for each in (step.left, step.right))
        if left.inside and not right.inside:
            return columns(left, right, target, stored, extents)
        if right.inside and not left.inside:
            return columns(right, left, target, stored, extents)
        return None


def _of_one_example(elements: Extent) -> int:
    """A number of elements with every size that is free at run time counted as one."""
    return elements if isinstance(elements, int) else int(elements.subs(dict.fromkeys(elements.free_symbols, 1)))
