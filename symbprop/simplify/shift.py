"""Sums of exponentials, with their largest term taken out: what keeps softmax from overflowing."""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr, exp, powsimp

from symbprop.calculus.gradient import Names
from symbprop.calculus.index import Access, at
from symbprop.calculus.program import Program, Role, Tensor
from symbprop.calculus.statement import Reduction, Statement, read_symbol, statement
from symbprop.simplify.cost import transcendentals
from symbprop.simplify.logarithms import split_logarithms
from symbprop.simplify.masks import scale_infinite


def subtract_maximum(program: Program) -> Program:
    """``s = Σₖ exp(u)`` becomes ``m = maxₖ u; s = Σₖ exp(u − m)``, and every reader of s reads ``exp(m)·s``.

    Proof: Σ exp(u) = exp(m)·Σ exp(u − m) for any m. So the program does not depend on m, and m is a constant to
    differentiation. Done only where in every reader exp(m) meets another exponential or a logarithm.
    """
    names = Names(program.tensors)
    readers: dict[str, list[Statement]] = {}
    for each in program.statements:
        for read in each.reads:
            readers.setdefault(read.tensor, []).append(each)
    owners = program.definitions()
    tensors = dict(program.tensors)
    shifts: dict[str, tuple[str, Statement, Statement]] = {}
    for each in program.statements:
        name = each.target.tensor
        if not _is_sum_of_exponentials(each) or len(owners[name]) != 1 or name == program.loss:
            continue
        if name in program.results or not all(_gains(reader, name) for reader in readers.get(name, [])):
            continue
        maximum = names.fresh(f"{each.reads[0].tensor}_max")
        kept = [one for one in each.domain if one not in each.reduced]
        tensors[maximum] = Tensor(maximum, tuple(one.extent for one in kept), Role.VALUE, constant=True)
        access = Access(maximum, tuple(at(one.index) for one in kept))
        argument = each.expr.args[0]
        largest = statement(access, argument, each.reads, each.domain, Reduction.MAX, label=each.label)
        shifted = exp(argument - read_symbol(len(each.reads)))
        total = statement(each.target, shifted, (*each.reads, access), each.domain, label=each.label)
        shifts[name] = (maximum, largest, total)
    if not shifts:
        return program
    statements: list[Statement] = []
    for each in program.statements:
        if each.target.tensor in shifts:
            statements.extend(shifts[each.target.tensor][1:])
        else:
            for name, (maximum, _, _) in shifts.items():
                if any(read.tensor == name for read in each.reads):
                    each = _shifted(each, name, maximum)
            statements.append(each)
    return replace(program, tensors=tensors, statements=tuple(statements))


def _is_sum_of_exponentials(each: Statement) -> bool:
    target = [coordinate.bare for coordinate in each.target.index]
    bare = None not in target and len(set(target)) == len(target)
    return isinstance(each.expr, exp) and bool(each.reduced) and each.reduction is Reduction.SUM and bare


def _gains(reader: Statement, name: str) -> bool:
    """Whether exp(m) meets another exponential or a logarithm in the reader, so that it need not be computed."""
    shifted = _shifted(reader, name, "m?")
    return transcendentals(shifted.expr) <= transcendentals(reader.expr) and shifted.reduction is Reduction.SUM


def _shifted(each: Statement, name: str, maximum: str) -> Statement:
    reads: list[Access] = list(each.reads)
    replaced: dict[Expr, Expr] = {}
    for symbol, read in each.read_positions():
        if read.tensor == name:
            replaced[symbol] = symbol * exp(read_symbol(len(reads)))
            reads.append(Access(maximum, read.index))
    expr = powsimp(split_logarithms(scale_infinite(each.expr.xreplace(replaced))), combine="exp")
    return statement(each.target, expr, reads, each.domain, each.reduction, selects=each.selects, label=each.label)
