"""How many examples go through together where a batch is so large that its arrays are beyond the cache.

A part fills the cache, and is large enough that what it costs once, its calls and the sum of gradients, is a small share of
it. A network whose parts would be far beyond the cache then is computed whole. What calls and elements cost is the
scheduler's cost model.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from symbprop.calculus.index import product
from symbprop.calculus.program import Program, Role
from symbprop.emit.estimate import estimate, total
from symbprop.emit.variables import size_names
from symbprop.network.assembly import BATCH
from symbprop.schedule.liveness import most_alive
from symbprop.schedule.machine import REFERENCE
from symbprop.schedule.plan import Plan, flat

SHARE = 16  # what a part computes, over what it costs once
BEYOND = 16  # caches that a part may fill
LEAST = 8  # caches that the whole batch fills before it is cut
MANY = 256  # examples at which the cost model is asked, beside one
SUM = 3  # arrays as large as the parameters that pass when gradients are added
STEPS = 500  # of longer plans the calls alone are too dear


@dataclass(frozen=True, slots=True)
class PartSize:
    """A batch of at least ``least`` examples goes through in parts of about ``examples``."""

    examples: int
    least: int


def part_size(program: Program, plan: Plan, dtype: str) -> PartSize | None:
    """The parts of what ``plan`` computes, or None where a whole batch is no slower.

    There are none where other sizes are free too, a number of steps for one: what an example costs is not known then.
    """
    batch = str(BATCH)
    if size_names(program) != {batch} or sum(1 for _ in flat(plan.steps)) > STEPS:
        return None
    width = 8 if dtype == "float64" else 4
    added = SUM * width * sum(int(product(each.shape)) for each in program.of(Role.PARAMETER))
    if SHARE * added > BEYOND * REFERENCE.cache:
        return None
    given = [each for role in (Role.INPUT, Role.TARGET) for each in program.of(role) if each.shape[:1] == (BATCH,)]
    one, many = ({batch: count} for count in (1, MANY))
    alive = (most_alive(plan, many) - most_alive(plan, one)) / (MANY - 1)
    held = width * (alive + sum(int(product(each.shape[1:])) for each in given))
    costs = [estimate(plan, sizes, REFERENCE, dtype) for sizes in (one, many)]
    first, all_of_them = (total([*by_step.values(), entry]).seconds for by_step, entry in costs)
    once = first + 1e-9 * added / REFERENCE.streamed
    examples = ceil(max(REFERENCE.cache / held, SHARE * once * (MANY - 1) / (all_of_them - first)))
    if examples * held > BEYOND * REFERENCE.cache:
        return None
    return PartSize(examples, max(2 * examples, ceil(LEAST * REFERENCE.cache / held)))
