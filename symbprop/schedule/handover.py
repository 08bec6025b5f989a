"""Storage that a loop hands over step by step: where a step reads something for the last time, it may write something else.

An LSTM's gates i, f, o are what was z at the same step; when the loop has passed, nobody reads z.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from symbprop.schedule.loops import stands_at
from symbprop.schedule.plan import Allocate, Loop, Map, Plan, Simple, Step, accesses_of, needs_of, targets_of


def last_readers_first(plan: Plan) -> Plan:
    """The plan with loops in which a map that may take the place of what it reads comes after all others that read that."""
    steps: list[Step] = []
    for step in plan.steps:
        if isinstance(step, Loop):
            others = {name for other in plan.steps if other is not step for name in needs_of(other)}
            kept = {*others, *plan.results, *plan.shared}
            for each in list(step.body):
                step = replace(step, body=_after_the_others(step.body, each, plan, kept))
        steps.append(step)
    return replace(plan, steps=tuple(steps))


def _after_the_others(body: tuple[Step, ...], made: Step, plan: Plan, kept: set[str]) -> tuple[Step, ...]:
    """``body`` with the maps that read what ``made`` could take the place of in front of it, if all of them may stand there.

    From then on that is among what is ``kept``: the place is given away.
    """
    if not isinstance(made, Map) or made.accumulate:
        return body
    place = next(position for position, each in enumerate(body) if each is made)
    for read in made.reads:
        old = read.tensor
        if old in kept or read.index != made.target.index or plan.shape(old) != plan.shape(made.target.tensor):
            continue
        found = [position for position in range(place + 1, len(body)) if _names(body[position]) & {old}]
        readers, end = [body[position] for position in found], max(found, default=place) + 1
        passed = [body[position] for position in range(place, end) if position not in found]
        written = {name for each in passed for name in targets_of(each)}
        used = written.union(*map(_names, passed))
        alone = all(isinstance(each, Map) and not written & {*needs_of(each)} for each in readers)
        if alone and not used.intersection(name for each in readers for name in targets_of(each)):
            kept.add(old)
            return (*body[:place], *readers, *passed, *body[end:])
    return body


def _names(step: Step) -> set[str]:
    return {*needs_of(step), *targets_of(step)}


def touched(plan: Plan, owners: Mapping[str, str]) -> dict[str, tuple[int, int]]:
    """The first and the last step that reads or writes what lives with each owner; what is only set apart is not touched."""
    found: dict[str, tuple[int, int]] = {}
    for position, step in enumerate(plan.steps):
        if not isinstance(step, Allocate) or step.zeros or step.fill != 0:
            for name in _names(step):
                found[owners[name]] = (found.get(owners[name], (position, position))[0], position)
    return found


def hands_over(loop: Step, owners: Mapping[str, str], old: str, new: str) -> bool:
    """Whether ``new`` may live where ``old`` does, if ``loop`` is the last to touch the one and the first to touch the other.

    Each step touches its own elements of both alone, and those of ``new`` when it has read those of ``old``.
    """
    if not isinstance(loop, Loop) or any(isinstance(each, Loop) for each in loop.body):
        return False
    uses: dict[str, list[int]] = {old: [], new: []}
    places = set()
    steps: list[Simple] = [each for each in loop.body if not isinstance(each, Loop)]
    for position, step in enumerate(steps):
        for access in accesses_of(step):
            if owners[access.tensor] not in uses:
                continue
            if access.tensor not in uses:
                return False  # seen through other indices
            uses[access.tensor].append(position)
            places.add(tuple((axis, c) for axis, c in enumerate(access.index) if stands_at(c, loop.index)))
    if not all(uses.values()) or len(places) != 1 or len(places.pop()) != 1:
        return False
    read, written = max(uses[old]), min(uses[new])
    return read < written or (read == written and _in_place(steps[read], old, new))


def _in_place(step: Simple, old: str, new: str) -> bool:
    """Whether a step makes each element of ``new`` of that of ``old`` in the same place: its last call writes them."""
    if not isinstance(step, Map) or step.accumulate or step.target.tensor != new:
        return False
    return all(each.index == step.target.index for each in accesses_of(step) if each.tensor == old)
