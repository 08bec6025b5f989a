"""Deviations from a mean, summed: they cancel, so a cotangent that is such a sum is not computed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sympy import Expr

from symbprop.calculus.index import Access, Affine, product
from symbprop.calculus.program import GradientProgram, Program
from symbprop.calculus.statement import Reduction, Statement, index_symbol, read_symbol
from symbprop.simplify.definitions import unify


def drop_sums_of_deviations(gradient: GradientProgram) -> GradientProgram:
    """Without the terms ``Σₙ (x[n] − m)·c`` of a cotangent, where m is the mean of x over n and c does not depend on n.

    Proof: Σₙ (x[n] − m)·c = c·(Σₙ x[n] − N·m) = 0.
    """
    means = list(_means(gradient.forward))
    left = Counter(each.target.tensor for each in gradient.backward)
    kept: list[Statement] = []
    for each in gradient.backward:
        # A cotangent that is nothing but such a sum keeps it: something has to define it.
        if left[each.target.tensor] > 1 and any(_vanishes(each, mean) for mean in means):
            left[each.target.tensor] -= 1
        else:
            kept.append(each)
    return replace(gradient, backward=tuple(kept))


@dataclass(frozen=True, slots=True)
class _Mean:
    """``mean[…] = Σ values[…] / count`` over the indices ``over``."""

    mean: Access
    values: Access
    over: tuple[str, ...]


def _means(program: Program) -> Iterator[_Mean]:
    for statements in program.definitions().values():
        each = statements[0]
        if len(statements) != 1 or len(each.reads) != 1 or each.reduction is not Reduction.SUM or not each.reduced:
            continue
        count = product(tuple(one.extent for one in each.reduced))
        whole = all(_bare_once(access, _shape(program, access), each) for access in (each.target, each.reads[0]))
        if whole and (each.expr * count - read_symbol(0)).expand() == 0:
            yield _Mean(each.target, each.reads[0], tuple(one.index for one in each.reduced))


def _shape(program: Program, access: Access) -> tuple[object, ...]:
    return program.tensors[access.tensor].shape


def _bare_once(access: Access, shape: tuple[object, ...], each: Statement) -> bool:
    """Whether an access runs along the whole of each axis, with an index of its own."""
    names = [coordinate.bare for coordinate in access.index]
    extents = {one.index: one.extent for one in each.domain}
    return len(set(names)) == len(names) and all(
        name is not None and extents[name] == size for name, size in zip(names, shape, strict=True)
    )


def _vanishes(each: Statement, mean: _Mean) -> bool:
    if each.reduction is not Reduction.SUM:
        return False
    for position, access in enumerate(each.reads):
        place: dict[str, Affine] = {}
        if access.tensor != mean.values.tensor or not unify(mean.values, access, place):
            continue
        middle = mean.mean.substitute(place)
        summed = {place[index].bare for index in mean.over}
        if middle in each.reads and _is_deviation(each, position, each.reads.index(middle), summed):
            return True
    return False


def _is_deviation(each: Statement, value: int, mean: int, summed: set[str | None]) -> bool:
    """Whether ``each`` sums (value − mean)·c over the indices ``summed``, which c has nothing to do with."""
    reduced = {one.index for one in each.reduced}
    others = [access for position, access in enumerate(each.reads) if position != value]
    numbers = {index_symbol(position) for position, one in enumerate(each.domain) if one.index in summed}
    if not summed <= reduced or summed & {index for access in others for index in access.indices()}:
        return False
    a, b = read_symbol(value), read_symbol(mean)
    slope: Expr = each.expr.diff(a)
    at_mean: Mapping[Expr, Expr] = {a: b}
    linear = not slope.has(a) and not (each.expr.free_symbols & numbers)
    return linear and each.expr.xreplace(at_mean).expand() == 0
