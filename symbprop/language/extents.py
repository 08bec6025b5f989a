"""Shape inference: the extents of indices and tensors, from the places where they meet.

Every access gives constraints. A bare index and the axis it stands in have one extent. An index that only ever stands
shifted or strided (``x[n, 2*h + p]``), or that is given a range, may stop short of an axis: it runs as far as its reads do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from symbprop.calculus.index import Access, Affine, Extent, Range, before, extent, size_symbol
from symbprop.language.shapes import Constraint, Shape, format_axes, is_known, placeholder, typical
from symbprop.language.source import SourceError, Span
from symbprop.language.steps import like_named, mark_inside, namesake, riders


@dataclass
class Extents:
    """The unknown extents of one set of equations."""

    known: dict[str, Extent] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    constraints: list[Constraint] = field(default_factory=list)
    classes: dict[str, Extent] = field(default_factory=dict)
    passing: list[Constraint] = field(default_factory=list)
    partial: set[str] = field(default_factory=set)  # indices that need not run along a whole axis
    signature: dict[str, str] = field(default_factory=dict)  # the index that each letter is in the signature
    formulas: list[tuple[str, Extent, Span]] = field(default_factory=list)  # extents given by other extents
    riders: set[str] = field(default_factory=set)
    equation: str = ""  # the target of the equation that is being elaborated

    def declare(self, index: str, label: str, span: Span) -> None:
        self.spans[index] = span
        self.labels[index] = label

    def fix(self, index: str, value: Extent, span: Span) -> None:
        """``j:units``: the extent is given, as a number or by extents that may not be known yet."""
        self.partial.add(index)
        if not isinstance(value, int):
            self.formulas.append((index, value, span))
            return
        if self.known.get(index, value) != value:
            message = f"the index {self.labels[index]} runs over {self.known[index]}, here it is given {value}"
            raise SourceError(message, span)
        self.known[index] = value

    def meet(self, shape: Shape, access: Access, span: Span, *, writes: bool = False) -> None:
        self.constraints.append(Constraint(shape, access, span, writes, self.equation))

    def pass_by(self, shape: Shape, access: Access, span: Span) -> None:
        """A read with ``else``, which may leave its tensor: it only says how far an index runs that nothing else fixes."""
        self.passing.append(Constraint(shape, access, span, False))

    def settle_signature(self) -> None:
        """What the given tensors say of the indices of a signature, before any equation is read."""
        self.partial.update(
            i for each in self.constraints for c in each.access.index if c.bare is None for i in c.indices()
        )
        self._equalities()

    def solve(self, *, free: bool, circles: Mapping[str, int] | None = None) -> None:
        """Find every extent. ``free`` lets one that nothing fixes be a size of its own, named after its index.

        ``circles`` numbers the targets that depend on themselves.
        """
        mark_inside(self.constraints, circles or {})
        self.riders = riders((*self.constraints, *self.passing), set(self.spans) - set(self.known))
        for each in self.constraints:
            if not each.writes:
                self.partial.update(i for c in each.access.index if c.bare is None for i in c.indices())
        while True:
            while self._equalities() or self._targets() or self._formulas(free):
                pass
            if self._ranges() or self._passing():
                continue
            missing = [index for index in self.spans if index not in self.known]
            if not missing:
                break
            alike = {index: like_named(index, self.known, self.labels, self.signature) for index in missing}
            if any(alike.values()):
                self.known.update((index, size) for index, size in alike.items() if size is not None)
                continue
            if not free:
                label = self.labels[missing[0]]
                raise SourceError(
                    f"the size of the index {label} is not known",
                    self.spans[missing[0]],
                    hint=f"give it a size where it stands first, as in {label}:8, or give the tensor's shape",
                )
            self._free(missing[0])
        self._formulas(free)
        for each in self.constraints:
            self._verify(each)

    def _formulas(self, free: bool) -> bool:
        """The extents given by formulas of others that are known now; whether anything new came of it."""
        moved = False
        for index, formula, span in self.formulas:
            value = self.value(formula)
            if not is_known(value) or self.known.get(index) == value:
                continue
            label = self.labels[index]
            if index in self.known:
                raise SourceError(f"the index {label} runs over {self.known[index]}, here it is given {value}", span)
            whole = isinstance(value, int) or free or all(c.is_Integer for c in value.as_coefficients_dict().values())
            if not whole or (isinstance(value, int) and value < 1):
                raise SourceError(f"the index {label} would run over {value}, which is no whole size", span)
            self.known[index] = value
            moved = True
        return moved

    def value(self, size: Extent) -> Extent:
        """An extent with its placeholders filled in."""
        if isinstance(size, int):
            return size
        known = {placeholder(index): value for index, value in self.known.items()}
        return extent(size.subs({s: known[s] for s in size.free_symbols if s in known}))

    def settle(self, coordinate: Affine) -> Affine:
        """A coordinate with its placeholders filled in."""
        terms = []
        for atom, coefficient in coordinate.terms:
            settled = Access(atom.tensor, tuple(map(self.settle, atom.index))) if isinstance(atom, Access) else atom
            terms.append((settled, self.value(coefficient)))
        return Affine(tuple(terms), self.value(coordinate.offset))

    def range(self, index: str) -> Range:
        return Range(index, self.known[index])

    def _equalities(self) -> bool:
        """One pass over the bare indices; whether anything new came of it."""
        moved = False
        for each in self.constraints:
            for axis, coordinate in enumerate(each.access.index):
                index = coordinate.bare
                if index is None or (each.inside and index not in self.known):
                    continue
                size = each.shape.axes[axis]
                if size is not None and index not in self.known and index not in self.partial:
                    self.known[index] = size
                    moved = True
                elif size is None and index in self.known and not each.shape.computed:
                    each.shape.axes[axis] = self.known[index]
                    moved = True
        return moved

    def _targets(self) -> bool:
        """The axes of computed tensors, and of parameters read off the bare path, from what stands in them."""
        moved = False
        unknown: dict[tuple[int, int], list[Extent | None]] = {}
        shapes: dict[int, Shape] = {}
        for each in self.constraints:
            if not each.writes and each.shape.computed:
                continue
            for axis, coordinate in enumerate(each.access.index):
                if each.shape.axes[axis] is None:
                    shapes[id(each.shape)] = each.shape
                    lasts = unknown.setdefault((id(each.shape), axis), [])
                    if coordinate.bare not in self.riders or coordinate.bare in self.known:
                        lasts.append(self._last(coordinate))
        for (key, axis), lasts in unknown.items():
            known = [last for last in lasts if last is not None]
            if known and len(known) == len(lasts):
                sizes = {extent(last + 1) for last in known}
                numbers = [size for size in sizes if isinstance(size, int)]
                if len(sizes) == 1 or len(numbers) == len(sizes):
                    shapes[key].axes[axis] = max(numbers) if len(numbers) == len(sizes) else sizes.pop()
                else:
                    shapes[key].axes[axis] = max(sizes, key=typical)
                moved = True
        return moved

    def _last(self, coordinate: Affine) -> Extent | None:
        """The largest value of a coordinate, ``None`` while an extent in it is unknown."""
        total = self.value(coordinate.offset)
        if not is_known(total):
            return None
        for atom, coefficient in coordinate.terms:
            count = self.known.get(atom) if isinstance(atom, str) else self.classes.get(atom.tensor)
            if count is None:
                return None
            factor = self.value(coefficient)
            if not is_known(factor):
                return None
            if not (isinstance(factor, int) and factor < 0):
                total = extent(total + factor * before(count))
        return total

    def _ranges(self) -> bool:
        """The extents of indices that only stand in sums: as far as every read stays inside."""
        if twin := namesake(self.constraints, self.spans, self.known, self.labels):
            self.known.update([twin])
            return True
        limits: dict[str, list[Extent | None]] = {}
        for each in self.constraints:
            for axis, coordinate in enumerate(each.access.index):
                for index in coordinate.indices():
                    if index not in self.known and (coordinate.bare is None or each.inside or index in self.partial):
                        limits.setdefault(index, []).append(self._limit(each, axis, coordinate, index))
        for index, found in limits.items():
            numbers = [limit for limit in found if limit is not None]
            if not numbers:
                continue
            ints = [limit for limit in numbers if isinstance(limit, int)]
            self.known[index] = min(ints) if len(ints) == len(numbers) else numbers[0]
            return True
        return False

    def _passing(self) -> bool:
        """An index that nothing fixes runs along the axis it is read along with ``else``."""
        for each in self.passing:
            for coordinate, size in zip(each.access.index, each.shape.axes, strict=True):
                for atom, coefficient in coordinate.terms:
                    if isinstance(atom, str) and coefficient == 1 and atom not in self.known and size is not None:
                        self.known[atom] = size
                        return True
        return False

    def bounds(self, coordinate: Affine) -> tuple[Extent, Extent]:
        """The least and the largest value of a coordinate without integer reads, once all extents are known."""
        last = self._last(coordinate)
        assert last is not None
        return self._first(coordinate), last

    def _limit(self, each: Constraint, axis: int, coordinate: Affine, index: str) -> Extent | None:
        size = each.shape.axes[axis]
        if size is not None and coordinate.terms == ((index, -1),) and not each.writes:
            mirrored = extent(size - 1 - coordinate.offset + placeholder(index))  # x[size(t) - 1 - t]: all of the axis
            if isinstance(mirrored, int) or not any(s.name.startswith("|") for s in mirrored.free_symbols):
                return mirrored
        others = tuple(term for term in coordinate.terms if term[0] != index)
        last = self._last(Affine(others, coordinate.offset))
        factor = self.value(dict(coordinate.terms).get(index, 0))
        if size is None or last is None or not isinstance(factor, int) or factor == 0 or each.writes:
            return None
        if factor < 0:
            return extent(last + 1) if factor == -1 else None
        room = extent(size - 1 - last)
        if isinstance(room, int):
            if room < 0:
                raise SourceError(f"{each.shape.name} is too short for this: it has {size} elements", each.span)
            return room // factor + 1
        return extent(room + 1) if factor == 1 else None

    def _free(self, index: str) -> None:
        """A size of its own, named after the index."""
        taken = {s.name for value in self.known.values() if not isinstance(value, int) for s in value.free_symbols}
        wish = self.labels[index].upper()
        name, count = wish, 1
        while name in taken:
            count += 1
            name = f"{wish}{count}"
        self.known[index] = size_symbol(name)

    def _verify(self, each: Constraint) -> None:
        for axis, coordinate in enumerate(each.access.index):
            size = each.shape.axes[axis]
            if size is None:
                raise SourceError(f"the shape of {each.shape.name} is not known", each.span, hint="declare its shape")
            index = coordinate.bare
            if index is not None:
                if not self._runs_along(index, size, each):
                    raise SourceError(
                        f"the index {self.labels[index]} runs over {self.known[index]}, but axis {axis} of "
                        f"{each.shape.name} has {size} elements",
                        each.span,
                        hint=f"{each.shape.name} has shape {format_axes(each.shape.axes)}",
                    )
                if each.writes:
                    continue
            last = self._last(coordinate)
            if last is None:
                continue
            room = extent(size - 1 - last)
            below = extent(self._first(coordinate))
            if (isinstance(room, int) and room < 0) or (isinstance(below, int) and below < 0):
                raise SourceError(
                    f"this reads {each.shape.name} at positions {below} to {last} of axis {axis}, which has {size} elements",
                    each.span,
                )

    def _runs_along(self, index: str, size: Extent, each: Constraint) -> bool:
        """Whether a bare index fits its axis: it has its length, or may stop short of it."""
        known = self.known[index]
        if known == size or each.writes:
            return True
        if each.inside:
            room = extent(size - known)
            return room >= 0 if isinstance(room, int) else bool(room.is_nonnegative)
        return index in self.partial and isinstance(known, int) and isinstance(size, int) and known < size

    def _first(self, coordinate: Affine) -> Extent:
        total = self.value(coordinate.offset)
        for atom, coefficient in coordinate.terms:
            factor = self.value(coefficient)
            if isinstance(atom, str) and isinstance(factor, int) and factor < 0:
                total = extent(total + factor * (self.known[atom] - 1))
        return total
