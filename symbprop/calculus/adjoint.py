"""The rule. One reverse-mode and one forward-mode rule differentiate every statement there is.

T[f(r)] += e        ⟹        Ā[g(r)]  +=  T̄[f(r)] · ∂e/∂A[g(r)]          (adjoint: swap the index maps)
                    ⟹        Ṫ[f(r)]  +=  Σ ∂e/∂A[g(r)] · Ȧ[g(r)]          (tangent)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from sympy import Expr, Mul

from symbprop.calculus.functions import derivative
from symbprop.calculus.index import Access
from symbprop.calculus.linearize import Linearized
from symbprop.calculus.statement import Statement, read_symbol, statement


def adjoint(of: Linearized, active: Collection[str], bar: Callable[[str], str]) -> list[Statement]:
    """The reverse-mode rule: one statement for each tensor read, its index maps swapped with the target's."""
    target = of.statement.target
    return [
        _product(of, local, Access(bar(target.tensor), target.index), into=Access(bar(read.tensor), read.index))
        for read, local in _local_derivatives(of.statement, active)
    ]


def tangent(of: Linearized, active: Collection[str], dot: Callable[[str], str]) -> list[Statement]:
    """The forward-mode rule: the target's tangent, one statement for each tensor read."""
    target = of.statement.target
    return [
        _product(of, local, Access(dot(read.tensor), read.index), into=Access(dot(target.tensor), target.index))
        for read, local in _local_derivatives(of.statement, active)
    ]


def moves(of: Linearized, active: Collection[str]) -> bool:
    """Whether the statement has a tangent where those of ``active`` have one."""
    return any(True for _ in _local_derivatives(of.statement, active))


def _local_derivatives(source: Statement, active: Collection[str]) -> Iterator[tuple[Access, Expr]]:
    """Each active read A[g(r)] with ∂e/∂A[g(r)], where that is not zero."""
    for symbol, read in source.read_positions():
        if read.tensor in active:
            local = derivative(source.expr, symbol)
            if local != 0:
                yield read, local


def _product(of: Linearized, local: Expr, factor: Access, *, into: Access) -> Statement:
    """``into += local · factor``, times the linearisation's own factors."""
    source = of.statement
    reads = (*source.reads, factor, *of.factors)
    factors = [read_symbol(position) for position in range(len(source.reads), len(reads))]
    return statement(into, Mul(local, *factors), reads, source.domain, label=source.label)
