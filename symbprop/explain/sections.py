"""The equations of a network by layer: forward, backward, and the steps between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from symbprop.calculus.dependence import needed
from symbprop.calculus.equations import Equation, number_equations
from symbprop.calculus.notation import LATEX, split_mark
from symbprop.calculus.printer import format_equation, format_extent
from symbprop.calculus.program import GradientProgram, Program, Role
from symbprop.explain.flow import Node
from symbprop.explain.formats import Line
from symbprop.explain.lecture import reached, way_to
from symbprop.explain.origins import Origins
from symbprop.explain.steps import Steps
from symbprop.explain.trace import trace, trace_of
from symbprop.network.network import Layer

LOSS = "loss"
MOST_STEPS = 400  # equations; beyond it the steps are left to ``derive --steps``


@dataclass(frozen=True, slots=True)
class Row:
    """One equation in LaTeX with its number, and the steps to it."""

    number: int
    latex: str
    steps: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """One layer: its name, kind, shapes, and its equations both ways."""

    name: str
    kind: str
    shapes: tuple[tuple[str, str], ...]
    forward: tuple[Row, ...]
    backward: tuple[Row, ...]


def sections(
    program: GradientProgram | Program, layers: Sequence[Layer], described: Program | None = None
) -> tuple[tuple[Section, ...], tuple[Node, ...]]:
    """The layers in order, the loss last, and the graph that they make. Numbers are those of the emitted module.

    The steps begin with the program as it was ``described`` if that is given.
    """
    whole, inner = (program, program) if isinstance(program, Program) else (program.program, program.forward)
    results = [*inner.results, *whole.outputs]
    kept = needed(whole, results)
    inside = {id(each) for each in inner.statements}
    forward = number_equations([each for each in kept if id(each) in inside])
    backward = number_equations([each for each in kept if id(each) not in inside], len(forward) + 1)
    owner = _owners(forward, layers)
    steps = _steps(program, described, forward) if len(forward) + len(backward) <= MOST_STEPS else None
    kinds = {layer.label: layer.kind for layer in layers}
    found = []
    for name in dict.fromkeys([*(layer.label for layer in layers), LOSS]):
        mine = [each for each in forward if owner[each.tensor] == name]
        theirs = [each for each in backward if _home(each, owner) == name]
        if mine or theirs:
            found.append(
                Section(
                    name, kinds.get(name, ""), _shapes(name, layers, mine, whole),
                    tuple(Row(each.number, format_equation(each, whole.tensors, LATEX)) for each in mine),
                    tuple(_row(each, whole, steps) for each in theirs),
                )
            )  # fmt: skip
    return tuple(found), _nodes(found, forward, owner, whole, kinds)


def _owners(forward: Sequence[Equation], layers: Sequence[Layer]) -> dict[str, str]:
    """Which layer each tensor belongs to: a layer's equations end with that of its output."""
    owner = {name: layer.label for layer in layers for name in (*layer.parameters, layer.output)}
    waiting = list(layers)
    for each in forward:
        if waiting:
            owner.setdefault(each.tensor, waiting[0].label)
            done = next((n for n, layer in enumerate(waiting) if layer.output == each.tensor), None)
            waiting = waiting[done + 1 :] if done is not None else waiting
        else:
            owner.setdefault(each.tensor, LOSS)
    return owner


def _home(each: Equation, owner: Mapping[str, str]) -> str:
    """The layer of a cotangent; of a sum without a primal of its own, that of the cotangents it is a sum of."""
    reads = [read.tensor for one in each.statements for read in one.reads]
    primals = [split_mark(name)[0] for name in (each.tensor, *(name for name in reads if split_mark(name)[1]))]
    return next((owner[name] for name in primals if name in owner), LOSS)


def _shapes(
    name: str, layers: Sequence[Layer], mine: Sequence[Equation], whole: Program
) -> tuple[tuple[str, str], ...]:
    layer = next((each for each in layers if each.label == name), None)
    last = [each.tensor for each in mine if each.tensor == whole.loss] or [each.tensor for each in mine[-1:]]
    names = [layer.output, *layer.parameters] if layer else last
    return tuple((each, " × ".join(map(format_extent, whole.tensors[each].shape)) or "scalar") for each in names)


def _steps(program: GradientProgram | Program, described: Program | None, forward: Sequence[Equation]) -> Steps | None:
    if isinstance(program, Program):
        return None
    return Steps(program, trace_of(program) if described is None else trace(described), Origins(forward), LATEX)


def _row(each: Equation, whole: Program, steps: Steps | None) -> Row:
    told = () if steps is None else (*way_to(each, steps), *reached(each, whole, LATEX))
    return Row(each.number, format_equation(each, whole.tensors, LATEX), told)


def _nodes(
    found: Sequence[Section],
    forward: Sequence[Equation],
    owner: Mapping[str, str],
    whole: Program,
    kinds: Mapping[str, str],
) -> tuple[Node, ...]:
    """Inputs and targets first, then the layers, each with what it reads of others."""
    given = [*whole.of(Role.INPUT), *whole.of(Role.TARGET)]
    reads: dict[str, dict[str, None]] = {section.name: {} for section in found}
    for each in forward:
        name = owner[each.tensor]
        for source in dict.fromkeys(source for one in each.statements for source in one.sources()):
            other = owner.get(source, source)
            if other != name and (source in owner or any(source == tensor.name for tensor in given)):
                reads.setdefault(name, {}).setdefault(other)
    used = {name for names in reads.values() for name in names}
    starts = [
        Node(t.name, f"{t.role.value} {' × '.join(map(format_extent, t.shape))}", ()) for t in given if t.name in used
    ]
    boxes = [Node(each.name, _caption(each, kinds), tuple(reads.get(each.name, ()))) for each in found if each.forward]
    return (*starts, *boxes)


def _caption(section: Section, kinds: Mapping[str, str]) -> str:
    shape = section.shapes[0][1] if section.shapes else ""
    return f"{kinds.get(section.name, section.shapes[0][0] if section.shapes else '')} {shape}".strip()
