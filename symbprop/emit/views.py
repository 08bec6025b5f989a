"""Accesses as NumPy views: slices, transposes, reshapes, ``take`` and integer indexing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from symbprop.calculus.index import Access, Affine, Extent, Range, extent, product
from symbprop.calculus.program import Tensor
from symbprop.emit.sizes import size
from symbprop.emit.windows import Window, span, window
from symbprop.schedule.layout import stored_indices
from symbprop.schedule.order import mixed_radix


@dataclass(frozen=True, slots=True)
class View:
    """A NumPy expression and the index that runs along each of its axes; ``inside`` are those inside windows.

    ``order`` are the same indices as they lie in memory, slowest first, where that is another order.
    """

    text: str
    axes: tuple[str, ...]
    inside: tuple[str, ...] = ()
    order: tuple[str, ...] = ()

    @property
    def stored(self) -> tuple[str, ...]:
        """The indices, slowest in memory first; those inside windows last."""
        return self.order or self.axes


class Views:
    """Writes accesses as NumPy expressions. ``names`` gives the variable of each tensor.

    ``layouts`` are the axes of tensors that are not stored in the order of their indices. ``kept`` says where the
    numbers 0, 1, … of a length and a dtype are kept from call to call, if they are.
    """

    def __init__(
        self,
        tensors: Mapping[str, Tensor],
        names: Mapping[str, str],
        layouts: Mapping[str, tuple[int, ...]] = MappingProxyType({}),
        kept: Callable[[str, str], str] | None = None,
    ) -> None:
        self.tensors = tensors
        self._kept = kept
        self.names = names
        self.layouts = layouts
        self.helpers: set[str] = set()

    def read(self, access: Access, domain: Sequence[Range]) -> str:
        """The access as an array that broadcasts against ``domain`` in its order."""
        return aligned(self.view(access, domain), [each.index for each in domain])

    def view(self, access: Access, domain: Sequence[Range]) -> View:
        """The access with one axis for each index that it depends on, in whatever order is free of copies."""
        extents = {each.index: each.extent for each in domain}
        basic = self.basic(access, extents)
        if basic is not None:
            return basic
        return self._gathered(access, extents)

    def basic(self, access: Access, extents: Mapping[str, Extent], *, windows: bool = True) -> View | None:
        """Reshapes, windows and slices, when each index stands once; a window's elements are read, never written."""
        shape = self.tensors[access.tensor].shape
        parts: list[str] = []
        axes: list[str] = []
        splits: list[Extent] = []
        sliding: list[tuple[int, Window]] = []
        thin: list[str] = []
        for coordinate, length in zip(access.index, shape, strict=True):
            if not all(isinstance(atom, str) for atom, _ in coordinate.terms):
                return None
            if not coordinate.terms:
                parts.append(size(coordinate.offset))
                splits.append(length)
                continue
            several = len(coordinate.terms) > 1
            ones = [str(atom) for atom, _ in coordinate.terms if extents[str(atom)] == 1] if several else []
            if ones:  # an index that only is 0
                ones = ones[: len(coordinate.terms) - 1]
                coordinate = Affine(tuple(t for t in coordinate.terms if t[0] not in ones), coordinate.offset)
                thin.extend(ones)
            single = _slice(coordinate, length, extents)
            if single is not None:
                parts.append(single)
                axes.append(str(coordinate.terms[0][0]))
                splits.append(length)
                continue
            indices = mixed_radix(coordinate.terms, dict(extents)) if coordinate.offset == 0 else None
            if indices is not None and extent(_points(indices, extents) - length) == 0:
                parts.extend(":" for _ in indices)
                axes.extend(indices)
                splits.extend(extents[index] for index in indices)
                continue
            slide = window(coordinate, extents) if windows else None
            if slide is None:
                return None
            sliding.append((len(splits), slide))
            parts.append(slide.places(length))
            axes.append(slide.base)
            splits.append(length)
        text = self.names[access.tensor]
        if len(splits) != len(shape):
            text += f".reshape({', '.join(size(each) for each in splits)})"
        if sliding:
            self.helpers.add("windows")
            reach = ", ".join(str(each.reach) for _, each in sliding)
            places = ", ".join(str(axis) for axis, _ in sliding)
            comma = "," if len(sliding) == 1 else ""
            text = f"_windows({text}, ({reach}{comma}), ({places}{comma}))"
        parts.extend(each.inner() for _, each in sliding)
        parts.extend("None" for _ in thin)
        axes.extend(each.inside for _, each in sliding)
        axes.extend(thin)
        if len(set(axes)) != len(axes):
            return None
        inside = tuple(each.inside for _, each in sliding)
        return View(text + _subscript(parts), tuple(axes), inside, self._order(access, axes, inside))

    def stored(self, access: Access) -> list[str]:
        """The indices of an access in the order in which their axes lie in memory."""
        return stored_indices(access, self.layouts.get(access.tensor))

    def _order(self, access: Access, axes: Sequence[str], inside: Sequence[str]) -> tuple[str, ...]:
        """The indices of a view as they lie in memory, where the tensor has a layout of its own."""
        if access.tensor not in self.layouts:
            return ()
        stored = self.stored(access)
        return (*sorted((each for each in axes if each not in inside), key=stored.index), *inside)

    def _gathered(self, access: Access, extents: Mapping[str, Extent]) -> View:
        """Integer indexing: along one block of axes if it can be, else along all."""
        name = self.names[access.tensor]
        taken = self._take(access, extents)
        if taken is not None:
            return taken
        bare = [coordinate.bare for coordinate in access.index]
        counts = [index for coordinate in access.index for index in coordinate.indices()]
        special = [
            position for position, index in enumerate(bare)
            if index is None or counts.count(index) > 1 or extents[index] != self.tensors[access.tensor].shape[position]
        ]  # fmt: skip
        first, last = special[0], special[-1]
        block = range(first, last + 1)
        inside = list(dict.fromkeys(i for position in block for i in access.index[position].indices()))
        outside = [bare[p] for p in range(len(bare)) if p not in block]
        if set(inside) & set(outside):
            first, last = 0, len(bare) - 1
            block = range(first, last + 1)
            inside = list(dict.fromkeys(i for coordinate in access.index for i in coordinate.indices()))
            outside = []
        parts = [
            self.positions(access.index[p], inside, extents) if p in block else ":" for p in range(len(bare))
        ]  # fmt: skip
        axes = [bare[p] or "" for p in range(first)] + inside + [bare[p] or "" for p in range(last + 1, len(bare))]
        return View(name + _subscript(parts), tuple(axes))

    def _take(self, access: Access, extents: Mapping[str, Extent]) -> View | None:
        """``np.take`` when one coordinate is an integer read and the others are bare indices it does not use."""
        gathers = [position for position, coordinate in enumerate(access.index) if coordinate.gather is not None]
        bare = [coordinate.bare for coordinate in access.index]
        if len(gathers) != 1 or sum(index is None for index in bare) != 1:
            return None
        gather = access.index[gathers[0]].gather
        assert gather is not None
        inner = list(dict.fromkeys(gather.indices()))
        others = [index for index in bare if index is not None]
        if set(inner) & set(others) or len(set(others)) != len(others) or not inner:
            return None
        shape = self.tensors[access.tensor].shape
        if any(index is not None and extents[index] != shape[p] for p, index in enumerate(bare)):
            return None
        axis = gathers[0]
        ranges = [Range(index, extents[index]) for index in inner]
        labels = self.read(gather, ranges)
        axes = (*others[:axis], *inner, *others[axis:])
        return View(f"np.take({self.names[access.tensor]}, {labels}, axis={axis})", axes)

    def positions(self, coordinate: Affine, indices: Sequence[str], extents: Mapping[str, Extent]) -> str:
        """A coordinate as an integer array over ``indices``."""
        ranges = [Range(index, extents[index]) for index in indices]
        parts: list[str] = []
        for atom, coefficient in coordinate.terms:
            if isinstance(atom, str):
                text = aligned(View(self.numbers(extents[atom]), (atom,)), indices)
            else:
                text = self.read(atom, ranges)
            parts.append(text if coefficient == 1 else f"{size(coefficient)} * {text}")
        if coordinate.offset != 0 or not parts:
            parts.append(size(coordinate.offset))
        return " + ".join(parts)

    def numbers(self, length: Extent, dtype: str = "np.intp") -> str:
        """The numbers 0 … length − 1."""
        if self._kept is not None:
            return self._kept(size(length), dtype)
        return f"np.arange({size(length)})" if dtype == "np.intp" else f"np.arange({size(length)}, dtype={dtype})"


