"""A statement under construction: its extents are not known yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sympy import Expr, S, Symbol

from symbprop.calculus.index import Access, Extent, constant
from symbprop.calculus.statement import Reduction
from symbprop.language.scalars import representable
from symbprop.language.source import Span


@dataclass(frozen=True, slots=True)
class Pending:
    """A statement whose extents are not known yet; its expression is over the tables of ``Expressions``."""

    target: Access
    expr: Expr
    bound: tuple[str, ...]
    reduction: Reduction
    span: Span

    def __post_init__(self) -> None:
        representable(self.expr, self.span)


def without_thin(
    pending: Pending, accesses: Mapping[Symbol, Access], numbers: Mapping[Symbol, str], known: Mapping[str, Extent]
) -> tuple[Pending, list[tuple[Symbol, Access]]]:
    """A statement and what it reads, without indices that only take the value 0 and have no axis of their own.

    One group of channels (``flat(g:1, c)``) so leaves no trace.
    """
    free = pending.expr.free_symbols
    read = [(symbol, access) for symbol, access in accesses.items() if symbol in free]
    coordinates = [c for access in (pending.target, *(access for _, access in read)) for c in access.index]
    bare = {coordinate.bare for coordinate in coordinates}
    thin = {i for c in coordinates for i in c.indices() if known[i] == 1 and i not in bare}
    if not thin:
        return pending, read
    nothing = dict.fromkeys(thin, constant(0))
    zeros: dict[Expr, Expr] = {symbol: S.Zero for symbol, index in numbers.items() if index in thin}
    made = replace(
        pending,
        target=pending.target.substitute(nothing),
        expr=pending.expr.xreplace(zeros),
        bound=tuple(index for index in pending.bound if index not in thin),
    )
    return made, [(symbol, access.substitute(nothing)) for symbol, access in read]


def mentioned(each: Pending, accesses: Mapping[Symbol, Access]) -> set[str]:
    """Every tensor that a statement names: its target, what it reads, and integers in coordinates."""
    free = each.expr.free_symbols
    stack = [each.target, *(access for symbol, access in accesses.items() if symbol in free)]
    found: set[str] = set()
    while stack:
        access = stack.pop()
        found.add(access.tensor)
        stack.extend(access.gathers())
    return found
