"""State, noise and modes: what a formula keeps from call to call, what is drawn at each, and ``training``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from symbprop.calculus.program import Role
from symbprop.language.shapes import Shape
from symbprop.language.source import SourceError
from symbprop.language.syntax import Draw, Read
from symbprop.language.trees import NEXT


@dataclass(frozen=True, slots=True)
class Modes:
    """``states`` maps the global name of each new state to its local one, ``updates`` to its next value's, ``noise`` is
    how each new noise is drawn; ``differ`` says that training and inference are not the same computation.
    """

    states: Mapping[str, str] = field(default_factory=dict)
    updates: Mapping[str, str] = field(default_factory=dict)
    noise: Mapping[str, Draw] = field(default_factory=dict)
    differ: bool = False


def state_followed(target: Read, states: Collection[str]) -> str:
    """The state whose next value a primed target is. Raises ``SourceError`` if it is the next value of something else."""
    base = target.name.removesuffix(NEXT)
    if base not in states:
        message = f"{base}' is the next value of {base}, which is no state"
        raise SourceError(message, target.span, hint=f"write state {base} in the signature")
    return base


def role_of(shape: Shape, states: Collection[str], noise: Collection[str]) -> Role:
    """What a tensor of an operation is for, if it was not given from outside."""
    if shape.computed:
        return Role.VALUE
    if shape.name in states:
        return Role.STATE
    return Role.NOISE if shape.name in noise else Role.PARAMETER


def modes_of(
    names: Mapping[str, str],
    states: Collection[str],
    following: Collection[str],
    noise: Mapping[str, Draw],
    *,
    asked: bool,
) -> Modes:
    """The modes of an operation whose tensors have these program-wide ``names``; ``following`` are the next values."""
    kept = {names[local]: local for local in names if local in states}
    updates = {name: names[local + NEXT] for name, local in kept.items() if local + NEXT in following}
    draws = {names[local]: draw for local, draw in noise.items() if local in names}
    return Modes(kept, updates, draws, asked or bool(states))
