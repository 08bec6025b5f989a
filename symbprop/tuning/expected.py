"""What the cost model says of a gradient: statement by statement, and layer by layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from symbprop.accuracy.computed import computed
from symbprop.accuracy.fast import FAST
from symbprop.calculus.program import Program
from symbprop.emit.buffers import Buffers
from symbprop.emit.estimate import Cost, estimate, total
from symbprop.emit.products import Planned, products
from symbprop.emit.variables import size_names, variables
from symbprop.pipeline import Derived
from symbprop.schedule.liveness import most_alive
from symbprop.schedule.machine import Machine
from symbprop.schedule.plan import Plan
from symbprop.schedule.schedule import schedule


@dataclass(frozen=True, slots=True)
class Expected:
    """Costs by the tensor that is computed, in the order of the equations; ``entry`` is what a call costs besides.

    ``least`` are the bytes that live at once at the fullest moment, arguments not among them: no order of the same steps
    on the same storage needs less.
    """

    tensors: Mapping[str, Cost]
    entry: Cost
    least: int

    @property
    def whole(self) -> Cost:
        """The cost of one call."""
        return total([*self.tensors.values(), self.entry])


def whole(derived: Derived) -> tuple[Program, tuple[str, ...]]:
    """The program of a call: that of the gradient, and its results, where there is one."""
    program = derived.forward if derived.gradient is None else derived.gradient.program
    return program, program.outputs


def free_sizes(derived: Derived) -> list[str]:
    """The sizes that are free at run time."""
    return sorted(size_names(whole(derived)[0]))


def expected(derived: Derived, sizes: Mapping[str, int], machine: Machine, dtype: str) -> Expected:
    """The cost of one gradient, or of the outputs of a network without loss. Raises ``KeyError`` for a missing size."""
    program, _ = whole(derived)
    plan, origins = _plan(derived)
    costs, entry = estimate(plan, sizes, machine, dtype)
    found: dict[str, Cost] = {}
    for position in sorted(costs, key=lambda each: origins[each]):
        origin, cost = origins[position], costs[position]
        name = program.statements[origin].target.tensor
        found[name] = found.get(name, Cost()) + cost
    return Expected(found, entry, np.dtype(dtype).itemsize * most_alive(plan, sizes))


def planned_products(derived: Derived, sizes: Mapping[str, int]) -> list[Planned]:
    """The products of matrices in one gradient, and how each is computed. Raises ``KeyError`` for a missing size."""
    program, _ = whole(derived)
    plan, _ = _plan(derived)
    names = variables(program, [name for name in plan.tensors if name not in program.tensors])
    return products(plan, names, Buffers(plan, names, size_names(program)), sizes)


def _plan(derived: Derived) -> tuple[Plan, tuple[int, ...]]:
    """What is run, and for each of its statements the position of the one that it computes."""
    program, results = whole(derived)
    executed, origins = computed(program, fast=derived.network.accuracy == FAST)
    return schedule(executed, results), origins
