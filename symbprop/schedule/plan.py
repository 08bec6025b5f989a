"""The plan: ordered kernels over named tensors, with the storage of each decided. It names no target language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sympy import Expr, S, Symbol

from symbprop.calculus.index import Access, Extent, Range
from symbprop.calculus.program import Tensor
from symbprop.calculus.statement import Reduction


@dataclass(frozen=True, slots=True)
class Map:
    """``target = expr(reads)`` (or ``+=``), element by element over ``domain``: the indices of the target, in order.

    ``reuse`` names the read tensor whose storage becomes the target's, if there is one.
    """

    target: Access
    expr: Expr
    reads: tuple[Access, ...]
    domain: tuple[Range, ...]
    accumulate: bool
    source: int
    reuse: str = ""


@dataclass(frozen=True, slots=True)
class Contract:
    """``target = Σ left · right`` (or ``+=``) over the indices that the target lacks."""

    target: Access
    left: Access
    right: Access
    domain: tuple[Range, ...]
    accumulate: bool
    source: int


@dataclass(frozen=True, slots=True)
class Fold:
    """``target = reduction of operand`` (or ``+=``) over ``reduced``; ``selects`` as in a statement.

    A choice of an element knows its value, ``extreme``, where that has been computed.
    """

    target: Access
    operand: Access
    reduction: Reduction
    domain: tuple[Range, ...]
    reduced: tuple[Range, ...]
    accumulate: bool
    source: int
    selects: str = ""
    extreme: Access | None = None


@dataclass(frozen=True, slots=True)
class Allocate:
    """Storage for ``target``: zeros that what follows accumulates into, or bare where what follows fills all of it.

    ``fill`` is what the elements hold that nothing writes, where that is not zero.
    """

    target: str
    source: int
    zeros: bool = True
    fill: Expr = S.Zero


@dataclass(frozen=True, slots=True)
class Alias:
    """``target`` is ``read`` seen through other indices; nothing is computed."""

    target: Access
    read: Access
    domain: tuple[Range, ...]
    source: int


@dataclass(frozen=True, slots=True)
class Loop:
    """``body`` once for each value 0 … extent − 1 of the number ``index``, from the last one with ``reverse``."""

    index: Symbol
    extent: Extent
    reverse: bool
    body: tuple[Step, ...]


Simple = Map | Contract | Fold | Allocate | Alias
Step = Map | Contract | Fold | Allocate | Alias | Loop


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in order. ``source`` of a step is the position of its statement. ``results`` outlive the plan.

    ``shared`` are tensors whose storage is not the plan's own (inputs, parameters, and their views).
    """

    tensors: Mapping[str, Tensor]
    steps: tuple[Step, ...]
    results: tuple[str, ...]
    shared: frozenset[str] = frozenset()

    def shape(self, name: str) -> tuple[Extent, ...]:
        return self.tensors[name].shape


def flat(steps: Iterable[Step]) -> Iterator[Simple]:
    """The steps with those of loops in their place."""
    for step in steps:
        if isinstance(step, Loop):
            yield from flat(step.body)
        else:
            yield step


def reads_of(step: Simple) -> tuple[Access, ...]:
    """The accesses a step reads, without the integer reads in coordinates."""
    match step:
        case Map():
            return step.reads
        case Contract():
            return (step.left, step.right)
        case Fold():
            return (step.operand,) if step.extreme is None else (step.operand, step.extreme)
        case Alias():
            return (step.read,)
        case Allocate():
            return ()


def accesses_of(step: Simple) -> list[Access]:
    """Everything a step reads and writes, also in coordinates."""
    if isinstance(step, Allocate):
        return []
    found = [*reads_of(step), step.target]
    for access in found:  # grows while it is walked
        found.extend(access.gathers())
    return found


def needs_of(step: Step) -> list[str]:
    """Every tensor whose value a step needs, also through coordinates; not the old value it accumulates into."""
    if isinstance(step, Loop):
        return [name for each in step.body for name in needs_of(each)]
    if isinstance(step, Allocate):
        return []
    names = [access.tensor for access in reads_of(step)]
    stack = [gather for access in (*reads_of(step), step.target) for gather in access.gathers()]
    while stack:
        gather = stack.pop()
        names.append(gather.tensor)
        stack.extend(gather.gathers())
    return names


def target_of(step: Simple) -> str:
    """The tensor a step writes."""
    return step.target if isinstance(step, Allocate) else step.target.tensor


def targets_of(step: Step) -> list[str]:
    """The tensors a step writes: one, unless it is a loop."""
    return [target_of(each) for each in flat([step])]
