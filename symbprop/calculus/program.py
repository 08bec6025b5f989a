"""The program: tensors, and the statements that compute them, in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from sympy import Expr, S

from symbprop.calculus.index import Extent
from symbprop.calculus.showing import Shown
from symbprop.calculus.statement import Statement


class Role(Enum):
    """What a tensor is for."""

    INPUT = "input"
    TARGET = "target"
    PARAMETER = "parameter"
    STATE = "state"  # kept from call to call, not trained: a running mean
    NOISE = "noise"  # drawn anew at each call
    VALUE = "value"  # computed
    SEED = "seed"  # a cotangent or tangent that the caller gives


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor: its name, shape and role.

    ``classes`` bounds the values of an integer tensor (0 … classes − 1), ``interval`` says where sensible real values
    lie, ``label`` is what a person calls it. ``fill`` is the value of the elements of a computed tensor that no
    statement writes.
    """

    name: str
    shape: tuple[Extent, ...]
    role: Role
    integer: bool = False
    classes: Extent | None = None
    interval: tuple[float, float] | None = None
    label: str = ""
    constant: bool = False  # to differentiation, because the program does not depend on its value
    fill: Expr = S.Zero
    derived: bool = False  # by single elements of another tensor, as a derivative inside a description is


@dataclass(frozen=True, slots=True)
class Program(Shown):
    """Statements in an order in which each reads only what stands before it.

    ``updates`` maps a state to the computed tensor that is its next value; ``metrics`` are scalars that are watched, by
    name. No derivative is ever taken of either.
    """

    tensors: Mapping[str, Tensor]
    statements: tuple[Statement, ...]
    outputs: tuple[str, ...] = ()
    loss: str | None = None
    updates: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, str] = field(default_factory=dict)

    @property
    def results(self) -> tuple[str, ...]:
        """Everything that is wanted of the program: outputs, loss, next states, metrics."""
        loss = (self.loss,) if self.loss else ()
        return (*self.outputs, *loss, *self.updates.values(), *self.metrics.values())

    def of(self, role: Role) -> Iterator[Tensor]:
        """The tensors of one role, in order of declaration."""
        return (tensor for tensor in self.tensors.values() if tensor.role is role)

    def definitions(self) -> dict[str, list[Statement]]:
        """The statements of each computed tensor, in order."""
        found: dict[str, list[Statement]] = {}
        for each in self.statements:
            found.setdefault(each.target.tensor, []).append(each)
        return found


@dataclass(frozen=True, slots=True)
class GradientProgram(Shown):
    """A forward program, the backward statements of its loss, and where each gradient is.

    ``gradients`` maps a parameter to its cotangent; a parameter whose gradient is identically zero is in ``zeros``
    with the reason instead. ``tensors`` holds the cotangents; ``seed`` is the cotangent of the loss.
    """

    forward: Program
    tensors: Mapping[str, Tensor]
    backward: tuple[Statement, ...]
    gradients: Mapping[str, str]
    zeros: Mapping[str, str] = field(default_factory=dict)
    seed: str = ""

    @property
    def program(self) -> Program:
        """Forward and backward as one program, its outputs the loss and the gradients."""
        tensors = {**self.forward.tensors, **self.tensors}
        loss = self.forward.loss
        outputs = (*((loss,) if loss else ()), *self.gradients.values())
        statements = (*self.forward.statements, *self.backward)
        return Program(tensors, statements, outputs, loss, self.forward.updates, self.forward.metrics)
