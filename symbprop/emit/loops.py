"""What is special about the lines inside a loop: the number of the step, and results written where they stay."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np
from sympy import Expr, Symbol

from symbprop.calculus.functions import Floor, is_condition
from symbprop.emit.sizes import size
from symbprop.schedule.plan import Loop, Step


def step_numbers(steps: Sequence[Step]) -> Iterator[Symbol]:
    """The variables of the loops."""
    for step in steps:
        if isinstance(step, Loop):
            yield step.index
            yield from step_numbers(step.body)


def typed_steps(expression: Expr, numbers: Collection[Symbol]) -> Expr:
    """The number of a step in the dtype of the arrays, so that ``sin(t / 10)`` is no float64 beside float32.

    In conditions, and where it is rounded down, it stays a Python integer.
    """
    if not expression.free_symbols & set(numbers) or is_condition(expression) or isinstance(expression, Floor):
        return expression
    if isinstance(expression, Symbol):
        return Symbol(f"dtype.type({expression.name})", integer=True, nonnegative=True)
    return expression.func(*(typed_steps(each, numbers) for each in expression.args))


def loop_range(step: Loop) -> str:
    """The numbers of the steps: ``range(T)``, or from the last one."""
    steps = f"range({size(step.extent)})"
    return f"reversed({steps})" if step.reverse else steps


def is_ufunc(call: str) -> bool:
    """Whether a call takes ``out=``."""
    return call.startswith("np.") and isinstance(getattr(np, call.removeprefix("np."), None), np.ufunc)
