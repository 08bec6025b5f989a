"""Statements gathered into numbered equations, one for each tensor and form of target."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from sympy import S

from symbprop.calculus.check import is_negative
from symbprop.calculus.index import Access, Affine, Extent, at, before, extent, product, sum_of
from symbprop.calculus.recurrence import Instance, Part, Recurrence, arranged, circles
from symbprop.calculus.statement import Statement


@dataclass(frozen=True, slots=True)
class Run:
    """A recurrence runs along ``index``: 0 … extent − 1, from the last one with ``reverse``."""

    index: str
    extent: Extent
    reverse: bool


@dataclass(frozen=True, slots=True)
class Equation:
    """The statements that add up to one tensor, printed as one line under ``number``.

    The first has a target with bare indices wherever there is one; a target that other statements only reach through
    integers (``z̄[n, label[n]]``) is printed with a Kronecker delta. ``shares`` says that another equation may add to
    some of the same elements, so that neither is the whole truth about them. ``runs`` says in which order a recurrence
    computes the elements, along one index or along several.
    """

    number: int
    statements: tuple[Statement, ...]
    shares: bool = False
    runs: tuple[Run, ...] = ()

    @property
    def tensor(self) -> str:
        return self.statements[0].target.tensor


def number_equations(statements: Sequence[Statement], start: int = 1) -> tuple[Equation, ...]:
    """Equations, numbered from ``start``; a tensor's stand where its last statement does.

    So each reads only what stands before it. Statements whose targets are the same elements, up to the names of the
    indices, share an equation; one that reaches single elements, through an integer or a constant, joins an equation
    for all elements. Other targets (``y[n, j]`` and ``y[n, 3 + j]``) have equations of their own.
    """
    groups: dict[str, list[Statement]] = {}
    for each in statements:
        groups.setdefault(each.target.tensor, []).append(each)
    remaining = {tensor: len(group) for tensor, group in groups.items()}
    found: list[Equation] = []
    runs = _runs(statements)
    for each in statements:
        tensor = each.target.tensor
        remaining[tensor] -= 1
        if remaining[tensor] == 0:
            families = _families(groups[tensor])
            shares = not _are_disjoint([family[0] for family in families])
            for family in families:
                runs_of_family = next((runs[id(one)] for one in family if id(one) in runs), ())
                found.append(Equation(start + len(found), tuple(family), shares, runs_of_family))
    return tuple(found)


def _runs(statements: Sequence[Statement]) -> dict[int, tuple[Run, ...]]:
    """How a recurrence runs, for the ``id`` of each of its statements."""
    inside = [each for group in circles(statements) for each in group]
    found: dict[int, tuple[Run, ...]] = {}
    stack: list[tuple[Statement | Part, tuple[Recurrence, ...]]] = [
        (each, ()) for each in arranged(inside, lambda wish, around: wish + "'" * len(around))
    ]
    while stack:
        part, loops = stack.pop()
        if isinstance(part, Recurrence):
            stack.extend((each, (*loops, part)) for each in part.body)
        elif isinstance(part, Instance):
            pairs = zip(part.index, loops, strict=True)
            found[id(part.source)] = tuple(Run(index, loop.extent, loop.reverse) for index, loop in pairs)
    return found


def _families(statements: Sequence[Statement]) -> list[list[Statement]]:
    """One tensor's statements, gathered by their targets in order of first appearance."""
    families: dict[Hashable, list[Statement]] = {}
    order = {id(each): position for position, each in enumerate(statements)}
    bare = [each for each in statements if is_bare(each.target)]
    for each in bare:
        families.setdefault(_pattern(each), []).append(each)
    hosts = list(families.values())
    for each in statements:
        if not is_bare(each.target):
            host = next((family for family in hosts if _is_element_of(each, family[0])), None)
            (host if host is not None else families.setdefault(_pattern(each), [])).append(each)
    return sorted(families.values(), key=lambda family: min(order[id(each)] for each in family))


def _are_disjoint(representatives: Sequence[Statement]) -> bool:
    """Whether along some axis each target lies wholly above, or wholly below, the one before it."""
    if len(representatives) == 1:
        return True
    for axis in range(len(representatives[0].target.index)):
        spans = [span(each.target.index[axis], {r.index: r.extent for r in each.domain}) for each in representatives]
        pairs = list(itertools.pairwise(spans))
        if all(is_negative(extent(one[1] - two[0])) for one, two in pairs):
            return True
        if all(is_negative(extent(two[1] - one[0])) for one, two in pairs):
            return True
    return False


