"""Which exponentials several statements of a program need: exp(−|z|) is then computed once for all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache

from sympy import Expr, Symbol, exp

from symbprop.calculus.program import Program
from symbprop.calculus.statement import Statement

Place = tuple[str, tuple[object, ...]]  # a tensor, and from where on it is read


class Exponentials:
    """What stands in the exponents of each statement of a program, and what is no linear function of which value.

    a in a (1 − a) is such a value: where it is a logistic of z, that needs an exponential of z once more.
    """

    def __init__(self, program: Program) -> None:
        self._bent = frozenset(
            read.tensor
            for each in program.statements
            for symbol, read in each.read_positions()
            if _is_bent(each.expr, symbol)
        )
        self._needed = Counter(place for each in program.statements for place in _exponents(each))

    def alone(self, levels: Sequence[Statement]) -> bool:
        """Whether no other statement needs those of a statement, at any of its levels."""
        own = _exponents(levels[0])
        places = {place for each in levels for place in _exponents(each)}
        return levels[0].target.tensor not in self._bent and all(self._needed[each] <= (each in own) for each in places)


def _exponents(source: Statement) -> set[Place]:
    found = _exponent_symbols(source.expr)
    return {
        (read.tensor, tuple(each.offset for each in read.index))
        for symbol, read in source.read_positions()
        if symbol in found
    }


@cache
def _exponent_symbols(expression: Expr) -> frozenset[Symbol]:
    return frozenset[Symbol]().union(*(each.free_symbols for each in expression.atoms(exp)))


@cache
def _is_bent(expression: Expr, symbol: Symbol) -> bool:
    return not expression.is_Symbol and bool(expression.diff(symbol).has(symbol))
