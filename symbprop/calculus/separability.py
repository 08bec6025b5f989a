"""Separability: which tensors depend, at one element of an axis, on that element of the inputs and on no other.

Read off the index maps alone. ``y[n, j] = Σₖ x[n, k] W[k, j]`` carries the axis ``n`` from x to y; ``L = Σₙ l[n]`` adds
the examples up; ``y[n, j] = x[n, j] − Σₘ x[m, j] / N`` mixes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from symbprop.calculus.equations import number_equations
from symbprop.calculus.functions import derivative
from symbprop.calculus.index import Access, Extent
from symbprop.calculus.notation import TEXT
from symbprop.calculus.printer import format_equation
from symbprop.calculus.program import Program, Role
from symbprop.calculus.statement import Reduction, Statement


class NotSeparable(Exception):
    """A statement mixes what had to stay apart; ``statement`` is the first that does, ``equation`` its formula."""

    def __init__(self, message: str, statement: Statement | None, equation: str) -> None:
        super().__init__(message)
        self.statement = statement
        self.equation = equation


@dataclass(frozen=True, slots=True)
class Along:
    """What became of an axis that was followed through a program.

    ``axes``: tensors whose element depends on one element of the axis, and which axis of theirs that is. ``totals``:
    sums over the axis, and affine functions of such sums. ``mixing``: the statement through which a tensor came to
    depend on several elements otherwise. A tensor in none of them does not depend on what was followed.
    """

    axes: Mapping[str, int]
    totals: frozenset[str]
    mixing: Mapping[str, Statement]

    def depends(self, name: str) -> bool:
        """Whether a tensor depends on what was followed, in any way."""
        return name in self.axes or name in self.totals or name in self.mixing


def follow(program: Program, start: Mapping[str, int]) -> Along:
    """Follow the axis ``start[x]`` of each tensor x through the program.

    Repeated until nothing changes, since a recurrence reads what it computes.
    """
    axes, totals, mixing = dict(start), set[str](), dict[str, Statement]()
    known = -1
    while known != len(axes) + len(totals) + len(mixing):
        known = len(axes) + len(totals) + len(mixing)
        for each in program.statements:
            name = each.target.tensor
            if program.tensors[name].constant or name in mixing:
                continue
            try:
                kind = _kind(each, axes, totals, mixing)
            except _Mixed as mixed:
                mixing[name] = mixed.statement
                continue
            if kind is None:
                continue
            if (kind >= 0 and (name in totals or axes.get(name, kind) != kind)) or (kind < 0 and name in axes):
                mixing[name] = each
            elif kind >= 0:
                axes[name] = kind
            else:
                totals.add(name)
    kept = {name: axis for name, axis in axes.items() if name not in mixing}
    return Along(kept, frozenset(totals.difference(mixing)), mixing)


class _Mixed(Exception):
    def __init__(self, statement: Statement) -> None:
        self.statement = statement


def _kind(each: Statement, axes: Mapping[str, int], totals: set[str], mixing: Mapping[str, Statement]) -> int | None:
    """The axis of the target that carries what is followed; −1 for a sum over it, ``None`` if nothing of it is read."""
    for name in each.sources():
        if name in mixing:
            raise _Mixed(mixing[name])
    indices = {access.index[axes[access.tensor]].bare for access in _read(each) if access.tensor in axes}
    sums = [symbol for symbol, read in each.read_positions() if read.tensor in totals]
    gathers_total = any(access.tensor in totals for access in _read(each)) and not sums
    if not indices and not sums and not gathers_total:
        return None
    if gathers_total or (indices and sums) or None in indices or len(indices) > 1:
        raise _Mixed(each)
    if sums:
        affine = all(not derivative(each.expr, symbol).free_symbols & set(sums) for symbol in sums)
        if not affine or (each.reduced and each.reduction is not Reduction.SUM):
            raise _Mixed(each)
        return -1
    (index,) = indices
    target = each.target.index
    carried = [axis for axis, one in enumerate(target) if index is not None and index in one.indices()]
    if not carried:
        if each.reduction is not Reduction.SUM:
            raise _Mixed(each)
        return -1
    if index is None or len(carried) > 1 or each.target.index[carried[0]].bare != index:
        raise _Mixed(each)
    return carried[0]


def _read(each: Statement) -> Iterator[Access]:
    """Every access but the target: reads, and integer reads in coordinates."""
    waiting = [*each.reads, *each.target.gathers()]
    while waiting:
        access = waiting.pop()
        yield access
        waiting.extend(access.gathers())


def examples(program: Program, batch: Extent) -> Along:
    """The examples, followed through the program: the leading axis ``batch`` of everything that is given per example."""
    given = (t for t in program.tensors.values() if t.role not in (Role.VALUE, Role.PARAMETER, Role.SEED))
    return follow(program, {tensor.name: 0 for tensor in given if tensor.shape[:1] == (batch,)})


def refuse(program: Program, along: Along, name: str, what: str) -> NotSeparable:
    """The error that ``what`` cannot be, because ``name`` mixes examples; it shows the statement that does."""
    culprit = along.mixing.get(name)
    if culprit is None:
        return NotSeparable(f"{what}: {name} is not a sum over the examples", None, "")
    equation = number_equations([culprit])[0]
    text = format_equation(equation, program.tensors, TEXT)
    return NotSeparable(f"{what}: the statement {text} mixes examples", culprit, text)
