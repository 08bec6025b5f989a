"""The adjoint and the tangent of a whole program: the rule, statement by statement."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from symbprop.calculus.adjoint import adjoint, moves, tangent
from symbprop.calculus.linearize import Linearized, linearize
from symbprop.calculus.program import GradientProgram, Program, Role, Tensor
from symbprop.calculus.recurrence import circles, ordered
from symbprop.calculus.statement import Statement


class Names:
    """Makes names that no tensor of the program has yet."""

    def __init__(self, taken: Collection[str]) -> None:
        self._taken = set(taken)
        self._made: dict[str, str] = {}

    def fresh(self, wish: str) -> str:
        """``wish``, or ``wish`` with a number when it is taken."""
        name, count = wish, 1
        while name in self._taken:
            count += 1
            name = f"{wish}_{count}"
        self._taken.add(name)
        return name

    def derived(self, suffix: str) -> Callable[[str], str]:
        """A function that always gives the same new name, ``name_suffix``, for the same name."""

        def name_of(name: str) -> str:
            key = f"{name}_{suffix}"
            if key not in self._made:
                self._made[key] = self.fresh(key)
            return self._made[key]

        return name_of


def gradient(program: Program, wrt: Sequence[str], *, suffix: str = "bar") -> GradientProgram:
    """The backward statements of the loss with respect to the tensors ``wrt``.

    One statement at a time, in reverse order, every cotangent a named array. Only statements on a path from ``wrt`` to
    the loss are differentiated. The loss's cotangent is a seed tensor, which the caller may set (1 gives the gradient).
    """
    if program.loss is None:
        raise ValueError("the program has no loss to differentiate")
    names = Names(program.tensors)
    bar = names.derived(suffix)
    active = influenced(program, wrt)
    backward: list[Statement] = []
    tensors: dict[str, Tensor] = {}
    reached = {program.loss}
    seed = bar(program.loss)
    tensors[seed] = Tensor(seed, (), Role.SEED)
    groups = in_groups(program.statements)
    is_loop = len(groups) < len(program.statements) or bool(circles(program.statements))
    for group in reversed(groups):
        waiting = [each for each in reversed(group) if each.target.tensor in active]
        found: list[Statement] = []
        while sources := [each for each in waiting if each.target.tensor in reached]:
            # Within a recurrence a statement may be reached through one that stands before it.
            waiting = [each for each in waiting if each.target.tensor not in reached]
            for source in sources:
                linear = linearize(source, names.fresh)
                results = adjoint(linear, active, bar)
                if results:
                    found.extend(linear.auxiliary)
                    tensors.update((each.name, each) for each in linear.tensors)
                for read in linear.statement.reads:
                    name = bar(read.tensor)
                    if any(each.target.tensor == name for each in results):
                        reached.add(read.tensor)
                        tensors.setdefault(name, Tensor(name, program.tensors[read.tensor].shape, Role.VALUE))
                found.extend(results)
        backward.extend(ordered(found) if is_loop else found)
    gradients = {name: bar(name) for name in wrt if name in reached}
    zeros = {name: _why_zero(program, name, active) for name in wrt if name not in reached}
    return GradientProgram(program, tensors, tuple(backward), gradients, zeros, seed)


def jvp(program: Program, wrt: Sequence[str], *, suffix: str = "dot") -> tuple[Program, Mapping[str, str]]:
    """The program with the tangent of every value that depends on ``wrt``, and the name of each tangent.

    The tangents of ``wrt`` are seeds, which the caller gives.
    """
    names = Names(program.tensors)
    dot = names.derived(suffix)
    active = influenced(program, wrt)
    tensors = dict(program.tensors)
    tangents: dict[str, str] = {}
    for name in wrt:
        tangents[name] = dot(name)
        tensors[dot(name)] = Tensor(dot(name), program.tensors[name].shape, Role.SEED)
    statements: list[Statement] = []
    linear = {id(each): linearize(each, names.fresh) for each in program.statements if each.target.tensor in active}
    moving = _moving(program, wrt, linear)
    for source in program.statements:
        statements.append(source)
        if source.target.tensor not in active:
            continue
        here = linear[id(source)]
        results = tangent(here, moving, dot)
        if results:
            statements.extend(here.auxiliary)
            tensors.update((each.name, each) for each in here.tensors)
            target = source.target.tensor
            tangents[target] = dot(target)
            tensors.setdefault(dot(target), Tensor(dot(target), program.tensors[target].shape, Role.VALUE))
            statements.extend(results)
    return replace(program, tensors=tensors, statements=tuple(statements)), tangents


def influenced(program: Program, wrt: Collection[str]) -> set[str]:
    """The real tensors whose value can depend on ``wrt``, with ``wrt``."""
    active = set(wrt)
    known = -1
    while known < len(active):  # again for recurrences, in which what stands before depends on what stands behind
        known = len(active)
        for source in program.statements:
            target = program.tensors[source.target.tensor]
            if target.integer or target.constant:
                continue
            if any(read.tensor in active for read in source.reads):
                active.add(source.target.tensor)
    return active


def in_groups(statements: Sequence[Statement]) -> list[list[Statement]]:
    """The statements in order, those between the first and the last one of a recurrence together with it."""
    owner: dict[int, list[Statement]] = {id(each): group for group in circles(statements) for each in group}
    last = {
        id(group): max(p for p, each in enumerate(statements) if owner.get(id(each)) is group)
        for group in owner.values()
    }
    found: list[list[Statement]] = []
    end = -1
    for position, each in enumerate(statements):
        if position > end:
            found.append([])
        found[-1].append(each)
        end = max(end, last[id(owner[id(each)])] if id(each) in owner else position)
    return found


def _moving(program: Program, wrt: Collection[str], linear: Mapping[int, Linearized]) -> set[str]:
    """The tensors that have a tangent other than zero."""
    moving = set(wrt)
    known = -1
    while known < len(moving):
        known = len(moving)
        for each in program.statements:
            if id(each) in linear and each.target.tensor not in moving and moves(linear[id(each)], moving):
                moving.add(each.target.tensor)
    return moving


def _why_zero(program: Program, name: str, active: Collection[str]) -> str:
    readers = [each for each in program.statements if any(read.tensor == name for read in each.reads)]
    if not readers:
        return f"no equation reads {name}"
    if program.loss not in active:
        return f"the loss does not depend on {name}"
    where = ", ".join(dict.fromkeys(each.target.tensor for each in readers))
    return f"no path with a derivative other than 0 leads from {where}, which reads {name}, to the loss"
