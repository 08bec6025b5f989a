"""Sums of deviations from a mean, which are zero: what leaves three terms in the gradient of a layer norm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sympy import Add, Expr, Integer, Mul, S, Symbol

from symbprop.calculus.index import Access, Affine, product
from symbprop.calculus.program import GradientProgram
from symbprop.calculus.statement import Reduction, Statement, read_symbol


def drop_deviations(gradient: GradientProgram) -> GradientProgram:
    """Without the backward statements ``Σₖ c·(x − m)`` whose c does not depend on k, where m is the mean of x over k.

    Proof: Σₖ (x − m) = Σₖ x − K m = 0. A statement stays where it is the only one of its target.
    """
    means = {
        name: statements[0]
        for name, statements in gradient.forward.definitions().items()
        if len(statements) == 1 and _is_mean(statements[0])
    }
    left: dict[str, int] = {}
    for each in gradient.backward:
        left[each.target.tensor] = left.get(each.target.tensor, 0) + 1
    backward: list[Statement] = []
    for each in gradient.backward:
        if left[each.target.tensor] > 1 and _vanishes(each, means):
            left[each.target.tensor] -= 1
        else:
            backward.append(each)
    return replace(gradient, backward=tuple(backward))


def _is_mean(each: Statement) -> bool:
    """Whether a statement divides the sum of one tensor by the number of its terms."""
    if each.reduction is not Reduction.SUM or not each.reduced or len(each.reads) != 1:
        return False
    count = product(tuple(one.extent for one in each.reduced))
    return bool(each.expr == read_symbol(0) / (Integer(count) if isinstance(count, int) else count))


def _vanishes(each: Statement, means: Mapping[str, Statement]) -> bool:
    if each.reduction is not Reduction.SUM or not each.reduced:
        return False
    reduced = {one.index for one in each.reduced}
    inside = {symbol for symbol, read in each.read_positions() if reduced & set(read.indices())}
    inner = [factor for factor in Mul.make_args(each.expr) if factor.free_symbols & inside]
    if len(inner) != 1 or not isinstance(inner[0], Add):
        return False
    reads = dict(each.read_positions())
    for mean, access in reads.items():
        owner = means.get(access.tensor)
        if owner is None or mean in inside:
            continue
        for symbol in inside:
            if _is_deviation(inner[0], symbol, mean) and _is_mean_of(owner, access, reads[symbol], reduced):
                return True
    return False


def _is_deviation(expression: Expr, value: Symbol, mean: Symbol) -> bool:
    """α·value − α·mean and nothing else."""
    scale = expression.coeff(value, 1)
    return scale != 0 and not scale.free_symbols and (expression - scale * (value - mean)).expand() == S.Zero


def _is_mean_of(owner: Statement, mean: Access, value: Access, reduced: set[str]) -> bool:
    """Whether ``mean`` is the mean of ``value`` over exactly the indices ``reduced``."""
    place: dict[str, Affine] = {}
    for coordinate, here in zip(owner.target.index, mean.index, strict=True):
        if coordinate.bare is None:
            return False
        place[coordinate.bare] = here
    summed = {one.index for one in owner.reduced}
    met: set[str] = set()
    if owner.reads[0].tensor != value.tensor:
        return False
    for coordinate, here in zip(owner.reads[0].index, value.index, strict=True):
        if coordinate.bare in summed and here.bare in reduced:
            met.add(str(here.bare))
        elif coordinate.substitute(place) != here:
            return False
    return met == reduced and len(summed) == len(reduced)
