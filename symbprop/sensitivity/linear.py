"""The linear layers of a program."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Mul

from symbprop.calculus.program import Program, Role
from symbprop.calculus.statement import Reduction, Statement, read_symbol


@dataclass(frozen=True, slots=True)
class Linear:
    """A statement that is a product of one parameter and one other tensor, summed or not.

    ``weight`` and ``signal`` are the positions of the two among its reads.
    """

    statement: Statement
    weight: int
    signal: int

    @property
    def parameter(self) -> str:
        return self.statement.reads[self.weight].tensor

    @property
    def output(self) -> str:
        return self.statement.target.tensor


def linear_layers(program: Program) -> list[Linear]:
    """The linear layers on the way to the loss, in order."""
    return [found for each in program.statements if (found := linear_layer(each, program)) is not None]


def linear_layer(source: Statement, program: Program) -> Linear | None:
    """A statement as a linear layer, if it is one."""
    if source.reduction is not Reduction.SUM or len(source.reads) != 2:
        return None
    symbols = {read_symbol(0), read_symbol(1)}
    factors = [each for each in Mul.make_args(source.expr) if each.free_symbols & symbols]
    if set(factors) != symbols:
        return None
    roles = [program.tensors[read.tensor].role for read in source.reads]
    if roles.count(Role.PARAMETER) != 1 or program.tensors[source.target.tensor].role is not Role.VALUE:
        return None
    weight = roles.index(Role.PARAMETER)
    signal = source.reads[1 - weight]
    tensor = program.tensors[signal.tensor]
    return None if tensor.integer or tensor.role is Role.TARGET else Linear(source, weight, 1 - weight)
