"""The dependence graph: which statements a result needs."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from symbprop.calculus.program import Program
from symbprop.calculus.statement import Statement


def needed(program: Program, results: Collection[str]) -> tuple[Statement, ...]:
    """The statements that ``results`` depend on, in order."""
    return needed_among(program.statements, results)


def needed_among(statements: Sequence[Statement], results: Collection[str]) -> tuple[Statement, ...]:
    """Those of ``statements`` that ``results`` depend on, in order."""
    wanted = set(results)
    known = -1
    while known < len(wanted):  # once for a program without recurrences, and once to see that it is one
        known = len(wanted)
        for each in reversed(statements):
            if each.target.tensor in wanted:
                wanted.update(each.sources())
    return tuple(each for each in statements if each.target.tensor in wanted)
