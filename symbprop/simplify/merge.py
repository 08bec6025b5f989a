"""Element-wise terms of one cotangent as one equation: x̄ = (K ū − Σ ū − u Σ ū u) / (K σ)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symbprop.calculus.index import at
from symbprop.calculus.program import GradientProgram
from symbprop.calculus.statement import Reduction, Statement, read_symbol, reindex, statement
from symbprop.simplify.cost import cost, transcendentals
from symbprop.simplify.tidy import cheapest_form

LARGEST = 120  # operations of a merged equation


def merge_terms(gradient: GradientProgram) -> GradientProgram:
    """The element-wise statements of a cotangent, added up in one.

    Proof: statements of one target add up. They are merged where all of them run over the same box, and take no
    exponential or logarithm: those are computed term by term, each in the form that is accurate.
    """
    return replace(gradient, backward=_merged(gradient.backward))


def _merged(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    last = {_place(each): position for position, each in enumerate(statements)}
    waiting: dict[object, Statement] = {}
    kept: list[Statement] = []
    for position, each in enumerate(statements):
        place = _place(each)
        if place is None:
            kept.append(each)
            continue
        if place in waiting:
            made = _added(waiting[place], each)
            if made is None:
                kept.append(waiting[place])
            else:
                each = made
        waiting[place] = each
        if last[place] == position:
            kept.append(waiting.pop(place))
    return tuple(kept)


def _place(each: Statement) -> object:
    """Which elements an element-wise statement writes; ``None`` for any other."""
    bare = [coordinate.bare for coordinate in each.target.index]
    if each.reduced or each.reduction is not Reduction.SUM or None in bare or len(set(bare)) != len(bare):
        return None
    if transcendentals(each.expr):
        return None
    extents = {one.index: one.extent for one in each.domain}
    return each.target.tensor, tuple(extents[str(index)] for index in bare)


def _added(first: Statement, second: Statement) -> Statement | None:
    names = {str(b.bare): at(str(a.bare)) for a, b in zip(first.target.index, second.target.index, strict=True)}
    moved = reindex(second, names, [replace(one, index=str(names[one.index].bare)) for one in second.domain])
    moved = reindex(moved, {}, first.domain)
    count = len(first.reads)
    shift = {read_symbol(p): read_symbol(count + p) for p in range(len(moved.reads))}
    expr = first.expr + moved.expr.xreplace(shift)
    if cost(expr) > LARGEST:
        return None
    made = statement(first.target, expr, (*first.reads, *moved.reads), first.domain, label=first.label)
    return replace(made, expr=cheapest_form(made.expr))
