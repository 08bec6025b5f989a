"""Derivations: the equations forward, the equations backward, and the steps between them, in four formats."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from symbprop.calculus.dependence import needed
from symbprop.calculus.equations import Equation, number_equations
from symbprop.calculus.notation import LATEX, TEXT, Text
from symbprop.calculus.printer import format_equation
from symbprop.calculus.program import GradientProgram, Program
from symbprop.explain.matrix import matrix_form
from symbprop.explain.steps import chain, local_steps

STYLE = (
    "body{font:16px/1.5 Georgia,serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}}"
    "p.equation{font-family:'STIX Two Math','Cambria Math',serif;margin:.3rem 0 .3rem 2rem;overflow-x:auto}"
    "p.step{color:#777;margin:.1rem 0 .1rem 4rem;overflow-x:auto}"
    ".number{display:inline-block;min-width:3rem;color:#777}"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a derivation: a heading, a numbered equation, or a step towards one."""

    kind: str
    text: str
    number: str = ""


def derivation(
    program: GradientProgram | Program,
    wrt: str | Sequence[str] | None = None,
    form: str = "index",
    steps: bool = False,
    format: str = "text",
) -> str:
    """The derivation of a program's gradient, or the equations of a program without one.

    ``wrt`` names the parameters wanted (all by default), ``form`` is ``index`` or ``matrix`` (index form where an
    equation has no matrix form), ``format`` is ``text``, ``latex``, ``markdown`` or ``html``. Raises ``KeyError`` for a
    parameter that does not exist.
    """
    notation = TEXT if format in ("text", "html") else LATEX
    lines = _lines(program, [wrt] if isinstance(wrt, str) else wrt, form, steps, notation)
    render = {"text": _text, "latex": _latex, "markdown": _markdown, "html": _html}[format]
    return render(lines)


def _lines(
    program: GradientProgram | Program, wrt: Sequence[str] | None, form: str, steps: bool, notation: Text
) -> list[Line]:
    if isinstance(program, Program):
        equations = number_equations(program.statements)
        return [Line("heading", "Forward"), *(_equation(each, program, form, notation) for each in equations)]
    whole = program.program
    wanted = list(wrt) if wrt is not None else [*program.gradients, *program.zeros]
    for name in wanted:
        if name not in program.gradients and name not in program.zeros:
            raise KeyError(name)
    results = [program.gradients[name] for name in wanted if name in program.gradients]
    loss = [program.forward.loss] if program.forward.loss else []
    kept = needed(whole, [*loss, *results])
    inside = {id(each) for each in program.forward.statements}
    forward = number_equations([each for each in kept if id(each) in inside])
    backward = number_equations([each for each in kept if id(each) not in inside], len(forward) + 1)
    numbers = {id(each): equation.number for equation in forward for each in equation.statements}
    lines = [Line("heading", "Forward"), *(_equation(each, whole, form, notation) for each in forward)]
    lines.append(Line("heading", f"Backward, with v̄ = ∂{program.forward.loss}/∂v"))
    if steps:
        chains = [chain(program, name, notation) for name in wanted if name in program.gradients]
        lines.extend(Line("step", text) for text in chains if text)
    for equation in backward:
        if steps:
            for step in local_steps(program, equation, numbers, notation):
                cited, _, text = step.partition("|")
                lines.append(Line("step", text, f"from {cited}" if cited else ""))
        lines.append(_equation(equation, whole, form, notation))
    lines.extend(
        Line("note", f"The gradient of {name} is identically zero: {program.zeros[name]}.")
        for name in wanted
        if name in program.zeros
    )
    return lines


def _equation(equation: Equation, program: Program, form: str, notation: Text) -> Line:
    text = matrix_form(equation, program.tensors, notation) if form == "matrix" else None
    return Line("equation", text or format_equation(equation, program.tensors, notation), f"({equation.number})")


def _text(lines: Sequence[Line]) -> str:
    rows: list[str] = []
    for line in lines:
        if line.kind == "heading":
            rows.append(line.text if not rows else f"\n{line.text}")
        elif line.kind == "equation":
            rows.append(f"    {line.number:<5}{line.text}")
        elif line.kind == "step":
            rows.append(f"           {line.text}" + (f"    {line.number}" if line.number else ""))
        else:
            rows.append(f"    {line.text}")
    return "\n".join(rows) + "\n"


def _latex(lines: Sequence[Line]) -> str:
    rows = [r"\begin{align*}"]
    for line in lines:
        if line.kind == "heading" or line.kind == "note":
            rows.append(rf"&\text{{{_words(line.text)}}} \\")
        elif line.kind == "equation":
            rows.append(rf"{line.number}\quad & {line.text} \\")
        else:
            rows.append(rf"& \quad {line.text} \qquad \text{{{line.number}}} \\")
    rows.append(r"\end{align*}")
    return "\n".join(rows) + "\n"


def _words(text: str) -> str:
    """A sentence for ``\\text``."""
    head, mark, loss = text.partition("v̄ = ∂")
    if mark:
        return rf"{head}$\bar v = \partial {LATEX.name(loss.removesuffix('/∂v'))} / \partial v$"
    return text.replace("_", r"\_").replace("%", r"\%").replace("&", r"\&").replace("#", r"\#")


def _markdown(lines: Sequence[Line]) -> str:
    rows: list[str] = []
    for line in lines:
        if line.kind == "heading":
            rows.append(f"## {line.text}")
        elif line.kind == "equation":
            rows.append(f"$${line.text} \\tag{{{line.number.strip('()')}}}$$")
        elif line.kind == "step":
            rows.append(f"{line.number + ': ' if line.number else ''}$\\quad {line.text}$")
        else:
            rows.append(line.text.replace("_", r"\_").replace("*", r"\*").replace("<", "&lt;"))
    return "\n\n".join(rows) + "\n"


def _html(lines: Sequence[Line]) -> str:
    rows = []
    for line in lines:
        text, number = html.escape(line.text), html.escape(line.number)
        if line.kind == "heading":
            rows.append(f"<h2>{text}</h2>")
        elif line.kind == "note":
            rows.append(f"<p>{text}</p>")
        else:
            rows.append(f'<p class="{line.kind}"><span class="number">{number}</span> {text}</p>')
    body = "\n".join(rows)
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Derivation</title><style>{STYLE}</style>'
    return f'<!doctype html>\n<html lang="en">\n<head>{head}</head>\n<body>\n{body}\n</body>\n</html>\n'
