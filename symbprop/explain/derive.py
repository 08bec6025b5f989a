"""Derivations: the equations forward, the equations backward, and the steps between them, in four formats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from symbprop.calculus.dependence import needed
from symbprop.calculus.equations import Equation, number_equations
from symbprop.calculus.interpreter import Elements
from symbprop.calculus.notation import LATEX, TEXT, Text
from symbprop.calculus.printer import format_equation
from symbprop.calculus.program import GradientProgram, Program
from symbprop.explain.expand import expanded
from symbprop.explain.formats import FORMATS, Kind, Line
from symbprop.explain.lecture import backward_steps, forward_steps
from symbprop.explain.matrix import matrix_form
from symbprop.explain.numbers import givens, shown
from symbprop.explain.trace import trace, trace_of

FORMS = ("index", "matrix")


def derivation(
    program: GradientProgram | Program,
    wrt: str | Sequence[str] | None = None,
    form: str = "index",
    steps: bool = False,
    format: str = "text",
    expand: bool = False,
    values: Mapping[str, Elements] | None = None,
    described: Program | None = None,
) -> str:
    """The derivation of a program's gradient, or the equations of a program without one.

    ``wrt`` names the parameters wanted (all by default), ``form`` is ``index`` or ``matrix`` (index form where an
    equation has no matrix form), ``steps`` tells the chain rule and each simplification on the way to an equation,
    from the program as it was ``described`` if that is given, ``expand`` writes each gradient out down to the inputs
    and parameters, ``values`` are put in, ``format`` is ``text``, ``latex``, ``markdown`` or ``html``. Raises
    ``KeyError`` for a parameter that does not exist, ``ValueError`` for another form or format.
    """
    if form not in FORMS:
        raise ValueError(f"there is no form {form!r}; the forms are {', '.join(FORMS)}")
    if format not in FORMATS:
        raise ValueError(f"there is no format {format!r}; the formats are {', '.join(FORMATS)}")
    notation = TEXT if format == "text" else LATEX
    if isinstance(program, Program):
        equations = number_equations(program.statements)
        lines = [Line(Kind.HEADING, "Forward"), *(_equation(each, program, form, notation) for each in equations)]
    else:
        wanted = [wrt] if isinstance(wrt, str) else wrt
        if expand:
            lines = list(_expanded(program, wanted, notation))
        elif steps:
            lines = list(_lecture(program, described, wanted, notation))
        else:
            lines = list(_lines(program, wanted, form, notation))
    return FORMATS[format](list(_with_values(lines, values, program, notation)) if values is not None else lines)


def _lines(gradient: GradientProgram, wrt: Sequence[str] | None, form: str, notation: Text) -> Iterator[Line]:
    forward, backward = _numbered(gradient, _wanted(gradient, wrt), states=wrt is None)
    yield Line(Kind.HEADING, "Forward")
    yield from (_equation(each, gradient.program, form, notation) for each in forward)
    yield Line(Kind.HEADING, "Backward, with", formula=_bar(gradient, notation))
    yield from (_equation(each, gradient.program, form, notation) for each in backward)
    yield from _zeros(gradient, _wanted(gradient, wrt))


def _lecture(
    gradient: GradientProgram, described: Program | None, wrt: Sequence[str] | None, notation: Text
) -> Iterator[Line]:
    wanted = _wanted(gradient, wrt)
    forward, backward = _numbered(gradient, wanted, states=wrt is None)
    story = trace_of(gradient) if described is None else trace(described)
    yield from forward_steps(story, forward, notation)
    yield Line(Kind.HEADING, "Forward")
    yield from (_equation(each, gradient.program, "index", notation) for each in forward)
    yield Line(Kind.HEADING, "Backward, with", formula=_bar(gradient, notation))
    given = [name for name in wanted if name in gradient.gradients]
    yield from backward_steps(gradient, story, forward, backward, given, notation)
    yield from _zeros(gradient, wanted)


def _wanted(gradient: GradientProgram, wrt: Sequence[str] | None) -> list[str]:
    wanted = list(wrt) if wrt is not None else [*gradient.gradients, *gradient.zeros]
    for name in wanted:
        if name not in gradient.gradients and name not in gradient.zeros:
            raise KeyError(name)
    return wanted


def _numbered(
    gradient: GradientProgram, wanted: Sequence[str], *, states: bool
) -> tuple[tuple[Equation, ...], tuple[Equation, ...]]:
    """The equations that the gradients wanted need, forward and backward, under the numbers that the emitted module has;

    with ``states`` those of the metrics and of the next values of states.
    """
    every = [*gradient.forward.results, *gradient.gradients.values()]
    all_of_it = needed(gradient.program, every)
    inside = {id(each) for each in gradient.forward.statements}
    forward = number_equations([each for each in all_of_it if id(each) in inside])
    backward = number_equations([each for each in all_of_it if id(each) not in inside], len(forward) + 1)
    loss = gradient.forward.loss or ""
    bars = [gradient.gradients[name] for name in wanted if name in gradient.gradients]
    others = gradient.forward.results if states else ()
    kept = {each.target.tensor for each in needed(gradient.program, [loss, *bars, *others])}
    first, second = ([each for each in found if each.tensor in kept] for found in (forward, backward))
    return tuple(first), tuple(second)


def _zeros(gradient: GradientProgram, wanted: Sequence[str]) -> Iterator[Line]:
    for name in wanted:
        if name in gradient.zeros:
            yield Line(Kind.NOTE, f"The gradient of {name} is identically zero: {gradient.zeros[name]}.")


def _with_values(
    lines: Sequence[Line], values: Mapping[str, Elements], program: GradientProgram | Program, notation: Text
) -> Iterator[Line]:
    """What is given first, and after each equation the value of what it defines."""
    whole = program if isinstance(program, Program) else program.program
    yield Line(Kind.HEADING, "Given")
    for tensor in givens(whole):
        yield Line(Kind.STEP, f"{notation.name(tensor.name)} = {_value(values[tensor.name], notation)}")
    for line in lines:
        yield line
        if line.tensor in values:
            yield Line(Kind.STEP, f"{notation.name(line.tensor)} = {_value(values[line.tensor], notation)}")


def _value(elements: Elements, notation: Text) -> str:
    text = shown(elements)
    return (
        text.replace("…", r"\ldots").replace("−", "-").replace(" elements", r"\text{ elements}")
        if notation is LATEX
        else text
    )


def _expanded(gradient: GradientProgram, wrt: Sequence[str] | None, notation: Text) -> Iterator[Line]:
    """Each gradient as one formula of inputs and parameters."""
    wanted = list(wrt) if wrt is not None else [*gradient.gradients, *gradient.zeros]
    yield Line(Kind.HEADING, "Gradients written out, with", formula=_bar(gradient, notation))
    for name in wanted:
        if name in gradient.zeros:
            yield Line(Kind.NOTE, f"The gradient of {name} is identically zero: {gradient.zeros[name]}.")
            continue
        bar = gradient.gradients[name]
        equation = next(each for each in number_equations(gradient.backward) if each.tensor == bar)
        yield Line(Kind.STEP, expanded(equation, gradient.program, notation), tensor=bar)


def _bar(gradient: GradientProgram, notation: Text) -> str:
    """What a bar means, said of a letter that is no tensor."""
    letter = next((letter for letter in "vwqu" if letter not in gradient.forward.tensors), "v")
    name = notation.name(gradient.forward.loss or "")
    if notation is LATEX:
        return rf"\bar{{{letter}}} = \partial {name} / \partial {letter}"
    return f"{notation.name(letter + '_bar')} = ∂{name}/∂{letter}"


def _equation(equation: Equation, program: Program, form: str, notation: Text) -> Line:
    text = matrix_form(equation, program.tensors, notation) if form == "matrix" else None
    shown_text = text or format_equation(equation, program.tensors, notation)
    return Line(Kind.EQUATION, shown_text, equation.number, tensor=equation.tensor)
