"""Which statements run, in which order, and which of them starts its target."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

from symbprop.calculus.index import Access, Affine, Extent, Range, extent
from symbprop.calculus.program import Tensor
from symbprop.calculus.statement import Statement

Other = TypeVar("Other")


def covering_first(
    tensors: Mapping[str, Tensor], parts: Sequence[Statement | Other], apart: Collection[str] = ()
) -> list[Statement | Other]:
    """Each target's statements side by side where its last one stands, one that covers the whole target first.

    Sums commute, so the first accumulation into a tensor can be an assignment. What is no statement stays where it is, and
    so do the statements of the tensors ``apart``: in a loop they may write what is for different steps.
    """
    groups: dict[str, list[Statement]] = {}
    for each in parts:
        if isinstance(each, Statement):
            groups.setdefault(each.target.tensor, []).append(each)
    remaining = {name: len(group) for name, group in groups.items()}
    ordered: list[Statement | Other] = []
    for each in parts:
        if not isinstance(each, Statement) or each.target.tensor in apart:
            ordered.append(each)
            continue
        name = each.target.tensor
        remaining[name] -= 1
        if remaining[name] == 0:
            cover = {id(one): covers(one, tensors[name].shape) for one in groups[name]}
            ordered.extend(one for one in groups[name] if cover[id(one)])
            ordered.extend(one for one in groups[name] if not cover[id(one)])
    return ordered


def covers(each: Statement, shape: tuple[Extent, ...]) -> bool:
    """Whether a statement writes every element of a tensor of this shape exactly once per point of its target."""
    extents: dict[str, Extent] = {r.index: r.extent for r in each.domain}
    seen: set[str] = set()
    for coordinate, size in zip(each.target.index, shape, strict=True):
        bare = coordinate.bare
        if bare is not None and bare not in seen and extents[bare] == size:
            seen.add(bare)
            continue
        terms = mixed_radix(coordinate.terms, extents) if coordinate.offset == 0 else None
        if terms is None or extent(_count(terms, extents) - size) != 0 or seen & set(terms):
            return False
        seen.update(terms)
    return True


def writes_once(each: Statement) -> bool:
    """Whether different points of a statement's target are different elements."""
    extents: dict[str, Extent] = {r.index: r.extent for r in each.domain}
    indices = list(each.target.indices())
    if len(set(indices)) != len(indices):
        return False
    return all(
        all(isinstance(atom, str) for atom, _ in c.terms)
        and (len(c.terms) <= 1 or mixed_radix(c.terms, extents) is not None)
        for c in each.target.index
    )


WIDEST = 64  # places in a window, as far as that can be told from an index alone


def inside_window(coordinate: Affine, extents: Mapping[str, Extent]) -> str | None:
    """Of the two indices of ``2*u + p``, the one that says where inside a window an element is: the second, if it is short."""
    if len(coordinate.terms) != 2:
        return None
    found: list[tuple[int, str]] = []
    for (atom, _), (base, stride) in (coordinate.terms[::-1], coordinate.terms):
        if not isinstance(atom, str) or not isinstance(base, str) or not isinstance(stride, int) or stride <= 0:
            continue
        length = extents.get(atom)
        if isinstance(length, int):
            found.append((length, atom))
    short = [atom for length, atom in found if length <= WIDEST]
    return short[0] if short else min(found)[1] if found else None


def windows_first(ranges: Sequence[Range], target: Access) -> list[Range]:
    """``ranges`` with those in front that say where inside a window a target's element is.

    What is written window by window is read place by place: each place in a window is a slab of its own.
    """
    extents = {each.index: each.extent for each in ranges}
    inside = {inside_window(coordinate, extents) for coordinate in target.index}
    return sorted(ranges, key=lambda each: each.index not in inside)


def is_partition(statements: Sequence[Statement], shape: tuple[Extent, ...]) -> bool:
    """Whether statements write consecutive slices along one axis that make up the whole (a concatenation)."""
    slices: list[tuple[int, int, int]] = []
    for each in statements:
        extents = {one.index: one.extent for one in each.domain}
        found = [
            (axis, coordinate) for axis, coordinate in enumerate(each.target.index)
            if coordinate.bare is None or extents[coordinate.bare] != shape[axis]
        ]  # fmt: skip
        if len(found) != 1 or len(found[0][1].terms) != 1 or len(set(each.target.indices())) != len(each.target.index):
            return False
        axis, coordinate = found[0]
        atom, step = coordinate.terms[0]
        length = extents.get(atom) if isinstance(atom, str) else None
        if step != 1 or not isinstance(length, int) or not isinstance(coordinate.offset, int):
            return False
        slices.append((axis, coordinate.offset, coordinate.offset + length))
    if len({axis for axis, _, _ in slices}) != 1:
        return False
    slices.sort()
    ends = [0, *(end for _, _, end in slices)]
    return [start for _, start, _ in slices] == ends[:-1] and ends[-1] == shape[slices[0][0]]


def _count(indices: Sequence[str], extents: dict[str, Extent]) -> Extent:
    total: Extent = 1
    for each in indices:
        total = extent(total * extents[each])
    return total


def mixed_radix(terms: Sequence[tuple[str | Access, Extent]], extents: dict[str, Extent]) -> list[str] | None:
    """The indices, slowest first, when a coordinate is their row-major position (``(h·W + w)·C + c``)."""
    left = [(atom, coefficient) for atom, coefficient in terms if isinstance(atom, str)]
    if len(left) != len(terms):
        return None
    found: list[str] = []
    stride: Extent = 1
    while left:
        for position, (atom, coefficient) in enumerate(left):
            if extent(coefficient - stride) == 0:
                found.append(atom)
                stride = extent(stride * extents[atom])
                del left[position]
                break
        else:
            return None
    return found[::-1]


def whole(target: Access, domain: Sequence[Range], shape: tuple[Extent, ...]) -> bool:
    """Whether a target is the whole tensor, one bare index of its own for each axis."""
    extents = {each.index: each.extent for each in domain}
    names = [coordinate.bare for coordinate in target.index]
    fits = all(name is not None and extents[name] == size for name, size in zip(names, shape, strict=True))
    return fits and len(set(names)) == len(names)


def slice_of_step(target: Access, domain: Sequence[Range], shape: tuple[Extent, ...]) -> bool:
    """Whether a target is the whole tensor, or all of it that belongs to one step of a loop."""
    kept = [axis for axis, place in enumerate(target.index) if place.terms or isinstance(place.offset, int)]
    return whole(
        Access(target.tensor, tuple(target.index[axis] for axis in kept)), domain, tuple(shape[axis] for axis in kept)
    )
