"""Statements to kernels: element-wise maps, pairwise contractions and folds, by the shape of the statement alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

import opt_einsum
from sympy import Expr

from symbprop.calculus.index import Access, Extent, Range, at
from symbprop.calculus.program import Role, Tensor
from symbprop.calculus.statement import Reduction, Statement, index_symbol, pointwise, read_symbol, reindex, statement
from symbprop.schedule.factors import Factored, Group, factor, is_read, terms
from symbprop.schedule.order import slice_of_step, windows_first
from symbprop.schedule.places import by_places
from symbprop.schedule.plan import Allocate, Contract, Fold, Map, Step
from symbprop.schedule.stages import Stages, stages

NOMINAL = 64  # what a size that is free at run time counts as, where an order has to be chosen before it is known


class Kernels:
    """Turns one statement after another into steps; temporaries become tensors of the plan."""

    def __init__(self, tensors: Mapping[str, Tensor], fresh: Callable[[str], str]) -> None:
        self.tensors = dict(tensors)
        self._fresh = fresh

    def steps(self, source: Statement, position: int, *, accumulate: bool) -> list[Step]:
        """The steps of one statement; ``accumulate`` says whether its target already holds something."""
        if not source.reduced:
            return self._maps(source, position, accumulate)
        if source.reduction is not Reduction.SUM:
            return self._fold(source, position)
        steps: list[Step] = []
        for term in terms(source):
            part = statement(source.target, term, source.reads, source.domain, label=source.label)
            if not part.reduced:
                steps.append(_map(part, position, accumulate))
            else:
                steps.extend(self._sum(part, position, accumulate))
            accumulate = True
        return steps

    def _maps(self, source: Statement, position: int, accumulate: bool) -> list[Step]:
        """An element-wise statement, one element of each row for itself where there is one of another formula."""
        parts = None if accumulate else by_places(source, self.tensors)
        return [_map(each, position, accumulate) for each in parts or (source,)]

    def _temporary(self, wish: str, ranges: Sequence[Range], *, integer: bool = False) -> Access:
        name = self._fresh(wish)
        self.tensors[name] = Tensor(name, tuple(each.extent for each in ranges), Role.VALUE, integer)
        return Access(name, tuple(at(each.index) for each in ranges))

    def _operand(
        self, source: Statement, expr: Expr, indices: frozenset[str], position: int, steps: list[Step]
    ) -> Access:
        """An access that holds ``expr``: the read itself, or a temporary computed before."""
        plain = is_read(expr, len(source.reads))
        if plain is not None:
            return source.reads[plain]
        ranges = [each for each in source.domain if each.index in indices]
        access = self._temporary(f"{source.target.tensor}_term", ranges)
        made = pointwise(access, expr, source.reads, source.domain, label=source.label)
        steps.extend(self._maps(made, position, False))
        return access

    def _fold(self, source: Statement, position: int) -> list[Step]:
        steps: list[Step] = []
        indices = frozenset(index for read in source.reads for index in read.indices())
        indices |= {r.index for p, r in enumerate(source.domain) if index_symbol(p) in source.expr.free_symbols}
        domain = tuple(each for each in source.domain if each.index in indices)
        operand = self._operand(source, source.expr, indices, position, steps)
        into = source.target
        if not set(into.indices()) <= indices:  # the same for all of some index
            kept = [each for each in domain if each.index in set(into.indices())]
            into = self._temporary(f"{into.tensor}_part", kept, integer=bool(source.selects))
        steps.append(Fold(into, operand, source.reduction, domain, source.reduced, False, position, source.selects))
        if into is not source.target:
            spread = pointwise(source.target, read_symbol(0), [into], source.domain, label=source.label)
            steps.append(_map(spread, position, False))
        return steps

    def _sum(self, source: Statement, position: int, accumulate: bool) -> list[Step]:
        factored = factor(source)
        steps: list[Step] = []
        plain = factored.outer == 1
        into = source.target
        covered = {index for group in factored.groups for index in group.indices}
        kept = [each for each in source.domain if each.index in covered & set(source.target.indices())]
        kept = windows_first(kept, source.target)
        is_whole = slice_of_step(source.target, source.domain, self.tensors[source.target.tensor].shape)
        if not is_whole or (accumulate and not plain) or not set(source.target.indices()) <= covered:
            into = self._temporary(f"{source.target.tensor}_part", kept)
        here = accumulate and into is source.target
        operands = [self._operand(source, g.expr, g.indices, position, steps) for g in self._split(factored, source)]
        self._contract(source, into, operands, position, here, steps)
        staged = stages(source.target, source.domain, self.tensors[source.target.tensor].shape)
        if into is not source.target and plain and staged is not None and isinstance(steps[-1], Contract):
            steps.extend(self._in_stages(source, into, staged, position, accumulate, steps.pop()))
        elif into is not source.target or not plain:
            reads = (*source.reads, into)
            expr = factored.outer * read_symbol(len(source.reads))
            final = pointwise(source.target, expr, reads, source.domain, label=source.label)
            steps.append(_map(final, position, accumulate))
        return steps

    def _in_stages(
        self, source: Statement, made: Access, staged: Stages, position: int, accumulate: bool, step: Step
    ) -> list[Step]:
        """What ``step`` has ``made``, added to bands along one axis of windows, and these along the others."""
        bands = self._temporary(f"{source.target.tensor}_bands", staged.ranges)
        inner = pointwise(Access(bands.tensor, staged.into), read_symbol(0), [made], source.domain)
        domain = list({each.index: each for each in (*source.domain, *staged.ranges)}.values())
        outer = pointwise(Access(source.target.tensor, staged.out), read_symbol(0), [bands], domain)
        start = Allocate(bands.tensor, position)
        return [start, step, _map(inner, position, True), _map(outer, position, accumulate)]

    def _split(self, factored: Factored, source: Statement) -> list[Group]:
        """One group that is a plain product of two reads is a contraction of the two, not a map and a sum."""
        if len(factored.groups) != 1:
            return list(factored.groups)
        group = factored.groups[0]
        args = group.expr.args if group.expr.is_Mul else (group.expr.base,) * 2 if _is_square(group.expr) else ()
        if len(args) == 2 and all(is_read(each, len(source.reads)) is not None for each in args):
            return [Group(group.indices, each) for each in args]
        return [group]

    def _contract(
        self,
        source: Statement,
        into: Access,
        operands: list[Access],
        position: int,
        accumulate: bool,
        steps: list[Step],
    ) -> None:
        if len(operands) == 1:
            used = set(operands[0].indices()) | set(into.indices())
            domain = tuple(each for each in source.domain if each.index in used)
            reduced = tuple(each for each in domain if each.index not in set(into.indices()))
            steps.append(Fold(into, operands[0], Reduction.SUM, domain, reduced, accumulate, position))
            return
        sizes = {each.index: each.extent for each in source.domain}
        for left, right in _path(tuple(frozenset(o.indices()) for o in operands), frozenset(into.indices()), sizes):
            pair = [operands[left], operands[right]]
            operands = [each for i, each in enumerate(operands) if i not in (left, right)]
            used = set(pair[0].indices()) | set(pair[1].indices())
            domain = tuple(each for each in source.domain if each.index in used)
            if operands:
                needed = {index for each in operands for index in each.indices()} | set(into.indices())
                ranges = [each for each in domain if each.index in needed]
                target = self._temporary(f"{into.tensor}_part", ranges)
                operands.append(target)
                steps.append(_pair(target, pair, domain, False, position))
            else:
                steps.append(_pair(into, pair, domain, accumulate, position))


def _pair(target: Access, pair: list[Access], domain: tuple[Range, ...], accumulate: bool, position: int) -> Step:
    kept = set(target.indices())
    if all(each.index in kept for each in domain):
        expr = read_symbol(0) * read_symbol(1)
        return _map(statement(target, expr, pair, domain), position, accumulate)
    return Contract(target, pair[0], pair[1], domain, accumulate, position)


def _map(source: Statement, position: int, accumulate: bool) -> Map:
    """An element-wise statement, its domain in the order of its target's indices."""
    order = list(dict.fromkeys(source.target.indices()))
    domain = sorted(source.domain, key=lambda each: order.index(each.index))
    moved = _reorder(source, domain)
    return Map(moved.target, moved.expr, moved.reads, moved.domain, accumulate, position)


def _reorder(source: Statement, domain: Sequence[Range]) -> Statement:
    return source if tuple(domain) == source.domain else reindex(source, {}, domain)


def _is_square(expr: Expr) -> bool:
    return bool(expr.is_Pow and expr.exp == 2)


def _nominal(size: Extent) -> int:
    return size if isinstance(size, int) else int(size.subs(dict.fromkeys(size.free_symbols, NOMINAL)))


def _path(
    operands: tuple[frozenset[str], ...], target: frozenset[str], sizes: Mapping[str, Extent]
) -> list[tuple[int, int]]:
    """The pairwise order of a contraction, cheapest first (opt_einsum)."""
    if len(operands) == 2:
        return [(0, 1)]
    return _cheapest(operands, target, tuple(sorted((index, _nominal(size)) for index, size in sizes.items())))


@cache
def _cheapest(
    operands: tuple[frozenset[str], ...], target: frozenset[str], sizes: tuple[tuple[str, int], ...]
) -> list[tuple[int, int]]:
    path = opt_einsum.paths.auto([set(each) for each in operands], set(target), dict(sizes))
    return [(min(step), max(step)) for step in path if len(step) == 2]
