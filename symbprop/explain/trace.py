"""How a program came to its closed form: the passes run one at a time, and what each left of every tensor."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from symbprop.calculus.gradient import gradient
from symbprop.calculus.program import GradientProgram, Program, Role
from symbprop.calculus.statement import Statement
from symbprop.explain.moved import Moved, moved_sums
from symbprop.explain.rules import title
from symbprop.simplify.passes import BACKWARD, FORWARD, finish_forward

DESCRIBED, DERIVED, SIMPLIFIED = "As described", "As the chain rule gives it", "Simplified"


@dataclass(frozen=True, slots=True)
class Stage:
    """The whole program after one pass. ``title`` says what the pass does, ``moved`` holds the sums it has moved."""

    title: str
    program: Program
    moved: Mapping[str, Moved] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Form:
    """One tensor's statements, and the stage that gave it them; ``before`` is the program that the pass was given."""

    stage: Stage
    statements: tuple[Statement, ...]
    before: Program


class Trace:
    """The stages in order. ``raw`` is the gradient as the chain rule gave it, ``gradient`` the simplified one."""

    def __init__(self, stages: list[Stage], raw: GradientProgram | None, simplified: GradientProgram | None) -> None:
        self.stages = stages
        self.raw = raw
        self.gradient = simplified
        self.moved = {name: each for stage in stages for name, each in stage.moved.items()}
        self._forms: dict[str, list[Form]] = {}
        before = stages[0].program
        for stage in stages:
            for name, statements in stage.program.definitions().items():
                forms = self._forms.setdefault(name, [])
                if not forms or forms[-1].statements != tuple(statements):
                    forms.append(Form(stage, tuple(statements), before))
            before = stage.program

    @property
    def program(self) -> Program:
        """The program after the last pass."""
        return self.stages[-1].program

    def forms(self, tensor: str) -> list[Form]:
        """The forms of one tensor's statements, from the first to the last."""
        return self._forms.get(tensor, [])


def trace(program: Program, without: Collection[str] = ()) -> Trace:
    """The passes run on ``program``, a network as it is described, as the pipeline runs them."""
    stages = [Stage(DESCRIBED, program)]
    for name, forward_pass in FORWARD.items():
        if name not in without:
            stages.append(Stage(title(forward_pass), forward_pass(stages[-1].program)))
    forward = stages[-1].program
    parameters = [tensor.name for tensor in forward.of(Role.PARAMETER)]
    if forward.loss is None or not parameters:
        return Trace([*stages, Stage(title(finish_forward), finish_forward(forward, without))], None, None)
    raw = gradient(forward, parameters)
    stages.append(Stage(DERIVED, raw.program))
    made = raw
    for name, backward_pass in BACKWARD.items():
        if name not in without:
            before, made = made, backward_pass(made)
            stages.append(Stage(title(backward_pass), made.program, moved_sums(before, made)))
    return Trace(stages, raw, made)


def trace_of(given: GradientProgram) -> Trace:
    """The little that a simplified gradient alone tells: its forward program derived anew, and itself."""
    raw = gradient(given.forward, [*given.gradients, *given.zeros])
    stages = [Stage(DERIVED, raw.program)]
    if raw.backward != given.backward:
        stages.append(Stage(SIMPLIFIED, given.program))
    return Trace(stages, raw, given)
