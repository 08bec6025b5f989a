"""Where the largest element of a window is: found by what it is equal to, where the maximum itself is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symbprop.calculus.index import Access, Range
from symbprop.calculus.statement import Reduction
from symbprop.schedule.plan import Fold, Step

MADE = {Reduction.ARGMAX: Reduction.MAX, Reduction.ARGMIN: Reduction.MIN}


def know_extremes(steps: Sequence[Step]) -> list[Step]:
    """Tell each choice of an element which tensor holds that element's value, if an earlier step has made one."""
    made: dict[tuple[Reduction, Access, tuple[Range, ...], tuple[Range, ...]], Access] = {}
    found: list[Step] = []
    for step in steps:
        if isinstance(step, Fold) and not step.accumulate:
            if step.reduction in MADE.values():
                made.setdefault((step.reduction, step.operand, step.domain, step.reduced), step.target)
            elif step.reduction in MADE and _in_windows(step):
                extreme = made.get((MADE[step.reduction], step.operand, step.domain, step.reduced))
                if extreme is not None and extreme.index == step.target.index:
                    step = replace(step, extreme=extreme)
        found.append(step)
    return found


def _in_windows(step: Fold) -> bool:
    """Whether a few places are compared with one another, not all of an axis, which is searched in one call."""
    inside = {index for each in step.operand.index if len(each.terms) > 1 for index in each.indices()}
    return all(each.index in inside for each in step.reduced)
