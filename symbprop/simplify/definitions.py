"""Tensors that are one element-wise expression of others: what can be inlined, and what can be read instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from symbprop.calculus.index import Access, Affine
from symbprop.calculus.program import Program
from symbprop.calculus.statement import Reduction, Statement, read_symbol


@dataclass(frozen=True, slots=True)
class Definition:
    """``statement`` defines all of its target, element by element: ``T[i, j] = expr``."""

    statement: Statement

    @property
    def tensor(self) -> str:
        return self.statement.target.tensor

    def at(self, access: Access) -> tuple[Access, ...]:
        """The reads of the definition of the element ``access``."""
        place = {str(c.bare): here for c, here in zip(self.statement.target.index, access.index, strict=True)}
        return tuple(read.substitute(place) for read in self.statement.reads)


def definitions(program: Program) -> dict[str, Definition]:
    """The element-wise definition of each tensor that has one."""
    found: dict[str, Definition] = {}
    for name, statements in program.definitions().items():
        if len(statements) == 1 and _defines(program, statements[0]):
            found[name] = Definition(statements[0])
    return found


def _defines(program: Program, each: Statement) -> bool:
    names = [coordinate.bare for coordinate in each.target.index]
    extents = {one.index: one.extent for one in each.domain}
    shape = program.tensors[each.target.tensor].shape
    whole = all(name is not None and extents[name] == size for name, size in zip(names, shape, strict=True))
    plain = each.expr.free_symbols <= {*map(read_symbol, range(len(each.reads)))} | _sizes(each)
    return whole and plain and len(set(names)) == len(names) and not each.reduced and each.reduction is Reduction.SUM


def _sizes(each: Statement) -> set:  # type: ignore[type-arg]
    return {symbol for symbol in each.expr.free_symbols if symbol.is_positive and symbol.is_integer}


def matches(definition: Definition, reads: tuple[Access, ...]) -> Iterator[tuple[Access, Mapping[int, int]]]:
    """Where ``reads`` hold all that the definition reads: the element defined, and which read is which.

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
            if all(str(c.bare) in place for c in source.target.index):
                yield source.target.substitute(place), pairs


def unify(pattern: Access, access: Access, place: dict[str, Affine]) -> bool:
    """Extend ``place`` so that ``pattern`` becomes ``access``; untouched when that cannot be."""
    trial = dict(place)
    for coordinate, here in zip(pattern.index, access.index, strict=True):
        index = coordinate.bare
        if index is None or trial.setdefault(index, here) != here:
            return False
    place.update(trial)
    return True
