"""Maps that do the same to tensors of one shape, each in its own storage, as one map over an array that has these side by side.

4E²/(1 + E²)², E = exp(−|z|), of ten narrow layers takes eight calls in place of eighty.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from sympy import Symbol

from symbprop.calculus.index import Range
from symbprop.calculus.statement import index_symbol, read_symbol
from symbprop.emit.value import Value
from symbprop.schedule.ahead import AT_ONCE, of_one_example
from symbprop.schedule.order import whole
from symbprop.schedule.plan import Map, Plan, Step

MEMBER = "member"  # the index that says which of the tensors; no axis is called so


@dataclass(frozen=True, slots=True)
class Abreast:
    """``maps`` in order; ``owners`` own the storage that each reads and then writes, all different."""

    maps: tuple[Map, ...]
    owners: tuple[str, ...]

    @property
    def together(self) -> Map:
        """The first map over all members at once."""
        first = self.maps[0]
        return replace(first, domain=(Range(MEMBER, len(self.maps)), *first.domain))

    def leaf(self, variable: str, symbol: Symbol) -> Value:
        """The operand that a symbol of the map is: all members, called ``variable``, or a size."""
        if symbol != read_symbol(0):
            return Value(symbol.name, frozenset())
        return Value(variable, frozenset(each.index for each in self.together.domain), owned=True)


def abreast(plan: Plan, owners: Mapping[str, str], apart: Collection[str]) -> list[Abreast]:
    """Runs of maps that are one. ``owners`` own the storage of the tensors, ``apart`` are owners of what is not free to lie anywhere."""
    found: list[Abreast] = []
    used: set[str] = set(apart)
    for _, run in groupby(plan.steps, lambda step: _kind(plan, step, owners)):
        maps = [each for each in run if isinstance(each, Map)]
        places = [owners[each.target.tensor] for each in maps]
        if len(maps) > 1 and len(set(places)) == len(places) and used.isdisjoint(places) and _are_narrow(plan, maps):
            used.update(places)
            found.append(Abreast(tuple(maps), tuple(places)))
    return found


def _are_narrow(plan: Plan, maps: Sequence[Map]) -> bool:
    """Whether all of them together stay in the cache."""
    return 0 < len(maps) * of_one_example(plan.shape(maps[0].target.tensor)) <= AT_ONCE


def _kind(plan: Plan, step: Step, owners: Mapping[str, str]) -> object:
    """What a map in place does to one tensor; another object for each other step."""
    if not isinstance(step, Map) or step.accumulate or len(step.reads) != 1 or step.reuse != step.reads[0].tensor:
        return id(step)
    shape = plan.shape(step.target.tensor)
    numbers = {index_symbol(place) for place in range(len(step.domain))}
    plain = whole(step.target, step.domain, shape) and step.reads[0].index == step.target.index
    if not plain or step.expr.free_symbols & numbers or plan.shape(owners[step.target.tensor]) != shape:
        return id(step)
    return step.expr, shape
