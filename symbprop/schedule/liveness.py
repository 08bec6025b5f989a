"""Liveness: when a tensor is read for the last time, and whose storage its successor may take."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate

from symbprop.calculus.index import at_sizes, product
from symbprop.calculus.program import Role, Tensor
from symbprop.calculus.statement import read_symbol
from symbprop.schedule.order import whole
from symbprop.schedule.plan import Alias, Loop, Map, Plan, Step, flat, needs_of, target_of, targets_of


def storage_roots(tensors: Mapping[str, Tensor], steps: Sequence[Step]) -> dict[str, str]:
    """The tensor that owns the memory each tensor lives in."""
    roots = {name: name for name in tensors}
    for step in flat(steps):
        if isinstance(step, Alias):
            roots[step.target.tensor] = roots[step.read.tensor]
    return roots


def storage_lives(plan: Plan) -> tuple[dict[str, str], dict[str, tuple[int, int]]]:
    """The tensor whose memory each tensor lives in after all reuse, and from which step to which that memory is needed.

    A loop is one step. Memory that the plan does not own has no life.
    """
    owners = {name: name for name in plan.tensors}
    lives: dict[str, tuple[int, int]] = {}
    for position, step in enumerate(plan.steps):
        for each in flat([step]):
            if isinstance(each, Alias):
                owners[each.target.tensor] = owners[each.read.tensor]
            elif isinstance(each, Map) and each.reuse:
                owners[target_of(each)] = owners[each.reuse]
        for name in (*targets_of(step), *needs_of(step)):
            first, _ = lives.get(owners[name], (position, position))
            lives[owners[name]] = (first, position)
    return owners, {name: life for name, life in lives.items() if name not in plan.shared}


def most_alive(plan: Plan, sizes: Mapping[str, int]) -> int:
    """The elements of all storage that is alive at once, at the step where that is most; results stay to the end.

    No order of the same steps on the same storage needs less. Raises ``KeyError`` for a size that is missing.
    """
    owners, lives = storage_lives(plan)
    kept = {owners[name] for name in plan.results}
    change = [0] * (len(plan.steps) + 1)
    for name, (first, last) in lives.items():
        count = at_sizes(product(plan.shape(name)), sizes)
        change[first] += count
        change[len(plan.steps) if name in kept else last + 1] -= count
    return max(accumulate(change))


def reuse_storage(plan: Plan) -> Plan:
    """Let an element-wise map write into a tensor that it reads for the last time, where shapes and kinds agree.

    A tensor that the map also reads at other indices (its own transpose) cannot be overwritten. A tensor that depends on more of {parameters, inputs, targets} may be complex where the other is real, so storage
    only passes to a tensor that depends on no more than its owner. Within a loop only what each step starts anew is
    given away: the rest lives through all of it.
    """
    return replace(plan, steps=_reusing(plan, plan.steps, set(plan.results), _kinds(plan)))


def _reusing(
    plan: Plan, given: Sequence[Step], kept: Collection[str], kinds: Mapping[str, frozenset[Role]]
) -> tuple[Step, ...]:
    """``given`` with storage passed on; ``kept`` are tensors that somebody needs afterwards."""
    roots = storage_roots(plan.tensors, list(plan.steps))
    last: dict[str, int] = {}
    for position, step in enumerate(given):
        for name in (*needs_of(step), *targets_of(step)):
            last[roots[name]] = position
    for name in kept:
        last[roots[name]] = len(given)
    owned = {target_of(step) for step in flat(given) if not isinstance(step, Alias)} - set(plan.shared)
    steps: list[Step] = []
    for position, step in enumerate(given):
        if isinstance(step, Loop):
            around = {name for other in given if other is not step for name in (*needs_of(other), *targets_of(other))}
            step = replace(step, body=_reusing(plan, step.body, {*kept, *around}, kinds))
        elif (
            isinstance(step, Map)
            and not step.accumulate
            and step.domain
            and whole(step.target, step.domain, plan.shape(target_of(step)))
        ):
            for symbol_position, access in enumerate(step.reads):
                root = roots[access.tensor]
                if (
                    access.index == step.target.index
                    and root == access.tensor
                    and root in owned
                    and all(other == access or roots[other.tensor] != root for other in step.reads)
                    and (last[root] == position or _scales_itself(step))
                    and not plan.tensors[root].integer
                    and kinds[target_of(step)] <= kinds[root]
                    and read_symbol(symbol_position) in step.expr.free_symbols
                    and plan.shape(root) == plan.shape(target_of(step))
                ):
                    step = replace(step, reuse=access.tensor)
                    break
        steps.append(step)
    return tuple(steps)


def _scales_itself(step: Map) -> bool:
    """Whether a map reads nothing but the tensor it writes: the constant factor of a sum."""
    return all(access == step.target for access in step.reads)


def _kinds(plan: Plan) -> dict[str, frozenset[Role]]:
    """The roles of the given tensors that each tensor depends on. Noise is real wherever anything is."""
    given = {name: tensor.role for name, tensor in plan.tensors.items() if tensor.role is not Role.VALUE}
    kinds = {name: frozenset((role,)) if role is not Role.NOISE else frozenset[Role]() for name, role in given.items()}
    known = -1
    while known < sum(map(len, kinds.values())):  # again for loops, which read what an earlier step has written
        known = sum(map(len, kinds.values()))
        for step in flat(plan.steps):
            name = target_of(step)
            depends = kinds.get(name, frozenset())
            for source in needs_of(step):
                depends |= kinds.get(source, frozenset())
            kinds[name] = depends
    return kinds
