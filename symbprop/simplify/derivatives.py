"""Derivatives that a program holds, made lean: what repeats another tensor is read there, what is saved is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symbprop.calculus.program import GradientProgram, Program
from symbprop.calculus.statement import Reduction, Statement, read_symbol
from symbprop.simplify.definitions import Definition, definitions
from symbprop.simplify.inline import substituted
from symbprop.simplify.saved import Saved


def read_through_broadcasts(program: Program) -> Program:
    """A derivative that repeats another tensor along an axis, or is one number, is read through.

    ``z_x[n, j] = W[0, j]`` needs no array with an axis n. Proof: a substitution of equals.
    """
    kept = {*program.outputs, *((program.loss,) if program.loss else ())}
    return replace(program, statements=_through(program, program.statements, kept))


def read_derivatives_through_broadcasts(gradient: GradientProgram) -> GradientProgram:
    """The same for derivatives with respect to single elements, behind a program. Proof: a substitution of equals."""
    kept = set(gradient.gradients.values())
    return replace(gradient, backward=_through(gradient.program, gradient.backward, kept))


def read_saved_in_derivatives(program: Program) -> Program:
    """Derivatives inside a program read what it has computed before them: ``h_x = z_x (1 − h²)``.

    Proof: as for :func:`read_saved_values`; every value that is read stands before the statement that reads it.
    """
    if not any(tensor.derived for tensor in program.tensors.values()):
        return program
    first = next((p for p, each in enumerate(program.statements) if program.tensors[each.target.tensor].derived), 0)
    saved = Saved(replace(program, statements=program.statements[:first], outputs=(), loss=None))
    statements = tuple(
        saved.read_in(each) if program.tensors[each.target.tensor].derived and each.reduction is Reduction.SUM else each
        for each in program.statements
    )
    return replace(program, statements=statements)


def _through(program: Program, statements: Sequence[Statement], kept: set[str]) -> tuple[Statement, ...]:
    candidates = {name for name, tensor in program.tensors.items() if tensor.derived and name not in kept}
    if not candidates:
        return tuple(statements)
    known = candidates.intersection(definitions(program))
    found: dict[str, Definition] = {}
    made: list[Statement] = []
    for each in statements:
        for read in each.reads:
            if read.tensor in found:
                each = substituted(each, read, found[read.tensor])
        if each.target.tensor in known and _repeats(each):
            found[each.target.tensor] = Definition(each)
        made.append(each)
    return tuple(made)


def _repeats(each: Statement) -> bool:
    """Whether a statement is one number, or a read that lacks an index."""
    if each.expr.is_number:
        return True
    return each.expr == read_symbol(0) and set(each.reads[0].indices()) < {one.index for one in each.domain}
