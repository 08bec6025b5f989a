"""Terms of one cotangent that share a factor, as one: A x + Aᵀ x is (A + Aᵀ) x, p̄ p − c p is p (p̄ − c)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

from sympy import Add, Expr, Mul

from symbprop.calculus.algebra import expand
from symbprop.calculus.equations import is_bare
from symbprop.calculus.index import Affine, at
from symbprop.calculus.program import GradientProgram
from symbprop.calculus.statement import Reduction, Statement, read_symbol, statement
from symbprop.simplify.cost import cost
from symbprop.simplify.saved import Saved
from symbprop.simplify.tidy import cheapest_form

MOST_REDUCED = 3  # indices; their pairings are tried one by one
MOST_TERMS = 8  # of one cotangent; they too are paired, and a parameter that a thousand layers share has a thousand


def merge_terms(gradient: GradientProgram) -> GradientProgram:
    """Statements with one target that cost less together than apart become one.

    Proof: a sum of sums over the same points is the sum of the terms; what a summed index is called has no meaning.
    """
    saved = Saved(gradient.forward)
    places: dict[str, list[int]] = {}
    statements: list[Statement | None] = list(gradient.backward)
    for position, each in enumerate(gradient.backward):
        places.setdefault(each.target.tensor, []).append(position)
    for positions in places.values():
        if len(positions) > MOST_TERMS:
            continue
        for first, second in itertools.combinations(positions, 2):
            one, other = statements[first], statements[second]
            made = None if one is None or other is None else merged(one, other, saved)
            if made is not None:
                statements[first], statements[second] = None, made
    return replace(gradient, backward=tuple(each for each in statements if each is not None))


def merged(one: Statement, other: Statement, saved: Saved) -> Statement | None:
    """``one`` and ``other`` as one statement that may read saved values, if that costs less; ``None`` if not."""
    if not (is_bare(one.target) and is_bare(other.target)) or {one.reduction, other.reduction} != {Reduction.SUM}:
        return None
    one, other = sorted((one, other), key=lambda each: [str(c.bare) for c in each.target.index])  # not by their order
    candidates = [each for each in map(saved.read_in, _together(one, other)) if _is_worth_it(each, one, other)]
    return min(candidates, key=lambda each: cost(each.expr), default=None)


def _together(one: Statement, other: Statement) -> Iterator[Statement]:
    """The sum of two statements, for each way to pair the indices that they sum over."""
    theirs, ours = other.reduced, one.reduced
    if len(theirs) != len(ours) or len(ours) > MOST_REDUCED or _kept(one) != _kept(other):
        return
    place: dict[str, Affine] = {
        str(old.bare): new for old, new in zip(other.target.index, one.target.index, strict=True)
    }
    shift = {read_symbol(p): read_symbol(len(one.reads) + p) for p in range(len(other.reads))}
    if any(symbol.is_integer and not symbol.is_positive for symbol in one.expr.free_symbols | other.expr.free_symbols):
        return  # the number of an index
    for order in itertools.permutations(ours):
        if all(mine.extent == yours.extent for mine, yours in zip(order, theirs, strict=True)):
            moved = place | {yours.index: at(mine.index) for mine, yours in zip(order, theirs, strict=True)}
            reads = (*one.reads, *(read.substitute(moved) for read in other.reads))
            whole = statement(one.target, one.expr + other.expr.xreplace(shift), reads, one.domain, label=one.label)
            yield replace(whole, expr=cheapest_form(whole.expr))


def _kept(each: Statement) -> list[object]:
    extents = {one.index: one.extent for one in each.domain}
    return [extents.get(str(coordinate.bare)) for coordinate in each.target.index]


def _is_worth_it(whole: Statement, one: Statement, other: Statement) -> bool:
    """Whether the sum costs less, and adds nothing over more indices than either statement reads together."""
    if not whole.reads or whole.domain != one.domain or cost(whole.expr) > cost(one.expr) + cost(other.expr):
        return False  # apart, they need an addition more
    if not one.reduced or expand(whole.expr - 2 * one.expr) == 0:
        return True
    sums = [each for each in Mul.make_args(whole.expr) if isinstance(each, Add)]
    return whole.expr.is_Mul and bool(sums) and all(_adds_alike(each, whole) for each in sums)


def _adds_alike(total: Add, whole: Statement) -> bool:
    """Whether every term is a read times a number, and all have the same indices."""
    places = dict(whole.read_positions())
    terms: list[Expr] = [each.as_coeff_Mul()[1] for each in total.args]
    return all(each in places for each in terms) and len({frozenset(places[each].indices()) for each in terms}) == 1
