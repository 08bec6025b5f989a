"""Rows with one element of another formula, where an integer read says: the row is written as if it had none, and then that element."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sympy import Eq, Expr, Ne, Symbol

from symbprop.calculus.functions import Select
from symbprop.calculus.index import Affine
from symbprop.calculus.program import Tensor
from symbprop.calculus.statement import Reduction, Statement, index_symbol, pointwise, read_symbol, reindex


def by_places(source: Statement, tensors: Mapping[str, Tensor]) -> tuple[Statement, Statement] | None:
    """``z[n, m] = {a if m ≠ c[n] else b}`` as all of z = a and then z[n, c[n]] = b, or nothing.

    A choice element by element would look at all elements to change one in each row.
    """
    if source.reduced or source.reduction is not Reduction.SUM or not isinstance(source.expr, Select):
        return None
    condition, *branches = source.expr.args
    if not isinstance(condition, (Eq, Ne)):
        return None
    rest, other = branches if isinstance(condition, Ne) else reversed(branches)
    reads = {read_symbol(position): access for position, access in enumerate(source.reads)}
    for position, each in enumerate(source.domain):
        place = _other_side(condition, index_symbol(position))
        access = None if place is None else reads.get(place)
        bare = [coordinate.bare for coordinate in source.target.index]
        if access is None or not tensors[access.tensor].integer or each.index in access.indices():
            continue
        if bare.count(each.index) != 1 or not set(bare) >= {one.index for one in source.domain} or len(bare) < 2:
            continue
        whole = pointwise(source.target, rest, source.reads, source.domain, label=source.label)
        kept = [one for one in source.domain if one is not each]
        there = {each.index: Affine(((access, 1),))}
        alone = reindex(replace(source, expr=other), there, kept)
        target = source.target.substitute(there)
        return whole, pointwise(target, alone.expr, alone.reads, kept, label=source.label)
    return None


def _other_side(condition: Expr, number: Symbol) -> Symbol | None:
    """What an index is compared with."""
    left, right = condition.args
    if number not in (left, right):
        return None
    other = right if left == number else left
    return other if isinstance(other, Symbol) else None
