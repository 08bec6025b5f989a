"""Overlapping writes as a short loop over offsets: ``x[2*u + p] += …`` is one slice for each p."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from sympy import And, Eq, S, Symbol

from symbprop.calculus.functions import Select
from symbprop.calculus.index import Access, Affine, Extent, constant
from symbprop.calculus.program import Tensor
from symbprop.calculus.statement import Statement, read_symbol, reindex
from symbprop.emit.windows import window
from symbprop.schedule.order import mixed_radix
from symbprop.schedule.plan import Map

MOST = 1024  # offsets; beyond that a loop in Python is slower than what it stands for


@dataclass(frozen=True, slots=True)
class Offsets:
    """Loop variables with their ranges, and the map to run for each of their values."""

    variables: tuple[tuple[str, int], ...]
    step: Map


def offsets(step: Map, tensors: Mapping[str, Tensor], taken: Collection[str]) -> Offsets | None:
    """``step`` as a loop over the offsets inside its target's windows, if its target has windows."""
    extents: dict[str, Extent] = {each.index: each.extent for each in step.domain}
    ranges: dict[str | Access, int] = {}
    for coordinate in step.target.index:
        gathers = list(coordinate.gathers())
        if gathers and len(coordinate.terms) > 1:
            for each in gathers:
                classes = tensors[each.tensor].classes
                if not isinstance(classes, int):
                    return None
                ranges[each] = classes
        elif len(coordinate.terms) > 1 and not _is_row_major(coordinate, extents):
            found = window(coordinate, extents)
            if found is None:
                return None
            ranges[found.inside] = found.length
    if not ranges or math.prod(ranges.values()) > MOST:
        return None
    names = _names(ranges, taken)
    variables = {atom: Symbol(name, integer=True, nonnegative=True) for atom, name in names.items()}
    made = Statement(step.target, step.expr, step.reads, step.domain)
    masks = []
    for atom, variable in variables.items():
        if isinstance(atom, Access):
            masks.append(Eq(read_symbol(len(made.reads)), variable))
            made = replace(made, reads=(*made.reads, atom))
    if masks:
        made = replace(made, expr=Select(And(*masks), made.expr, S.Zero))
    target = Access(made.target.tensor, tuple(_fixed(c, variables) for c in made.target.index))
    kept = tuple(each for each in step.domain if each.index not in variables)
    if set(target.indices()) - set(variables) != {each.index for each in kept}:
        return None
    fixed = {atom: constant(variable) for atom, variable in variables.items() if isinstance(atom, str)}
    made = reindex(replace(made, target=target), fixed, kept)
    inner = replace(step, target=made.target, expr=made.expr, reads=made.reads, domain=made.domain, reuse="")
    return Offsets(tuple((names[atom], length) for atom, length in ranges.items()), inner)


def _is_row_major(coordinate: Affine, extents: Mapping[str, Extent]) -> bool:
    return coordinate.offset == 0 and mixed_radix(coordinate.terms, dict(extents)) is not None


def _names(ranges: Mapping[str | Access, int], taken: Collection[str]) -> dict[str | Access, str]:
    """A loop variable for each offset: the index's own name where it is free, else a letter that is."""
    names: dict[str | Access, str] = {}
    for atom in ranges:
        wish = atom.replace("'", "_") if isinstance(atom, str) else "p"
        letters = (wish, "p", "q", "r", "d", "e", "f", *(f"p{count}" for count in range(1, 100)))
        names[atom] = next(each for each in letters if each not in taken and each not in names.values())
    return names


def _fixed(coordinate: Affine, variables: Mapping[str | Access, Symbol]) -> Affine:
    """A coordinate with the integer reads that a loop runs over replaced by its variables."""
    terms = tuple(term for term in coordinate.terms if isinstance(term[0], str) or term[0] not in variables)
    offset = sum((variables[a] * c for a, c in coordinate.terms if isinstance(a, Access) and a in variables), S.Zero)
    return Affine(terms, coordinate.offset if offset == 0 else coordinate.offset + offset)
