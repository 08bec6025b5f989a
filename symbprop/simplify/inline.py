"""Inlining where it makes an exponential and a logarithm meet: log(softmax), log(sigmoid)."""

from __future__ import annotations

from dataclasses import replace

from sympy import log

from symbprop.calculus.index import Access
from symbprop.calculus.nodes import renamed
from symbprop.calculus.program import Program
from symbprop.calculus.statement import Statement, read_symbol, statement
from symbprop.simplify.cost import transcendentals
from symbprop.simplify.definitions import Definition, definitions
from symbprop.simplify.logarithms import split_logarithms


def inline_into_logarithms(program: Program) -> Program:
    """Inline a definition into a statement that takes logarithms, where fewer transcendental functions remain.

    Proof: a substitution of equals, then :func:`split_logarithms`.
    """
    known = definitions(program)
    statements: list[Statement] = []
    for each in program.statements:
        if each.expr.has(log):
            for read in each.reads:
                if read.tensor in known:
                    each = _inlined(each, read, known[read.tensor]) or each
        statements.append(each)
    return replace(program, statements=tuple(statements))


def _inlined(each: Statement, read: Access, definition: Definition) -> Statement | None:
    made = substituted(each, read, definition)
    expr = split_logarithms(made.expr)
    before = transcendentals(each.expr) + transcendentals(definition.statement.expr)
    if transcendentals(expr) >= before:
        return None
    return statement(made.target, expr, made.reads, made.domain, made.reduction, selects=made.selects, label=made.label)


def substituted(each: Statement, read: Access, definition: Definition) -> Statement:
    """``each`` with one read replaced by what defines it."""
    position = each.reads.index(read)
    count = len(each.reads)
    inner = definition.at(read)
    shift = tuple((read_symbol(p), read_symbol(count + p)) for p in range(len(inner)))
    expr = renamed(each.expr, ((read_symbol(position), renamed(definition.statement.expr, shift)),))
    reads = (*each.reads, *inner)
    return statement(each.target, expr, reads, each.domain, each.reduction, selects=each.selects, label=each.label)
