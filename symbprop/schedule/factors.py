"""The shape of a sum: its expression as a constant, factors that the sum does not touch, and factors that it does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sympy import Add, Expr, Mul, Pow, Symbol

from symbprop.calculus.statement import Statement, index_symbol, read_symbol


@dataclass(frozen=True, slots=True)
class Group:
    """A product of factors over the same indices."""

    indices: frozenset[str]
    expr: Expr


@dataclass(frozen=True, slots=True)
class Factored:
    """``outer · Σ Π groups``: ``outer`` has no reduced index, every group has one."""

    outer: Expr
    groups: tuple[Group, ...]


def index_sets(source: Statement) -> dict[Symbol, frozenset[str]]:
    """What each leaf of a statement's expression depends on."""
    sets = {symbol: frozenset(access.indices()) for symbol, access in source.read_positions()}
    sets.update({index_symbol(p): frozenset((each.index,)) for p, each in enumerate(source.domain)})
    return sets


def factor(source: Statement) -> Factored:
    """The factors of a sum, grouped by the indices they depend on."""
    sets = index_sets(source)
    reduced = frozenset(each.index for each in source.reduced)
    outer: list[Expr] = []
    groups: dict[frozenset[str], list[Expr]] = {}
    for each in _factors(source.expr):
        indices = frozenset[str]().union(*(sets.get(symbol, frozenset()) for symbol in each.free_symbols))
        if indices & reduced:
            groups.setdefault(indices, []).append(each)
        else:
            outer.append(each)
    return Factored(Mul(*outer), tuple(Group(indices, Mul(*each)) for indices, each in groups.items()))


@cache
def _factors(expr: Expr) -> tuple[Expr, ...]:
    """The factors of a product; a power of a product is the product of powers, exp of a sum stays whole."""
    found: list[Expr] = []
    for each in Mul.make_args(expr):
        if isinstance(each, Pow) and each.exp.is_Integer and isinstance(each.base, Mul):
            found.extend(Pow(base, each.exp) for base in each.base.args)
        else:
            found.append(each)
    return tuple(found)


def terms(source: Statement) -> tuple[Expr, ...]:
    """The terms of a sum that are worth summing apart: they depend on different indices."""
    if not isinstance(source.expr, Add) or not source.reduced:
        return (source.expr,)
    sets = index_sets(source)
    groups: dict[frozenset[str], list[Expr]] = {}
    for each in source.expr.args:
        indices = frozenset[str]().union(*(sets.get(symbol, frozenset()) for symbol in each.free_symbols))
        groups.setdefault(indices, []).append(each)
    if len(groups) == 1:
        return (source.expr,)
    return tuple(Add(*each) for each in groups.values())


def is_read(expr: Expr, count: int) -> int | None:
    """The position of the read, when an expression is one read and nothing else."""
    if isinstance(expr, Symbol):
        for position in range(count):
            if expr == read_symbol(position):
                return position
    return None