def are_apart(one: Statement, two: Statement) -> bool:
    """Whether along some axis all that one statement writes lies below all that the other writes."""
    extents = [{r.index: r.extent for r in each.domain} for each in (one, two)]
    for left, right in zip(one.target.index, two.target.index, strict=True):
        (low, high), (first, last) = span(left, extents[0]), span(right, extents[1])
        if is_negative(extent(high - first)) or is_negative(extent(last - low)):
            return True
    return False


def span(coordinate: Affine, extents: Mapping[str, Extent]) -> tuple[Extent, Extent]:
    """The least and the largest value of a coordinate; without bound where it reads an integer."""
    if any(True for _ in coordinate.gathers()):
        return S.NegativeInfinity, S.Infinity
    low = high = coordinate.offset
    for atom, coefficient in coordinate.terms:
        last = product((coefficient, before(extents[str(atom)])))
        low, high = (sum_of(low, last), high) if is_negative(coefficient) else (low, sum_of(high, last))
    return low, high


def is_bare(access: Access) -> bool:
    """Whether every coordinate is an index of its own and nothing else."""
    names = [coordinate.bare for coordinate in access.index]
    return None not in names and len(set(names)) == len(names)


def _pattern(each: Statement) -> Hashable:
    """The target with its indices numbered in order of appearance, and their ranges: what does not depend on names."""
    extents = {one.index: one.extent for one in each.domain}
    indices = list(dict.fromkeys(each.target.indices()))
    renamed = each.target.substitute({index: at(f"#{position}") for position, index in enumerate(indices)})
    return renamed, tuple(extents[index] for index in indices)


def _is_element_of(each: Statement, host: Statement) -> bool:
    """Whether ``each`` adds to some of the elements that ``host`` runs over, reached by integers or constants."""
    if is_bare(each.target) or not is_bare(host.target):
        return False
    mine = {one.index: one.extent for one in each.domain}
    theirs = {one.index: one.extent for one in host.domain}
    used: set[str] = set()
    for coordinate, over in zip(each.target.index, host.target.index, strict=True):
        size = theirs[str(over.bare)]
        if coordinate.bare is not None:
            if mine[coordinate.bare] != size or coordinate.bare in used:
                return False
            used.add(coordinate.bare)
        elif coordinate.gather is None and not _is_below(coordinate, size):
            return False
    return True


def _is_below(coordinate: Affine, size: Extent) -> bool:
    """Whether a constant coordinate is certainly one of 0 … size − 1."""
    if coordinate.terms or is_negative(coordinate.offset):
        return False
    room = extent(size - 1 - coordinate.offset)
    return room >= 0 if isinstance(room, int) else bool(room.is_nonnegative)


def is_injective(each: Statement) -> bool:
    """Whether every element of the target is written by one point of the indices that occur in it, at most.

    ``x̄[n, h + p]`` is not: h = 0, p = 1 and h = 1, p = 0 write the same element.
    """
    extents = {one.index: one.extent for one in each.domain}
    seen: set[str] = set()
    for coordinate in sorted(each.target.index, key=lambda coordinate: coordinate.bare is None):
        indices = set(coordinate.indices())
        if indices <= seen:
            continue
        has_gathers = any(True for _ in coordinate.gathers())
        if has_gathers or indices & seen or not _is_mixed_radix(coordinate, extents):
            return False
        seen |= indices
    return True


def _is_mixed_radix(coordinate: Affine, extents: Mapping[str, Extent]) -> bool:
    """Whether each coefficient is larger than everything below it can add up to, as in ``i·W + j`` with j < W."""
    if coordinate.bare is not None:
        return True
    reach: Extent = 0
    for atom, coefficient in sorted(coordinate.terms, key=lambda term: _magnitude(term[1])):
        step = extent(-coefficient) if is_negative(coefficient) else coefficient
        above = extent(step - 1 - reach)
        if not (above >= 0 if isinstance(above, int) else above.is_nonnegative):
            return False
        reach = extent(reach + step * (extents[str(atom)] - 1))
    return True


def _magnitude(coefficient: Extent) -> tuple[int, int, str]:
    """Orders coefficients: numbers first, by size; then products of sizes, by their number of factors."""
    if isinstance(coefficient, int):
        return 0, abs(coefficient), ""
    return 1, len(coefficient.as_powers_dict()), str(coefficient)
