"""State, noise and modes: what a formula keeps from call to call, what is drawn at each, and ``training``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from symbprop.calculus.program import Role
from symbprop.language.extents import Shape
from symbprop.language.source import SourceError, did_you_mean
from symbprop.language.syntax import Draw, Equation, Operation, Read


@dataclass(frozen=True, slots=True)
class Modes:
    """``states`` maps the global name of each new state to its local one, ``updates`` to its next value's, ``noise`` is
    how each new noise is drawn; ``differ`` says that training and inference are not the same computation.
    """

    states: Mapping[str, str] = field(default_factory=dict)
    updates: Mapping[str, str] = field(default_factory=dict)
    noise: Mapping[str, Draw] = field(default_factory=dict)
    differ: bool = False


def states_of(operation: Operation, *, open_names: bool) -> frozenset[str]:
    """The states by local name: those the signature says; of a formula, every name that is given a next value."""
    said = {each.name for each in operation.arguments if each.state}
    if open_names:
        said |= {each.target.name for each in operation.equations if each.following}
    return frozenset(said)


def following(equation: Equation, states: Collection[str]) -> Read:
    """The target that holds the next value of a state. Raises ``SourceError`` for what is no state."""
    target = equation.target
    if target.name not in states:
        hint = did_you_mean(target.name, states) or f"declare it in the signature: state {target.name}[…] = zeros"
        raise SourceError(f"{target.name} is no state, so it has no next value", target.span, hint=hint)
    return replace(target, name=_next(target.name))


def _next(state: str) -> str:
    return f"{state}'"


def is_next(local: str) -> bool:
    """Whether a local name is that of a next value."""
    return local.endswith("'")


def plain_name(local: str) -> str:
    """A local name as an identifier: ``m_next`` for ``m'``."""
    return f"{local[:-1]}_next" if is_next(local) else local


def role_of(shape: Shape, states: Collection[str], noise: Collection[str]) -> Role:
    """What a tensor of an operation is for, if it was not given from outside."""
    if shape.computed:
        return Role.VALUE
    if shape.name in states:
        return Role.STATE
    return Role.NOISE if shape.name in noise else Role.PARAMETER


def modes_of(names: Mapping[str, str], states: Collection[str], noise: Mapping[str, Draw], *, asked: bool) -> Modes:
    """The modes of an operation whose tensors have these program-wide ``names``."""
    kept = {names[local]: local for local in names if local in states}
    updates = {name: names[_next(local)] for name, local in kept.items() if _next(local) in names}
    draws = {names[local]: draw for local, draw in noise.items() if local in names}
    return Modes(kept, updates, draws, asked or bool(states))
