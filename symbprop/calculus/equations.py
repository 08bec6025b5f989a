"""Statements gathered into numbered equations, one for each tensor and form of target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symbprop.calculus.statement import Statement


@dataclass(frozen=True, slots=True)
class Equation:
    """The statements that add up to one tensor, printed as one line under ``number``.

    The first has a target with bare indices wherever there is one; a target that other statements only reach through
    integers (``z̄[n, label[n]]``) is printed with a Kronecker delta.
    """

    number: int
    statements: tuple[Statement, ...]

    @property
    def tensor(self) -> str:
        return self.statements[0].target.tensor


def number_equations(statements: Sequence[Statement], start: int = 1) -> tuple[Equation, ...]:
    """Equations in an order in which each reads only what stands before it: a tensor's stands where its last statement does."""
    groups: dict[str, list[Statement]] = {}
    left: dict[str, int] = {}
    for each in statements:
        groups.setdefault(each.target.tensor, []).append(each)
        left[each.target.tensor] = left.get(each.target.tensor, 0) + 1
    found: list[Equation] = []
    for each in statements:
        name = each.target.tensor
        left[name] -= 1
        if left[name] == 0:
            for family in _families(groups[name]):
                found.append(Equation(start + len(found), tuple(family)))
    return tuple(found)


def _families(statements: list[Statement]) -> list[list[Statement]]:
    """Statements whose targets are one element pattern, up to the names of indices and to integers in their places."""
    bare = [each for each in statements if _is_bare(each)]
    others = [each for each in statements if not _is_bare(each)]
    if not bare:
        return [[each] for each in others]
    gathered = [each for each in others if _is_pointed(each)]
    return [bare + gathered, *([each] for each in others if not _is_pointed(each))]


def _is_bare(each: Statement) -> bool:
    names = [coordinate.bare for coordinate in each.target.index]
    return None not in names and len(set(names)) == len(names)


def _is_pointed(each: Statement) -> bool:
    """Whether every coordinate of the target is a bare index, an integer read or a constant."""
    return all(c.bare is not None or c.gather is not None or not c.terms for c in each.target.index)
