"""A program and the results wanted from it, to a plan."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence

from sympy import Expr

from symbprop.calculus.dependence import needed
from symbprop.calculus.gradient import Names
from symbprop.calculus.program import Program, Role
from symbprop.calculus.recurrence import Instance, Recurrence, arranged
from symbprop.calculus.statement import Reduction, Statement, read_symbol
from symbprop.schedule.ahead import ahead
from symbprop.schedule.behind import behind
from symbprop.schedule.distribute import distribute
from symbprop.schedule.extremes import know_extremes
from symbprop.schedule.handover import last_readers_first
from symbprop.schedule.kernels import Kernels
from symbprop.schedule.liveness import reuse_storage, storage_roots
from symbprop.schedule.loops import assigning, hoisted, narrow, narrowed, without_steps
from symbprop.schedule.order import covering_first, covers, is_partition, whole, writes_once
from symbprop.schedule.plan import Alias, Allocate, Loop, Plan, Step, flat, target_of
from symbprop.schedule.sharing import share
from symbprop.schedule.together import together


def schedule(program: Program, results: Sequence[str], *, reuse: bool = True) -> Plan:
    """The plan that computes ``results``; ``reuse=False`` gives every tensor storage of its own."""
    scheduler = _Scheduler(program, results)
    steps = know_extremes(scheduler.steps())
    tensors = scheduler.kernels.tensors
    given = {name for name, tensor in program.tensors.items() if tensor.role is not Role.VALUE}
    roots = storage_roots(tensors, steps)
    shared = frozenset(given | {target_of(step) for step in flat(steps) if roots[target_of(step)] in given})
    plan = last_readers_first(Plan(tensors, tuple(steps), tuple(results), shared))
    return reuse_storage(plan) if reuse else plan


class _Scheduler:
    """Turns statements and recurrences into steps, and knows which tensors have storage already."""

    def __init__(self, program: Program, results: Sequence[str]) -> None:
        self.program = program
        self.results = results
        names = Names(program.tensors)
        statements = _without_zeros(needed(program, results))
        moved = behind(statements, program.tensors, results, names.fresh)
        known = {**program.tensors, **moved.tensors}
        joined = together(moved.statements, known, results, names.fresh)
        known |= joined.tensors
        shared = share(joined.statements, known, names.fresh)
        known |= shared.tensors
        early = ahead(shared.statements, known, results, names.fresh)
        distributed = distribute(early.statements, names.fresh)
        self.wanted = distributed.statements
        self.kernels = Kernels({**known, **early.tensors, **distributed.tensors}, names.fresh)
        self._position = {id(each): number for number, each in enumerate(program.statements)}
        for origins in (moved.origins, joined.origins, shared.origins, early.origins, distributed.origins):
            self._position.update({key: self._position[id(each)] for key, each in origins.items()})
        self._groups: dict[str, list[Statement]] = {}
        for each in self.wanted:
            self._groups.setdefault(each.target.tensor, []).append(each)
        self._started: set[str] = set()
        self._assigned: set[str] = set()  # tensors no element of which is written twice

    def steps(self) -> list[Step]:
        """All steps in order."""
        parts = arranged(self.wanted, self._step_name)
        steps: list[Step] = []
        for each in covering_first(self.kernels.tensors, parts):
            if isinstance(each, Recurrence):
                inside = {id(one.source) for one in each.instances()}
                outside = [other for other in self.wanted if id(other) not in inside]
                steps.extend(self._recurrence(each, outside))
            else:
                steps.extend(self._statement(each, self._position[id(each)]))
        return steps

    def _step_name(self, wish: str, around: Collection[str]) -> str:
        """A variable for the number of a step: the index, unless a tensor or a size is called like it."""
        sizes = (size for tensor in self.program.tensors.values() for size in tensor.shape if isinstance(size, Expr))
        taken = {*self.program.tensors, *(symbol.name for size in sizes for symbol in size.free_symbols), *around}
        names = itertools.chain([wish], (f"{wish}{count}" for count in itertools.count(1)))
        return next(name for name in names if name not in taken)

    def _statement(self, each: Statement, source: int) -> Iterator[Step]:
        """A statement of its own: it starts its target, or adds to it."""
        name = each.target.tensor
        shape = self.kernels.tensors[name].shape
        alone, complete = len(self._groups[name]) == 1, covers(each, shape)
        if name not in self._started and alone and complete and _is_view(each):
            yield Alias(each.target, each.reads[0], each.domain, source)
        else:
            if name not in self._started and not (complete and whole(each.target, each.domain, shape)):
                yield self._allocated(name, source)
            yield from self.kernels.steps(each, source, accumulate=name in self._started and name not in self._assigned)
        self._started.add(name)

    def _allocated(self, name: str, source: int, *, added: bool = False) -> Allocate:
        """Storage for a tensor that no statement makes as a whole. ``added``: what follows adds to it, even if it fills it."""
        group = self._groups[name]
        tensor = self.kernels.tensors[name]
        parts = is_partition(group, tensor.shape)
        if parts or (len(group) == 1 and writes_once(group[0])):
            self._assigned.add(name)
        self._started.add(name)
        filled = parts or (len(group) == 1 and covers(group[0], tensor.shape))
        return Allocate(name, source, added or not filled, tensor.fill)

    def _recurrence(self, loop: Recurrence, outside: Sequence[Statement]) -> Iterator[Step]:
        """Storage for what the loop leaves behind, and the loop. ``outside`` are the statements that are not in it."""
        used = {name for each in outside for name in (each.target.tensor, *each.sources())}
        private = without_steps(loop, {*used, *self.results})
        for name, axis in private.items():
            self.kernels.tensors[name] = narrow(self.kernels.tensors[name], axis)
        inner = narrowed(loop, private)
        others: dict[str, list[Statement]] = {}
        for each in outside:
            others.setdefault(each.target.tensor, []).append(each)
        assigned = assigning(inner, others)
        added = {one.statement.target.tensor for one in inner.instances() if id(one.statement) not in assigned}
        for one in inner.instances():
            self._position[id(one.statement)] = self._position[id(one.source)]
            name = one.statement.target.tensor
            if name in private:
                self._groups[name] = [
                    each.statement for each in inner.instances() if each.statement.target.tensor == name
                ]
            elif name not in self._started:
                yield self._allocated(name, self._position[id(one.source)], added=name in added)
        body: list[Step] = []
        parts = [each.statement if isinstance(each, Instance) else each for each in inner.body]
        carried = {one.statement.target.tensor for one in inner.instances()} - set(private)
        for part in covering_first(self.kernels.tensors, parts, carried):
            if isinstance(part, Recurrence):
                within = {id(one.source) for one in part.instances()}
                rest = [one.statement for one in inner.instances() if id(one.source) not in within]
                body.extend(self._recurrence(part, [*outside, *rest]))
            elif part.target.tensor in private:
                body.extend(self._statement(part, self._position[id(part)]))
            else:
                body.extend(self.kernels.steps(part, self._position[id(part)], accumulate=id(part) not in assigned))
        made = Loop(loop.index, loop.extent, loop.reverse, tuple(body))
        yield from hoisted(made, self.kernels.tensors, self.program.tensors)


def _without_zeros(statements: Sequence[Statement]) -> list[Statement]:
    """Without ``h[n, 0, u] = 0``: an element that nobody writes is zero. A tensor's last statement stays."""
    others = {each.target.tensor for each in statements if each.expr != 0 or each.reduction is not Reduction.SUM}
    return [
        each for each in statements
        if each.expr != 0 or each.reduction is not Reduction.SUM or each.target.tensor not in others
    ]  # fmt: skip


def _is_view(each: Statement) -> bool:
    """Whether a statement only looks at a tensor through other indices."""
    if each.reduced or each.reduction is not Reduction.SUM or each.expr != read_symbol(0):
        return False
    read, target = each.reads[0], each.target
    simple = all(isinstance(atom, str) for c in (*read.index, *target.index) for atom, _ in c.terms)
    return simple and set(read.indices()) == set(target.indices()) and _distinct(read.indices())


def _distinct(names: object) -> bool:
    found = list(names)  # type: ignore[call-overload]
    return len(set(found)) == len(found)