def aligned(view: View, order: Sequence[str]) -> str:
    """The view with its axes in ``order``, ``None`` where an index is missing between them."""
    present = [index for index in order if index in view.axes]
    text = view.text
    permutation = [view.axes.index(index) for index in present]
    if permutation != list(range(len(permutation))):
        text += ".T" if permutation == [1, 0] else f".transpose({', '.join(map(str, permutation))})"
    slots = [index in view.axes for index in order]
    while slots and not slots[0]:
        slots.pop(0)
    if not all(slots):
        text += _subscript([":" if slot else "None" for slot in slots])
    return text


def _subscript(parts: Sequence[str]) -> str:
    kept = list(parts)
    while kept and kept[-1] == ":":
        kept.pop()
    return f"[{', '.join(kept)}]" if kept else ""


def _points(indices: Sequence[str], extents: Mapping[str, Extent]) -> Extent:
    return product(tuple(extents[index] for index in indices))


def _slice(coordinate: Affine, length: Extent, extents: Mapping[str, Extent]) -> str | None:
    """A coordinate with one index as a slice."""
    if len(coordinate.terms) != 1:
        return None
    atom, step = coordinate.terms[0]
    if not isinstance(atom, str) or not isinstance(step, int):
        return None
    count, start = extents[atom], coordinate.offset
    if step == 1 and start == 0:
        return ":" if count == length else span("", size(count), 1)
    if step > 0:
        end = extent(start + step * (count - 1) + 1)
        head = size(start) if start != 0 else ""
        tail = "" if end == length else size(end)
        return span(head, tail, step)
    last = extent(start + step * (count - 1))
    tail = "" if last == 0 else size(extent(last - 1))
    return f"{size(start)}:{tail}:{step}"
