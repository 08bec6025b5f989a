"""Coordinates with two indices, ``2*u + p``: windows that slide along an axis, as views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from symbprop.calculus.index import Affine, Extent, extent
from symbprop.emit.sizes import size
from symbprop.schedule.order import inside_window


@dataclass(frozen=True, slots=True)
class Window:
    """``start + stride·base + step·inside``: ``base`` says where a window starts, ``inside`` where one is in it."""

    base: str
    inside: str
    start: Extent
    stride: int
    step: int
    count: Extent
    length: int

    @property
    def reach(self) -> int:
        """How many elements the window spans."""
        return abs(self.step) * (self.length - 1) + 1

    def places(self, axis_length: Extent) -> str:
        """The slice of window positions, of those that an axis of this length has."""
        low = self.start if self.step > 0 else extent(self.start + self.step * (self.length - 1))
        end = extent(low + self.stride * (self.count - 1) + 1)
        positions = extent(axis_length - self.reach + 1)
        # Past the last start that is wanted there may be fewer than a stride left: the slice may run to the end.
        left = extent(positions - end)
        open_end = isinstance(left, int) and 0 <= left < self.stride
        head = size(low) if low != 0 else ""
        return span(head, "" if open_end else size(end), self.stride)

    def inner(self) -> str:
        """The slice of the places inside a window."""
        if self.step > 0:
            return span("", "", self.step)
        return f"::{self.step}"


def window(coordinate: Affine, extents: Mapping[str, Extent]) -> Window | None:
    """The window that a coordinate slides along its axis, if it has that form."""
    inside = inside_window(coordinate, extents)
    if inside is None:
        return None
    steps = {str(atom): coefficient for atom, coefficient in coordinate.terms}
    (base,) = (atom for atom in steps if atom != inside)
    stride, step, length = steps[base], steps[inside], extents[inside]
    if not isinstance(stride, int) or not isinstance(step, int) or not isinstance(length, int):
        return None
    return Window(base, inside, coordinate.offset, stride, step, extents[base], length)


def span(head: str, tail: str, step: int) -> str:
    """A slice, spaced as ``ruff format`` does."""
    simple = all(each.replace("_", "").isalnum() or not each for each in (head, tail))
    colon = ":" if simple else " : "
    text = f"{head}{colon}{tail}".strip()
    return text if step == 1 else f"{text}{':' if simple else ' : '}{step}"
