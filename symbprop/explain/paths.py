"""The terms of the chain rule before anything is simplified: what the closed forms were made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sympy import Expr

from symbprop.calculus.adjoint import adjoint
from symbprop.calculus.functions import derivative
from symbprop.calculus.gradient import Names, influenced
from symbprop.calculus.index import Access
from symbprop.calculus.linearize import Linearized, linearize
from symbprop.calculus.program import GradientProgram, Role, Tensor
from symbprop.calculus.statement import Statement, read_symbol


@dataclass(frozen=True, slots=True)
class Path:
    """One term of the chain rule, ``target[f(r)] ∂source/∂read``.

    ``source`` is the forward statement, ``linear`` the sum that stands for it, with its reads and the factors of
    ``local``, the derivative; ``term`` is what the rule makes of it.
    """

    source: Statement
    linear: Statement
    read: Access
    cotangent: Access
    local: Expr
    reads: tuple[Access, ...]
    term: Statement


@dataclass(frozen=True, slots=True)
class Paths:
    """The terms of each cotangent, in the order of the backward pass, and the tensors they name."""

    into: Mapping[str, list[Path]]
    tensors: Mapping[str, Tensor]


def chain_rule(gradient: GradientProgram) -> Paths:
    """The rule applied to every forward statement on the way from the parameters to the loss."""
    program = gradient.forward
    names = Names(program.tensors)
    bar = names.derived("bar")
    active = influenced(program, [*gradient.gradients, *gradient.zeros])
    into: dict[str, list[Path]] = {}
    loss = program.loss or ""
    tensors = {**gradient.program.tensors, bar(loss): Tensor(bar(loss), (), Role.SEED)}
    reached = {loss}
    for source in reversed(program.statements):
        if source.target.tensor not in reached or source.target.tensor not in active:
            continue
        linear = linearize(source, names.fresh)
        tensors.update((each.name, each) for each in linear.tensors)
        terms = adjoint(linear, active, bar)
        for path, read in zip(_paths(source, linear, terms, active, bar(source.target.tensor)), terms, strict=True):
            reached.add(path.read.tensor)
            name = read.target.tensor
            into.setdefault(name, []).append(path)
            tensors.setdefault(name, Tensor(name, program.tensors[path.read.tensor].shape, Role.VALUE))
    return Paths(into, tensors)


def _paths(source: Statement, linear: Linearized, terms: list[Statement], active: set[str], bar: str) -> Iterator[Path]:
    """The reads that have a derivative, each with the statement that the rule made for it."""
    made = iter(terms)
    reads = (*linear.statement.reads, *linear.factors)
    cotangent = Access(bar, linear.statement.target.index)
    for symbol, read in linear.statement.read_positions():
        local = derivative(linear.statement.expr, symbol)
        if read.tensor in active and local != 0:
            for position in range(len(linear.statement.reads), len(reads)):
                local = local * read_symbol(position)
            yield Path(source, linear.statement, read, cotangent, local, reads, next(made))
