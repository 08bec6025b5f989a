"""Arrays whose summed axes lie apart in memory, as a copy in which they lie together: one for all sums and products.

In ``z[n, t, j]`` with the steps first and the examples last, the sum over both is over two ends of the memory; BLAS takes
no such matrix, and NumPy would copy it at each product, into new memory.
"""

from __future__ import annotations

from collections.abc import Sequence

from symbprop.calculus.index import Access, Range
from symbprop.emit.buffers import Buffers
from symbprop.emit.lines import Line
from symbprop.emit.sizes import size
from symbprop.emit.variables import unused
from symbprop.emit.views import View, Views, aligned


class Repacked:
    """The copies made so far. ``taken`` are the names that are in use."""

    def __init__(self, views: Views, taken: set[str], buffers: Buffers | None) -> None:
        self.views = views
        self.taken = taken
        self.buffers = buffers
        self._made: dict[tuple[Access, tuple[str, ...]], View] = {}

    def view(self, access: Access, kept: Sequence[str], domain: Sequence[Range], lines: list[Line]) -> View:
        """The access with the indices that are summed in front of those that are ``kept``: a copy, made in ``lines``, if it has to be."""
        view = self.views.view(access, domain)
        inner = [index for index in view.stored if index not in kept]
        outer = [index for index in view.stored if index in kept]
        together = any(list(view.stored) == order for order in ([*outer, *inner], [*inner, *outer]))
        if self.buffers is None or not view.order or view.inside or len(inner) < 2 or not outer or together:
            return view
        order = (*inner, *outer)
        key = (access, order)
        if key not in self._made:
            name = unused(f"{self.views.names[access.tensor]}_rows", self.taken)
            extents = {each.index: each.extent for each in domain}
            shape = tuple(size(extents[index]) for index in order)
            lines.append(Line(f"{name} = {self.buffers.named(name, shape)}"))
            note = "what is summed comes first, in one block"
            lines.append(Line("", "np.copyto", (name, aligned(view, order)), note))
            self._made[key] = View(name, order, order=order)
        return self._made[key]
