"""The derivation told step by step: the network as described, its safe forms, and the way to each cotangent."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from symbprop.calculus.equations import Equation
from symbprop.calculus.notation import Text
from symbprop.calculus.printer import format_equation
from symbprop.calculus.program import GradientProgram, Program
from symbprop.explain.formats import Kind, Line
from symbprop.explain.forms import distinct, equations, simplified
from symbprop.explain.matrix import matrix_form
from symbprop.explain.origins import Origins
from symbprop.explain.rules import REASONS
from symbprop.explain.steps import Steps, chains
from symbprop.explain.trace import DESCRIBED, Form, Trace


def forward_steps(trace: Trace, forward: Sequence[Equation], notation: Text) -> Iterator[Line]:
    """The equations as they were described, and what each pass made of them; nothing if they are still the same."""
    forms = {equation.tensor: distinct(trace.forms(equation.tensor), notation) for equation in forward}
    told = {name: found for name, found in forms.items() if found and found[-1].stage.title != DESCRIBED}
    if not told:
        return
    yield Line(Kind.HEADING, DESCRIBED)
    for found in forms.values():
        if found and found[0].stage.title == DESCRIBED:
            yield from equations(found[0].statements, found[0].stage.program, notation)
    yield Line(Kind.HEADING, "Rewritten")
    for stage in trace.stages[1:]:
        lines = [
            line
            for found in told.values()
            for before, after in itertools.pairwise([None, *found])
            if after is not None and after.stage is stage
            for line in _rewritten(before, after, notation)
        ]
        if lines:
            yield Line(Kind.PART, stage.title)
            if stage.title in REASONS:
                words, identity = REASONS[stage.title]
                yield Line(Kind.WORDS, words, formula=identity[notation])
            yield from lines


def _rewritten(before: Form | None, after: Form, notation: Text) -> Iterator[Line]:
    """One tensor before and after one pass."""
    if before is not None:
        yield Line(Kind.WORDS, "From")
        yield from equations(before.statements, before.stage.program, notation)
        yield from simplified(before, after, notation, name_the_pass=False)
        yield Line(Kind.WORDS, "to")
    else:
        yield Line(Kind.WORDS, "With")
    yield from equations(after.statements, after.stage.program, notation)


def backward_steps(
    gradient: GradientProgram,
    trace: Trace,
    forward: Sequence[Equation],
    backward: Sequence[Equation],
    wanted: Sequence[str],
    notation: Text,
) -> Iterator[Line]:
    """The way to each cotangent, then its equation, in index and in matrix notation."""
    products = list(chains(gradient, wanted, notation))
    if products:
        yield Line(Kind.WORDS, "As a product along the path from the loss:")
        yield from (Line(Kind.STEP, text) for text in products)
    steps = Steps(gradient, trace, Origins(forward), notation)
    told = ""
    for equation in backward:
        if equation.tensor != told:
            yield from way_to(equation, steps)
        told = equation.tensor
        yield from reached(equation, gradient.program, notation)


def way_to(equation: Equation, steps: Steps) -> Iterator[Line]:
    """The steps up to an equation, and the words that lead over to it."""
    way = list(steps.of(equation.tensor))
    yield from way
    if way[-1].kind is Kind.STEP:
        yield Line(Kind.WORDS, "so that")


def reached(equation: Equation, program: Program, notation: Text) -> Iterator[Line]:
    """The equation itself, and in matrices where it has that form."""
    text = format_equation(equation, program.tensors, notation)
    yield Line(Kind.EQUATION, text, equation.number, tensor=equation.tensor)
    matrix = matrix_form(equation, program.tensors, notation)
    if matrix is not None:
        yield Line(Kind.WORDS, "In matrices:", formula=matrix)
