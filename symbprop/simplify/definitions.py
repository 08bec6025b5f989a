"""Tensors that are one element-wise expression of others: what can be inlined, and what can be read instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from symbprop.calculus.equations import are_apart, span
from symbprop.calculus.index import Access, Affine, Extent, Range, add, constant, extent
from symbprop.calculus.nodes import symbols_of
from symbprop.calculus.program import Program
from symbprop.calculus.statement import Reduction, Statement, read_symbol


@dataclass(frozen=True, slots=True)
class Definition:
    """``statement`` defines its target, element by element: ``T[i, j] = expr``, or a part of it, ``T[i, j + 1] = expr``."""

    statement: Statement

    @property
    def tensor(self) -> str:
        return self.statement.target.tensor

    def at(self, access: Access) -> tuple[Access, ...]:
        """The reads of the definition of the element ``access``."""
        place = self.place(access)
        return tuple(read.substitute(place) for read in self.statement.reads)

    def place(self, access: Access) -> dict[str, Affine]:
        """The indices of the definition at the element ``access``."""
        return {
            str(mine.terms[0][0]): here if mine.offset == 0 else add(here, constant(extent(-mine.offset)))
            for mine, here in zip(self.statement.target.index, access.index, strict=True)
        }

    def reaches(self, access: Access, domain: Sequence[Range]) -> bool:
        """Whether every element ``access`` over ``domain`` is one that the statement defines."""
        mine = {one.index: one.extent for one in self.statement.domain}
        theirs = {one.index: one.extent for one in domain}
        for defined, here in zip(self.statement.target.index, access.index, strict=True):
            if defined.bare is not None and here.bare is not None and mine[defined.bare] == theirs[here.bare]:
                continue
            first, last = span(defined, mine)
            low, high = span(here, theirs)
            if not (_is_at_most(first, low) and _is_at_most(high, last)):
                return False
        return True


@lru_cache(maxsize=1 << 14)
def _is_at_most(low: Extent, high: Extent) -> bool:
    room = extent(high - low)
    return room >= 0 if isinstance(room, int) else bool(room.is_nonnegative)


def definitions(program: Program) -> dict[str, Definition]:
    """The element-wise definition of each tensor that has one."""
    found: dict[str, Definition] = {}
    for name, statements in program.definitions().items():
        if len(statements) == 1 and _defines(program, statements[0]):
            found[name] = Definition(statements[0])
    return found


def element_definitions(program: Program) -> dict[str, Definition]:
    """:func:`definitions`, and those of a part of a tensor that no other statement writes to (``h[n, t + 1, u]``).

    Of these an element must be looked for with ``reaches`` before the definition is taken for it.
    """
    found = definitions(program)
    for name, statements in program.definitions().items():
        if name not in found:
            shifted = [each for each in statements if _defines_part(each)]
            if len(shifted) == 1 and all(each is shifted[0] or are_apart(each, shifted[0]) for each in statements):
                found[name] = Definition(shifted[0])
    return found


def _defines_part(each: Statement) -> bool:
    indices = [coordinate.terms[0][0] for coordinate in each.target.index if len(coordinate.terms) == 1]
    ones = all(coordinate.terms[0][1] == 1 for coordinate in each.target.index if coordinate.terms)
    distinct = len(set(indices)) == len(each.target.index) and all(isinstance(index, str) for index in indices)
    return ones and distinct and _is_plain(each)


def _defines(program: Program, each: Statement) -> bool:
    names = [coordinate.bare for coordinate in each.target.index]
    extents = {one.index: one.extent for one in each.domain}
    shape = program.tensors[each.target.tensor].shape
    whole = all(name is not None and extents[name] == size for name, size in zip(names, shape, strict=True))
    return whole and len(set(names)) == len(names) and _is_plain(each)


def _is_plain(each: Statement) -> bool:
    plain = symbols_of(each.expr) <= {*map(read_symbol, range(len(each.reads)))} | _sizes(each)
    return plain and not each.reduced and each.reduction is Reduction.SUM


def _sizes(each: Statement) -> set:  # type: ignore[type-arg]
    return {symbol for symbol in symbols_of(each.expr) if symbol.is_positive and symbol.is_integer}


def matches(
    definition: Definition, reads: tuple[Access, ...], domain: Sequence[Range]
) -> Iterator[tuple[Access, Mapping[int, int]]]:
    """Where ``reads`` over ``domain`` hold all that the definition reads: the element defined, and which read is which.

    The first read of the definition is tried against each read of the same tensor; the others must follow.
    """
    source = definition.statement
    first = source.reads[0]
    for position, access in enumerate(reads):
        if access.tensor != first.tensor:
            continue
        place: dict[str, Affine] = {}
        if not unify(first, access, place):
            continue
        pairs = {0: position}
        for number, read in enumerate(source.reads[1:], start=1):
            found = next((p for p, r in enumerate(reads) if r.tensor == read.tensor and unify(read, r, place)), None)
            if found is None:
                break
            pairs[number] = found
        else:
            if all(index in place for index in source.target.indices()):
                element = source.target.substitute(place)
                if definition.reaches(element, domain):
                    yield element, pairs


def unify(pattern: Access, access: Access, place: dict[str, Affine]) -> bool:
    """Extend ``place`` so that ``pattern`` becomes ``access``; untouched when that cannot be."""
    trial = dict(place)
    for coordinate, here in zip(pattern.index, access.index, strict=True):
        if len(coordinate.terms) != 1 or coordinate.terms[0][1] != 1 or not isinstance(coordinate.terms[0][0], str):
            return False
        solved = here if coordinate.offset == 0 else add(here, constant(extent(-coordinate.offset)))
        if trial.setdefault(coordinate.terms[0][0], solved) != solved:
            return False
    place.update(trial)
    return True
