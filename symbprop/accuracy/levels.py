"""A statement with the definitions of what it reads put in, and theirs: from how far up a form may be sought."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from symbprop.accuracy.choice import is_large
from symbprop.accuracy.delicate import outer_factors
from symbprop.calculus.index import Access
from symbprop.calculus.statement import Statement
from symbprop.simplify.definitions import Definition
from symbprop.simplify.inline import substituted

DEPTH = 6  # how many definitions are inlined, one into the other


def levels(
    source: Statement, definitions: Mapping[str, Definition], is_defined: Callable[[Access], bool]
) -> list[Statement]:
    """``source``, and ``source`` with the definitions of what it reads put in, and theirs, as far as it stays small.

    What only scales it stays a read. Where it reads both q = f(h) and h = g(x), there is no function of h alone among
    these: then come those too where the last to be computed is put in first.
    """
    scale = outer_factors(source)
    fixed = {read for symbol, read in source.read_positions() if scale.has(symbol)}

    def inner(level: Statement) -> list[Access]:
        return [read for read in level.reads if read not in fixed and is_defined(read)]

    found = _put_in(source, definitions, inner)
    if all(_latest(inner(each), definitions) == inner(each) for each in found):
        return found
    one_by_one = _put_in(source, definitions, lambda level: _latest(inner(level), definitions))
    return found + [each for each in one_by_one if each not in found]


def _put_in(
    source: Statement, definitions: Mapping[str, Definition], chosen: Callable[[Statement], Sequence[Access]]
) -> list[Statement]:
    found = [source]
    for _ in range(DEPTH):
        deeper = found[-1]
        for read in chosen(deeper):
            if read in deeper.reads:  # with another it may have gone: 0 s where softplus is positive
                deeper = substituted(deeper, read, definitions[read.tensor])
        if deeper is found[-1] or is_large(deeper.expr):
            break
        found.append(deeper)
    return found


def _latest(reads: Sequence[Access], definitions: Mapping[str, Definition]) -> list[Access]:
    """Those of which no other's definition makes use, at any depth."""
    used: set[str] = set()
    waiting = [each.tensor for each in reads]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in definitions and name not in seen:
            seen.add(name)
            sources = [read.tensor for read in definitions[name].statement.reads]
            used.update(sources)
            waiting.extend(sources)
    return [each for each in reads if each.tensor not in used]
