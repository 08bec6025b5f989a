"""Overlapping writes as a short loop over offsets: ``x[2*u + p] += …`` is one slice for each p."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache

from sympy import And, Basic, Eq, Expr, S, Symbol
from sympy.core.relational import Relational

from symbprop.calculus.functions import Select
from symbprop.calculus.index import Access, Affine, Extent, constant, extent, product
from symbprop.calculus.program import Tensor
from symbprop.calculus.statement import Statement, read_symbol, reindex
from symbprop.emit.contraction import Product, contract
from symbprop.emit.views import Views
from symbprop.emit.windows import window
from symbprop.schedule.order import mixed_radix
from symbprop.schedule.plan import Contract, Map, Step

MOST = 1024  # offsets; beyond that a loop in Python is slower than what it stands for


@dataclass(frozen=True, slots=True)
class Offsets:
    """Loop variables with their ranges, and the map to run for each of their values.

    ``fills`` says that all passes together write every element of the target, each once.
    """

    variables: tuple[tuple[str, int], ...]
    step: Map
    indices: tuple[str, ...] = ()  # those that the variables replace, where all of them are indices
    fills: bool = False


def offsets(step: Map, tensors: Mapping[str, Tensor], taken: Collection[str]) -> Offsets | None:
    """``step`` as a loop over the offsets inside its target's windows, if its target has windows."""
    extents: dict[str, Extent] = {each.index: each.extent for each in step.domain}
    ranges: dict[str | Access, int] = {}
    for coordinate, length in zip(step.target.index, tensors[step.target.tensor].shape, strict=True):
        gathers = list(coordinate.gathers())
        if gathers and len(coordinate.terms) > 1:
            for each in gathers:
                classes = tensors[each.tensor].classes
                if not isinstance(classes, int):
                    return None
                ranges[each] = classes
        elif len(coordinate.terms) > 1 and not is_row_major(coordinate, extents, length):
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
    replaced = tuple(atom for atom in ranges if isinstance(atom, str))
    pairs = tuple((names[atom], length) for atom, length in ranges.items())
    return Offsets(pairs, inner, replaced, _fills(step, tensors))


def _fills(step: Map, tensors: Mapping[str, Tensor]) -> bool:
    """Whether each place in a window is one that an integer read chooses, and the windows lie side by side over a whole axis."""
    extents: dict[str, Extent] = {each.index: each.extent for each in step.domain}
    moving = [atom for coordinate in step.target.index for atom, _ in coordinate.terms if isinstance(atom, str)]
    if len(set(moving)) != len(moving):
        return False
    for coordinate, length in zip(step.target.index, tensors[step.target.tensor].shape, strict=True):
        gathers = list(coordinate.gathers())
        inside = {each: f"place {number}" for number, each in enumerate(gathers)}
        terms = tuple((inside[atom] if isinstance(atom, Access) else atom, scale) for atom, scale in coordinate.terms)
        places = {inside[each]: tensors[each.tensor].classes or 0 for each in gathers}
        if len(gathers) > 1 or not is_row_major(Affine(terms, coordinate.offset), {**extents, **places}, length):
            return False
    return True


def products(
    contraction: Contract, scatter: Step | None, views: Views, tensors: Mapping[str, Tensor], taken: Collection[str]
) -> tuple[Offsets, str, Product] | None:
    """A contraction that the next step scatters window by window, as a product for each offset.

    The loop, the slice that a product is added to, and the product; so no array of all products is ever made.
    """
    if not isinstance(scatter, Map) or not scatter.accumulate or scatter.expr != read_symbol(0):
        return None
    if scatter.reads[0] != contraction.target or contraction.accumulate:
        return None
    loop = offsets(scatter, tensors, taken)
    if loop is None:
        return None
    if len(loop.indices) != len(loop.variables):
        return None  # it runs over integer reads as well
    names = {index: name for index, (name, _) in zip(loop.indices, loop.variables, strict=True)}
    fixed = {index: constant(Symbol(name, integer=True, nonnegative=True)) for index, name in names.items()}
    domain = [each for each in contraction.domain if each.index not in fixed]
    left, right = (views.view(each.substitute(fixed), domain) for each in (contraction.left, contraction.right))
    kept = [each.index for each in loop.step.domain]
    place = views.basic(loop.step.target, {each.index: each.extent for each in domain}, windows=False)
    if place is None or list(place.axes) != kept:
        return None
    text = place.text if place.text.endswith("]") else f"{place.text}[...]"
    stored = views.stored(loop.step.target)
    return loop, text, contract(left, right, kept, domain, stored)


def is_row_major(coordinate: Affine, extents: Mapping[str, Extent], length: Extent) -> bool:
    """Whether a coordinate is the position of several indices in the whole of an axis, so that a reshape splits it."""
    indices = mixed_radix(coordinate.terms, dict(extents)) if coordinate.offset == 0 else None
    return indices is not None and extent(product(tuple(extents[index] for index in indices)) - length) == 0


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


@cache
def only_compared(expr: Expr) -> frozenset[Basic]:
    """The leaves that an expression only compares with integers: they need not be made real numbers."""
    integers: set[Basic] = {
        side
        for each in expr.atoms(Relational)
        for side, other in ((each.lhs, each.rhs), (each.rhs, each.lhs))
        if isinstance(side, Symbol) and other.is_integer
    }
    elsewhere = expr.xreplace(dict.fromkeys(expr.atoms(Relational), S.true)).free_symbols
    return frozenset(symbol for symbol in integers if symbol not in elsewhere)
