"""The library's initialisers and activations, tried on the program at hand."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from sympy import oo

from symbprop.calculus.functions import derivative
from symbprop.calculus.program import Program, Role, Tensor
from symbprop.calculus.statement import read_symbol
from symbprop.language.elaborate import elaborate
from symbprop.language.source import NOWHERE
from symbprop.library.catalogue import catalogue
from symbprop.network.initializers import initializer
from symbprop.sensitivity.expectation import Moments, moments
from symbprop.sensitivity.flow import flows
from symbprop.sensitivity.linear import Linear
from symbprop.sensitivity.propagation import propagate
from symbprop.sensitivity.records import LayerFlow
from symbprop.sensitivity.starts import FREE, Start, start
from symbprop.sensitivity.steepness import Steepness, steepness


@dataclass(frozen=True, slots=True)
class Trial:
    """An initialiser for the weights of all linear layers, and the flow that it gives."""

    name: str
    flow: tuple[LayerFlow, ...]

    @property
    def distance(self) -> float:
        """How far the cumulative gain gets from 1, as a logarithm."""
        return max(_distance(each.cumulative) for each in self.flow)

    @property
    def worst(self) -> LayerFlow:
        """The layer whose cumulative gain is farthest from 1."""
        return max(self.flow, key=lambda each: _distance(each.cumulative))


def _distance(gain: float) -> float:
    return abs(math.log(gain)) if 0 < gain < math.inf else math.inf


def tried_initializers(
    program: Program, starts: Mapping[str, Start], layers: Sequence[Linear], names: Mapping[str, str]
) -> list[Trial]:
    """Every initialiser of the library with its defaults, the best first."""
    operations = catalogue().operations
    found = []
    for name in catalogue().named("initializers"):
        operation = operations[name]
        changed = dict(starts)
        for each in layers:
            shape = program.tensors[each.parameter].shape
            if each.statement.reduced:
                changed[each.parameter] = start(initializer(operation, {}, shape, operations, NOWHERE), shape)
        found.append(Trial(name, flows(propagate(program, changed), layers, names)))
    return sorted(found, key=lambda trial: (trial.distance, trial.name))


@dataclass(frozen=True, slots=True)
class Candidate:
    """An activation of the library, how steep it is, and E[f′²] for standard normal arguments."""

    name: str
    steep: Steepness
    slope: float


@cache
def library_activations() -> tuple[Candidate, ...]:
    """The element-wise activations of the library, with their defaults."""
    operations = catalogue().operations
    found = []
    for name in catalogue().named("activations"):
        operation = operations[name]
        if len(operation.arguments) != 1:
            continue
        argument = operation.arguments[0].name
        given = {argument: Tensor(argument, (FREE,), Role.INPUT)}
        made = elaborate(operation, given, {}, lambda local: local, operations)
        if len(made.statements) == 1 and len(made.statements[0].reads) == 1:
            x = read_symbol(0)
            slope = derivative(made.statements[0].expr, x)
            square = moments(slope, {x: Moments(0.0, 1.0)}).square
            found.append(Candidate(name, steepness(slope, x), square))
    return tuple(found)


def steady_activation() -> Candidate | None:
    """The activation with sup |f′| nearest to 1 that saturates nowhere and is no line; of equals, the steepest."""
    lines = ((-oo, oo),)
    free = [
        each
        for each in library_activations()
        if not each.steep.flat_ends and not each.steep.dead and each.steep.ranges != lines
    ]
    return min(free, key=lambda each: (round(abs(each.steep.upper - 1), 9), -each.slope), default=None)
