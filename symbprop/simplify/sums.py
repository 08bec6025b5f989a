"""Sums that the forward pass has saved: Σ (x − m) with m the mean of x is nothing."""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr, Mul, S, Symbol

from symbprop.calculus.algebra import expand
from symbprop.calculus.equations import is_bare
from symbprop.calculus.factoring import factor_terms
from symbprop.calculus.index import Access, Affine, Extent
from symbprop.calculus.nodes import expanded_size
from symbprop.calculus.program import GradientProgram, Program
from symbprop.calculus.statement import Reduction, Statement, index_symbol, read_symbol, statement
from symbprop.simplify.cost import cost
from symbprop.simplify.definitions import unify

MOST_TERMS = 12


def read_saved_sums(gradient: GradientProgram) -> GradientProgram:
    """Backward sums whose terms are all sums that a forward statement has made; one that is 0 is dropped.

    Proof: with m = c Σx, Σ(a x + b) is a m/c + b n, where a and b do not depend on what is summed over.
    """
    sums = _plain_sums(gradient.forward)
    if not sums:
        return gradient
    count: dict[str, int] = {}
    for each in gradient.backward:
        count[each.target.tensor] = count.get(each.target.tensor, 0) + 1
    backward: list[Statement] = []
    for each in gradient.backward:
        made = _read(each, sums)
        if made is not None and made.expr == 0 and count[each.target.tensor] > 1:
            count[each.target.tensor] -= 1
            continue
        backward.append(made if made is not None and cost(made.expr) <= cost(each.expr) else each)
    return replace(gradient, backward=tuple(backward))


def _plain_sums(program: Program) -> list[tuple[Statement, Expr]]:
    """The statements m = c Σ x, one index summed over, with their c."""
    found = []
    for statements in program.definitions().values():
        each = statements[0]
        if len(statements) == 1 and each.reduction is Reduction.SUM and len(each.reduced) == 1 and len(each.reads) == 1:
            factor = each.expr / read_symbol(0)
            inside = factor.free_symbols & {read_symbol(0), *_numbers(each)}
            if is_bare(each.target) and is_bare(each.reads[0]) and not inside:
                found.append((each, factor))
    return found


def _numbers(each: Statement) -> list[Symbol]:
    return [index_symbol(position) for position in range(len(each.domain))]


def _read(each: Statement, sums: list[tuple[Statement, Expr]]) -> Statement | None:
    """``each`` without its sum, if all of it is saved."""
    if len(each.reduced) != 1 or each.reduction is not Reduction.SUM or expanded_size(each.expr) > MOST_TERMS:
        return None
    over = each.reduced[0]
    number = index_symbol(each.domain.index(over))
    moving = {symbol: read for symbol, read in each.read_positions() if over.index in read.indices()}
    total: Expr = S.Zero
    reads = list(each.reads)
    for term in expand(each.expr, log=False, power_base=False, power_exp=False).as_ordered_terms():
        inner = [factor for factor in Mul.make_args(term) if factor.free_symbols & {number, *moving}]
        if not inner:
            total += term * over.extent
            continue
        if len(inner) > 1 or inner[0] not in moving:
            return None
        value = _value(moving[inner[0]], over.index, over.extent, sums)
        if value is None:
            return None
        access, factor = value
        total += term / inner[0] * read_symbol(len(reads)) / factor
        reads.append(access)
    kept = [one for one in each.domain if one is not over]
    # Equal reads meet in a statement, so that terms which cancel are seen to.
    made = statement(each.target, total, reads, kept, label=each.label)
    return replace(made, expr=factor_terms(expand(made.expr, power_base=False, power_exp=False, log=False)))


def _value(read: Access, index: str, size: Extent, sums: list[tuple[Statement, Expr]]) -> tuple[Access, Expr] | None:
    """The saved sum of ``read`` over ``index``, and the factor it was saved with."""
    for source, factor in sums:
        place: dict[str, Affine] = {}
        over = source.reduced[0]
        if source.reads[0].tensor != read.tensor or over.extent != size or not unify(source.reads[0], read, place):
            continue
        if place[over.index].bare == index and all(str(c.bare) in place for c in source.target.index):
            return source.target.substitute(place), factor
    return None
