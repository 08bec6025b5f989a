"""The rule. One reverse-mode and one forward-mode rule differentiate every statement there is.

T[f(r)] += e        ⟹        Ā[g(r)]  +=  T̄[f(r)] · ∂e/∂A[g(r)]          (adjoint: swap the index maps)
                    ⟹        Ṫ[f(r)]  +=  Σ ∂e/∂A[g(r)] · Ȧ[g(r)]          (tangent)
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from sympy import S

from symbprop.calculus.functions import derivative
from symbprop.calculus.index import Access
from symbprop.calculus.linearize import Linearized
from symbprop.calculus.statement import Statement, read_symbol, statement


def adjoint(of: Linearized, active: Collection[str], bar: Callable[[str], str]) -> list[Statement]:
    """The reverse-mode rule: one statement for each tensor read, its index maps swapped with the target's."""
    source = of.statement
    cotangent = Access(bar(source.target.tensor), source.target.index)
    results = []
    for symbol, read in source.read_positions():
        local = derivative(source.expr, symbol) if read.tensor in active else S.Zero
        if local != 0:
            reads = (*source.reads, cotangent, *of.factors)
            expr = local
            for position in range(len(source.reads), len(reads)):
                expr = expr * read_symbol(position)
            target = Access(bar(read.tensor), read.index)
            results.append(statement(target, expr, reads, source.domain, label=source.label))
    return results


def tangent(of: Linearized, active: Collection[str], dot: Callable[[str], str]) -> list[Statement]:
    """The forward-mode rule: the target's tangent, one statement for each tensor read."""
    source = of.statement
    results = []
    for symbol, read in source.read_positions():
        local = derivative(source.expr, symbol) if read.tensor in active else S.Zero
        if local != 0:
            reads = (*source.reads, Access(dot(read.tensor), read.index), *of.factors)
            expr = local
            for position in range(len(source.reads), len(reads)):
                expr = expr * read_symbol(position)
            target = Access(dot(source.target.tensor), source.target.index)
            results.append(statement(target, expr, reads, source.domain, label=source.label))
    return results
