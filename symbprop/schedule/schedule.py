"""A program and the results wanted from it, to a plan."""

from __future__ import annotations

from collections.abc import Sequence

from symbprop.calculus.dependence import needed
from symbprop.calculus.gradient import Names
from symbprop.calculus.program import Program, Role
from symbprop.calculus.statement import Reduction, Statement, read_symbol
from symbprop.schedule.kernels import Kernels
from symbprop.schedule.liveness import reuse_storage, storage_roots
from symbprop.schedule.order import covering_first, covers, is_partition, whole, writes_once
from symbprop.schedule.plan import Alias, Allocate, Plan, Step, target_of


def schedule(program: Program, results: Sequence[str], *, reuse: bool = True) -> Plan:
    """The plan that computes ``results``; ``reuse=False`` gives every tensor storage of its own."""
    statements = covering_first(program, needed(program, results))
    position = {id(each): number for number, each in enumerate(program.statements)}
    kernels = Kernels(program.tensors, Names(program.tensors).fresh)
    groups: dict[str, list[Statement]] = {}
    for each in statements:
        groups.setdefault(each.target.tensor, []).append(each)
    started: set[str] = set()
    assigned: set[str] = set()  # tensors no element of which is written twice
    steps: list[Step] = []
    for each in statements:
        name, source = each.target.tensor, position[id(each)]
        shape = program.tensors[name].shape
        alone = len(groups[name]) == 1
        complete = covers(each, shape)
        if name not in started and alone and complete and _is_view(each):
            steps.append(Alias(each.target, each.reads[0], each.domain, source))
        else:
            if name not in started and not (complete and whole(each.target, each.domain, shape)):
                parts = is_partition(groups[name], shape)
                if parts or (alone and writes_once(each)):
                    assigned.add(name)
                bare = parts or (alone and complete)
                steps.append(Allocate(name, source, not bare, program.tensors[name].fill))
                started.add(name)
            steps.extend(kernels.steps(each, source, accumulate=name in started and name not in assigned))
        started.add(name)
    given = {name for name, tensor in program.tensors.items() if tensor.role is not Role.VALUE}
    roots = storage_roots(kernels.tensors, steps)
    shared = frozenset(given | {target_of(step) for step in steps if roots[target_of(step)] in given})
    plan = Plan(kernels.tensors, tuple(steps), tuple(results), shared)
    return reuse_storage(plan) if reuse else plan


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
