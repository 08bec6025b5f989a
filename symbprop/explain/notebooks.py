"""Statements, programs and gradients in a notebook: their equations as LaTeX, and as MathML that needs nothing else."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from symbprop.calculus.equations import Equation, number_equations
from symbprop.calculus.notation import LATEX
from symbprop.calculus.printer import format_equation
from symbprop.calculus.program import GradientProgram, Program
from symbprop.calculus.showing import html_of, latex_of
from symbprop.calculus.statement import Reduction, Statement
from symbprop.explain.derive import derivation
from symbprop.explain.formats import Kind, Line, as_latex, html_rows
from symbprop.explain.mathml import mathml

MOST_SHOWN = 200  # equations of a program; nobody reads on, and the notebook keeps what it shows


@latex_of.register
def _(shown: Statement) -> str:
    return f"$\\displaystyle {_formula(shown)}$"


@html_of.register
def _(shown: Statement) -> str:
    return f"<p>{mathml(_formula(shown))}</p>"


@latex_of.register
def _(shown: Program) -> str:
    return as_latex(list(_lines(shown)))


@html_of.register
def _(shown: Program) -> str:
    return "\n".join(html_rows(list(_lines(shown))))


@latex_of.register
def _(shown: GradientProgram) -> str:
    return _as_program(shown, "latex")


@html_of.register
def _(shown: GradientProgram) -> str:
    return _as_program(shown, "html")


def body(page: str) -> str:
    """What a page holds, without the page."""
    return page.partition("<main>")[2].partition("</main>")[0]


def _as_program(shown: GradientProgram, format: str) -> str:
    if len(shown.forward.statements) + len(shown.backward) > MOST_SHOWN:
        lines = list(_lines(shown.program))
        return as_latex(lines) if format == "latex" else "\n".join(html_rows(lines))
    text = derivation(shown, format=format)
    return body(text) if format == "html" else text


def _formula(each: Statement) -> str:
    """One statement alone: a sum is added to what others give its target."""
    return format_equation(Equation(1, (each,), shares=each.reduction is Reduction.SUM), {}, LATEX)


def _lines(program: Program) -> Iterator[Line]:
    """The equations in order, forward and backward alike."""
    equations = number_equations(program.statements)
    for each in itertools.islice(equations, MOST_SHOWN):
        yield Line(Kind.EQUATION, format_equation(each, program.tensors, LATEX), each.number, tensor=each.tensor)
    if len(equations) > MOST_SHOWN:
        yield Line(Kind.NOTE, f"and {len(equations) - MOST_SHOWN:,} more equations")
