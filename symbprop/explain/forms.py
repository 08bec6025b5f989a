"""From one form of a tensor's equations to the next: each simplification in words, and what it made of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symbprop.calculus.equations import number_equations
from symbprop.calculus.notation import Text
from symbprop.calculus.printer import format_equation, format_expression, format_right_side, leaves
from symbprop.calculus.program import Program
from symbprop.calculus.statement import Statement
from symbprop.explain.formats import Kind, Line
from symbprop.explain.rewriting import Move, Rewriting, Rewritings
from symbprop.explain.rules import TIDIED, name_of_form
from symbprop.explain.trace import Form


def equations(statements: Sequence[Statement], program: Program, notation: Text) -> Iterator[Line]:
    """The statements of one tensor, as lines without a number."""
    for equation in number_equations(statements):
        yield Line(Kind.STEP, format_equation(equation, program.tensors, notation), tensor=equation.tensor)


def simplified(before: Form, after: Form, notation: Text, *, name_the_pass: bool = True) -> Iterator[Line]:
    """What the pass between two forms of a tensor did; not yet the form that it led to."""
    told = not name_the_pass
    finder = Rewritings(after.before, after.stage.moved.values())
    for lost in finder.vanished(before.statements, after.statements):
        told = True
        yield from _vanishes(lost, list(finder.sums_behind(lost)), after.before, notation)
    whole = list(before.statements)
    for old, new in _changed(before.statements, after.statements):
        moves = list(finder.between(old, new))
        split = finder.redefinition(old, new)
        for move in [*moves, *([split] if split is not None else [])]:
            told = True
            if move.move is Move.PUT_IN:
                whole[before.statements.index(old)] = move.shown
            yield from _said(move, whole, after, notation)
    if not told:
        yield Line(Kind.WORDS, f"{_named(before, after)}:")


def _vanishes(lost: Statement, sums: Sequence[Statement], program: Program, notation: Text) -> Iterator[Line]:
    """A term that is nothing, and the sums that make it so."""
    yield Line(Kind.WORDS, "This term is nothing:")
    yield Line(Kind.STEP, f"{format_right_side(lost, program.tensors, notation)} = 0")
    if sums:
        yield Line(Kind.WORDS, "because")
        yield from equations(sums, program, notation)
    yield Line(Kind.WORDS, "What is left:")


def distinct(forms: Sequence[Form], notation: Text) -> list[Form]:
    """The forms that a reader can tell apart: of equal texts the last."""
    kept: list[tuple[list[str], Form]] = []
    for form in forms:
        texts = [line.text for line in equations(form.statements, form.stage.program, notation)]
        if kept and kept[-1][0] == texts:
            kept.pop()
        kept.append((texts, form))
    return [form for _, form in kept]


def _changed(before: Sequence[Statement], after: Sequence[Statement]) -> Iterator[tuple[Statement, Statement]]:
    """The statements of two forms that belong together and differ."""
    if len(before) == len(after):
        for old, new in zip(before, after, strict=True):
            if old != new:
                yield old, new


def _named(before: Form, after: Form) -> str:
    """The pass's name, or that of the form that tidying has chosen."""
    if after.stage.title != TIDIED:
        return after.stage.title
    pairs = list(_changed(before.statements, after.statements))
    names = {name_of_form(old.expr, new.expr) for old, new in pairs}
    return names.pop() if len(names) == 1 else TIDIED


def _said(rewriting: Rewriting, whole: Sequence[Statement], form: Form, notation: Text) -> Iterator[Line]:
    """One move in words, and what it led to; ``whole`` are the tensor's statements after it."""
    program = form.stage.program if rewriting.move is Move.FACTOR else form.before
    shown = rewriting.shown
    name = notation.name(rewriting.tensor)
    if rewriting.move is Move.PUT_IN:
        yield Line(Kind.WORDS, "Put in what defines", formula=name)
        yield from equations(whole, program, notation)
    elif rewriting.move is Move.READ:
        yield Line(Kind.WORDS, "The forward pass has saved a value that is met here:")
        yield from equations([shown], program, notation)
    elif rewriting.move is Move.SOLVED and rewriting.left is not None:
        leaf = leaves(shown, program.tensors, notation)
        left, right = (format_expression(each, leaf, notation) for each in (rewriting.left, shown.expr))
        yield Line(Kind.WORDS, "Solved for the exponential, which is then put in:")
        yield Line(Kind.STEP, f"{left} = {right}")
    elif rewriting.move is Move.FACTOR:
        leaf = leaves(shown, program.tensors, notation)
        yield Line(
            Kind.WORDS, "A factor leaves the sum; from here on its name is that of the sum without",
            formula=format_expression(shown.expr, leaf, notation),
        )  # fmt: skip
