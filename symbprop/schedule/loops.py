"""A recurrence as a loop: what needs no axis for the steps, what is written and what is added to, what can leave the loop."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from sympy import Expr, Symbol

from symbprop.calculus.equations import are_apart, is_injective
from symbprop.calculus.index import Access, Affine, extent
from symbprop.calculus.program import Tensor
from symbprop.calculus.recurrence import Instance, Part, Recurrence
from symbprop.calculus.statement import Statement
from symbprop.schedule.order import whole
from symbprop.schedule.plan import Allocate, Contract, Fold, Loop, Map, Step, accesses_of, needs_of, targets_of


def without_steps(loop: Recurrence, outside: Collection[str]) -> dict[str, int]:
    """The tensors that live inside one step, with their axis for the steps: every access of them is at this step.

    ``outside`` are the tensors that something outside the loop writes or reads.
    """
    places: dict[str, set[tuple[int, Affine] | None]] = {}
    written: set[str] = set()
    for each in loop.instances():
        written.add(each.statement.target.tensor)
        for access in (each.statement.target, *each.statement.reads, *_gathers(each.statement)):
            along = [(axis, c) for axis, c in enumerate(access.index) if stands_at(c, loop.index)]
            places.setdefault(access.tensor, set()).add(along[0] if len(along) == 1 else None)
    found = {}
    for name, where in places.items():
        if name in written and name not in outside and len(where) == 1:
            (place,) = where
            if place is not None:
                found[name] = place[0]
    return found


def _gathers(each: Statement) -> Iterator[Access]:
    stack = [gather for access in (each.target, *each.reads) for gather in access.gathers()]
    while stack:
        gather = stack.pop()
        yield gather
        stack.extend(gather.gathers())


def stands_at(coordinate: Affine, step: Symbol) -> bool:
    """Whether a coordinate is a place that the step alone decides."""
    return not coordinate.terms and isinstance(coordinate.offset, Expr) and coordinate.offset.has(step)


def narrowed(loop: Recurrence, axes: Mapping[str, int]) -> Recurrence:
    """The loop with the axis for the steps taken out of some tensors."""

    def access(one: Access) -> Access:
        index = [
            replace(c, terms=tuple((access(a) if isinstance(a, Access) else a, k) for a, k in c.terms))
            for c in one.index
        ]
        if one.tensor in axes:
            del index[axes[one.tensor]]
        return Access(one.tensor, tuple(index))

    def part(one: Part) -> Part:
        if isinstance(one, Recurrence):
            return replace(one, body=tuple(map(part, one.body)))
        each = one.statement
        made = replace(each, target=access(each.target), reads=tuple(map(access, each.reads)))
        return replace(one, statement=made)

    return replace(loop, body=tuple(map(part, loop.body)))


def narrow(tensor: Tensor, axis: int) -> Tensor:
    """A tensor without one of its axes."""
    return replace(tensor, shape=(*tensor.shape[:axis], *tensor.shape[axis + 1 :]))


def assigning(loop: Recurrence, others: Mapping[str, Sequence[Statement]]) -> set[int]:
    """The instances (by ``id`` of their statements) before which nobody has written to the elements they write.

    Where a step adds to its own element and to that of the next step, the next one's is still untouched.
    ``others`` are the statements outside the loop, by target.
    """
    found: set[int] = set()
    earlier: dict[str, list[Instance]] = {}
    places: dict[str, set[tuple[Affine, ...]]] = {}
    for each in loop.instances():
        fixed = tuple(c for c in each.statement.target.index if not c.terms and isinstance(c.offset, Expr))
        places.setdefault(each.statement.target.tensor, set()).add(fixed)
    for each in loop.instances():
        name = each.statement.target.tensor
        before = earlier.setdefault(name, [])
        if (
            (len(places[name]) == 1 or _is_ahead(each, places[name], loop))
            and is_injective(each.statement)
            and all(are_apart(each.source, other) for other in others.get(name, ()))
            and all(are_apart(each.statement, other.statement) for other in before)
        ):
            found.add(id(each.statement))
        before.append(each)
    return found


def _is_ahead(each: Instance, places: Collection[tuple[Affine, ...]], loop: Recurrence) -> bool:
    """Whether a statement writes at a step what all others with its target write at later steps."""
    if any(isinstance(part, Recurrence) for part in loop.body) or any(len(place) != 1 for place in places):
        return False
    lags = [extent(place[0].offset - loop.index) for place in places]
    known = [lag for lag in lags if isinstance(lag, int)]
    if len(known) < len(lags):
        return False
    (mine,) = (extent(c.offset - loop.index) for c in each.statement.target.index if stands_at(c, loop.index))
    return mine == (min(known) if loop.reverse else max(known))


def hoisted(loop: Loop, tensors: Mapping[str, Tensor], known: Collection[str]) -> list[Step]:
    """The loop, behind those of its steps that are the same each time: temporaries made of what the loop leaves alone.

    ``known`` are the tensors of the program; the others are temporaries of one statement.
    """
    changing = {name for step in loop.body for name in targets_of(step)}
    ahead: list[Step] = []
    body: list[Step] = []
    for step in loop.body:
        name = targets_of(step)[0]
        alone = sum(name in targets_of(other) for other in loop.body) == 1
        if (
            isinstance(step, (Map, Contract, Fold))
            and name not in known
            and alone
            and not step.accumulate
            and whole(step.target, step.domain, tensors[name].shape)
            and not changing & set(needs_of(step))
            and not any(_mentions(step, symbol) for symbol in (loop.index,))
        ):
            ahead.append(step)
            changing.discard(name)
        else:
            body.append(step)
    return [*ahead, replace(loop, body=tuple(body))]


def _mentions(step: Map | Contract | Fold, symbol: Symbol) -> bool:
    if isinstance(step, Map) and step.expr.has(symbol):
        return True
    return any(stands_at(c, symbol) for access in accesses_of(step) for c in access.index)


def started_in(loop: Loop) -> set[str]:
    """The tensors that the loop starts anew at each step."""
    return {step.target for step in loop.body if isinstance(step, Allocate)}
