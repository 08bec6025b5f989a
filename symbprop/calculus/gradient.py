"""The adjoint and the tangent of a whole program: the rule, statement by statement."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from symbprop.calculus.adjoint import adjoint, tangent
from symbprop.calculus.linearize import linearize
from symbprop.calculus.program import GradientProgram, Program, Role, Tensor
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
    for source in reversed(program.statements):
        if source.target.tensor not in reached or source.target.tensor not in active:
            continue
        linear = linearize(source, names.fresh)
        results = adjoint(linear, active, bar)
        if results:
            backward.extend(linear.auxiliary)
            tensors.update((each.name, each) for each in linear.tensors)
        for read in linear.statement.reads:
            name = bar(read.tensor)
            if any(each.target.tensor == name for each in results):
                reached.add(read.tensor)
                tensors.setdefault(name, Tensor(name, program.tensors[read.tensor].shape, Role.VALUE))
        backward.extend(results)
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
    for source in program.statements:
        statements.append(source)
        if source.target.tensor not in active:
            continue
        linear = linearize(source, names.fresh)
        known = {read.tensor for read in linear.statement.reads if read.tensor in tangents}
        results = tangent(linear, known, dot)
        if results:
            statements.extend(linear.auxiliary)
            tensors.update((each.name, each) for each in linear.tensors)
            target = source.target.tensor
            tangents[target] = dot(target)
            tensors.setdefault(dot(target), Tensor(dot(target), program.tensors[target].shape, Role.VALUE))
            statements.extend(results)
    return replace(program, tensors=tensors, statements=tuple(statements)), tangents


def influenced(program: Program, wrt: Collection[str]) -> set[str]:
    """The real tensors whose value can depend on ``wrt``, with ``wrt``."""
    active = set(wrt)
    for source in program.statements:
        target = program.tensors[source.target.tensor]
        if target.integer or target.constant:
            continue
        if any(read.tensor in active for read in source.reads):
            active.add(source.target.tensor)
    return active


def _why_zero(program: Program, name: str, active: Collection[str]) -> str:
    readers = [each for each in program.statements if any(read.tensor == name for read in each.reads)]
    if not readers:
        return f"no equation reads {name}"
    if program.loss not in active:
        return f"the loss does not depend on {name}"
    where = ", ".join(dict.fromkeys(each.target.tensor for each in readers))
    return f"no path with a derivative other than 0 leads from {where}, which reads {name}, to the loss"
