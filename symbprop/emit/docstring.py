"""The docstring of an emitted module: what it is, its axes, its equations, its cost."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from symbprop.calculus.equations import Equation
from symbprop.calculus.index import extent
from symbprop.calculus.notation import pad
from symbprop.calculus.printer import format_equation, format_extent
from symbprop.calculus.program import GradientProgram, Program
from symbprop.emit.literals import docstring_safe
from symbprop.emit.notes import Notes
from symbprop.schedule.cost import CostSheet

WIDTH = 100
FORMS = {
    "accurate": "each equation in a form that keeps its digits for numbers of any size",
    "fast": "each equation in its cheapest form; where a value is far in a tail its digits are lost",
}


@dataclass(frozen=True, slots=True)
class Heading:
    """Where the module comes from. ``digest`` is the SHA-256 of the description's text."""

    title: str
    source: str
    digest: str
    version: str
    axes: Mapping[str, str] = field(default_factory=dict)
    options: str = ""  # of the command that makes the module again
    accuracy: str = ""  # which forms are computed


def module_docstring(
    heading: Heading,
    notes: Notes,
    program: Program,
    gradient: GradientProgram | None,
    cost: CostSheet,
    inference: Notes | None = None,
    functions: Mapping[str, Notes] = MappingProxyType({}),
) -> str:
    """The docstring with its quotes.

    ``inference`` has the equations that hold there and not in training, ``functions`` those of other public functions.
    """
    tensors = program.tensors
    parts = [
        heading.title,
        "",
        f"Made by symbprop {heading.version} from {heading.source} (sha256 {heading.digest[:16]}).",
    ]
    parts.append(f"To change it, change {heading.source} and run: symbprop compile {heading.source}{heading.options}")
    if heading.accuracy:
        parts.append(f"Accuracy: {heading.accuracy}, {FORMS[heading.accuracy]}.")
    if heading.axes:
        axes = [f"{letter}  {about}" for letter, about in heading.axes.items()]
        parts += ["", "Axes", *textwrap.wrap("    ".join(axes), WIDTH, initial_indent="    ", subsequent_indent="    ")]
    forward = "Forward" if inference is None else "Forward, in training"
    parts += ["", forward, *(_numbered(each, format_equation(each, tensors), "") for each in notes.forward)]
    if gradient is not None:
        parts += [
            "",
            f"Backward, with v̄ = ∂{program.loss}/∂v (v_bar in the code)",
        ]
        for each in notes.backward:
            origin = notes.origin(each, gradient.seed)
            cited = "from " + ", ".join(f"({number})" for number in origin) if origin else ""
            parts.append(_numbered(each, format_equation(each, tensors), cited))
        for name, reason in gradient.zeros.items():
            parts.append(f"    The gradient of {name} is identically zero: {reason}.")
    if inference is not None and inference.forward:
        inner = inference.program.tensors
        parts += ["", "Forward, in inference: the same but for"]
        parts += [_numbered(each, format_equation(each, inner), "") for each in inference.forward]
    for name, further in functions.items():
        inner = further.program.tensors
        parts += ["", f"Beside these, in {name}"]
        parts += [_numbered(each, format_equation(each, inner), "") for each in further.forward]
    named = "the last function" if not functions else "forward" if gradient is None else "loss_and_grad"
    parts += ["", *_cost_lines(cost, named)]
    text = docstring_safe("\n".join(parts))
    return f'"""{text}\n"""'


def _numbered(equation: Equation, text: str, cited: str) -> str:
    line = f"    ({equation.number})".ljust(9) + text
    if cited:
        line = f"{pad(line, 72)}  {cited}"
    return line


def _cost_lines(cost: CostSheet, named: str) -> list[str]:
    def number(size: object) -> str:
        return f"{size:,}" if isinstance(size, int) else format_extent(size)

    lines = [
        f"Cost of one call of {named}",
        f"    {number(cost.operations)} floating-point operations, {number(extent(8 * cost.moved))} bytes read or written (float64)",
        f"    {number(cost.parameters)} parameters",
    ]
    if cost.saved_tensors:
        names = ", ".join(cost.saved_tensors[:12]) + (", …" if len(cost.saved_tensors) > 12 else "")
        lines.append(f"    {number(extent(8 * cost.saved))} bytes kept from forward to backward: {names}")
    return lines
