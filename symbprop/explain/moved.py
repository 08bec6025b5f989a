"""Sums that a pass has moved out of a cotangent: which cotangent each was, and the factor that is left of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import powsimp

from symbprop.calculus.program import GradientProgram
from symbprop.calculus.statement import Statement, read_symbol, statement
from symbprop.simplify.definitions import Definition
from symbprop.simplify.inline import substituted


@dataclass(frozen=True, slots=True)
class Moved:
    """``scaled`` says what the cotangent is: a factor times the sum, ``s̄[n] = −s_sum[n] / s[n]``."""

    cotangent: str
    sum: str
    scaled: Statement


def moved_sums(before: GradientProgram, after: GradientProgram) -> Mapping[str, Moved]:
    """By the sum's name, each statement of ``before`` whose place in ``after`` is taken by a sum of another name."""
    found: dict[str, Moved] = {}
    if len(before.backward) != len(after.backward):
        return found
    known: dict[str, Moved] = {}
    for old, new in zip(before.backward, after.backward, strict=True):
        cotangent, name = old.target.tensor, new.target.tensor
        if cotangent == name:
            continue
        for read in old.reads:
            if read.tensor in known:
                old = substituted(old, read, Definition(known[read.tensor].scaled))
        scaled = _scaled(old, new)
        if scaled is not None:
            known[cotangent] = found[name] = Moved(cotangent, name, scaled)
    return found


def _scaled(old: Statement, new: Statement) -> Statement | None:
    """``old`` as a factor times the sum ``new``; ``None`` where the quotient still has what is summed over."""
    if [one.index for one in old.reduced] != [one.index for one in new.reduced]:
        return None
    reads = list(dict.fromkeys((*old.reads, *new.reads)))
    above, below = (
        each.expr.xreplace({symbol: read_symbol(reads.index(read)) for symbol, read in each.read_positions()})
        for each in (old, new)
    )
    factor = powsimp(above / below)
    kept = set(new.target.indices())
    used = [read for position, read in enumerate(reads) if read_symbol(position) in factor.free_symbols]
    if not all(set(read.indices()) <= kept for read in used):
        return None
    domain = tuple(one for one in new.domain if one.index in kept)
    return statement(old.target, factor * read_symbol(len(reads)), (*reads, new.target), domain)
