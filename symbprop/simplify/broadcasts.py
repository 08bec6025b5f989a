"""Tensors that only repeat a smaller one, or one number: read what they repeat."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from symbprop.calculus.program import GradientProgram, Program
from symbprop.calculus.statement import Statement, read_symbol
from symbprop.simplify.definitions import Definition, definitions
from symbprop.simplify.inline import substituted


def read_through_broadcasts(program: Program) -> Program:
    """A tensor made by the rule that repeats another along an axis, or is one number, is read through.

    ``z_x[n, j] = W[0, j]`` needs no array with an axis n. Proof: a substitution of equals.
    """
    kept = {*program.outputs, *((program.loss,) if program.loss else ())}
    derived = {name for name, tensor in program.tensors.items() if tensor.derived and name not in kept}
    return replace(program, statements=_through(program, program.statements, derived)) if derived else program


def read_gradient_through_broadcasts(gradient: GradientProgram) -> GradientProgram:
    """The same for the statements of a derivative."""
    known = {name for name in gradient.tensors if name not in gradient.gradients.values()}
    return replace(gradient, backward=_through(gradient.program, gradient.backward, known))


def _through(program: Program, statements: Sequence[Statement], candidates: Collection[str]) -> tuple[Statement, ...]:
    known = {name: each for name, each in definitions(program).items() if name in candidates}
    repeating = {name: Definition(each.statement) for name, each in known.items() if _repeats(each.statement)}
    found: dict[str, Definition] = {}
    made: list[Statement] = []
    for each in statements:
        for read in each.reads:
            if read.tensor in found and read in each.reads:
                each = substituted(each, read, found[read.tensor])
        name = each.target.tensor
        if name in repeating or (name in known and _repeats(each)):
            found[name] = Definition(each)
        made.append(each)
    return tuple(made)


def _repeats(each: Statement) -> bool:
    if each.expr.is_number:
        return True
    if each.expr != read_symbol(0):
        return False
    return set(each.reads[0].indices()) < {one.index for one in each.domain}
