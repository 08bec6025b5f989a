"""The truth: the plain formula and its SymPy derivatives in ball arithmetic (Arb), with an error bound that is proved.

Johansson 2017, "Arb: efficient arbitrary-precision midpoint-radius interval arithmetic".
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import cache, partial

from flint import arb, ctx
from sympy import Abs, Add, Basic, DiracDelta, Expr, Heaviside, Max, Min, Mul, Piecewise, Pow, Rational, diff, sign
from sympy.core.numbers import Exp1, Pi

from benchmarks.accuracy.rows import X, Y

DIGITS = 100  # bits that are surely right
PRECISIONS = (160, 320, 1024, 4096, 12288)
Operation = Callable[..., arb]
_BINARY = {Add: operator.add, Mul: operator.mul, Max: arb.max, Min: arb.min}
_UNDECIDED = arb("nan")  # of a ball that holds points on both sides of a condition; more bits may decide


@cache
def derivative(formula: Expr, order: int) -> Expr:
    """The ``order``-th derivative with respect to x, off the kinks."""
    return diff(formula, X, order).replace(DiracDelta, lambda *each: 0) if order else formula


def value(formula: Expr, order: int, x: float, y: float) -> arb | None:
    """The derivative at a point to ``DIGITS`` bits; ``None`` where the formula has no finite value."""
    tape = _tape(formula, order)
    for bits in PRECISIONS:
        found = tape.of(x, y, bits)
        if found.is_finite() and (found.rel_accuracy_bits() >= DIGITS or found == 0):
            return found
    return found if found.is_finite() and abs(found).upper() < arb(2) ** -1200 else None


@cache
def _tape(formula: Expr, order: int) -> _Tape:
    return _Tape(derivative(formula, order))


class _Tape:
    """The operations of an expression, each distinct subexpression once, each operand before what reads it."""

    def __init__(self, expression: Expr) -> None:
        self._places: dict[Basic, int] = {X: 0, Y: 1}
        self._leaves: list[Callable[[], arb]] = []  # after x and y: numbers, which every precision rounds anew
        for leaf in sorted(expression.atoms(Rational, Pi, Exp1), key=str):
            self._places[leaf] = 2 + len(self._leaves)
            self._leaves.append(_number(leaf))
        self._numbers: dict[int, list[arb]] = {}
        self._operations: list[tuple[Operation, tuple[int, ...]]] = []
        self._result = self._place(expression)

    def of(self, x: float, y: float, bits: int) -> arb:
        """The value at a point, computed with a number of bits."""
        ctx.prec = bits
        if bits not in self._numbers:
            self._numbers[bits] = [each() for each in self._leaves]
        values = [arb(x), arb(y), *self._numbers[bits]]
        for operation, operands in self._operations:
            values.append(operation(*[values[each] for each in operands]))
        return values[self._result]

    def _place(self, node: Basic) -> int:
        if node not in self._places:
            self._places[node] = self._record(node)
        return self._places[node]

    def _append(self, operation: Operation, *operands: int) -> int:
        self._operations.append((operation, operands))
        return 1 + len(self._leaves) + len(self._operations)

    def _record(self, node: Basic) -> int:
        if isinstance(node, Piecewise):
            return self._choice(node)
        if isinstance(node, Pow) and node.exp.is_Integer:
            return self._append(partial(_whole_power, int(node.exp)), self._place(node.base))
        places = [self._place(each) for each in node.args]
        for kind, operation in _BINARY.items():
            if isinstance(node, kind):
                found = places[0]
                for each in places[1:]:
                    found = self._append(operation, found, each)
                return found
        if isinstance(node, Pow) and type(node).__name__ == "Pow":
            return self._append(operator.pow, *places)
        special = {Abs: abs, sign: partial(_step, -1), Heaviside: partial(_step, 0)}
        operation = special.get(type(node)) or getattr(arb, type(node).__name__)
        return self._append(operation, places[0])

    def _choice(self, node: Piecewise) -> int:
        """The last branch holds where no other does; before it, the first whose condition does."""
        *others, (otherwise, last) = node.args
        if last != True:  # noqa: E712 - SymPy's own truth
            raise NotImplementedError(f"no branch for all points: {node}")
        found = self._place(otherwise)
        for branch, condition in reversed(others):
            left, right = (self._place(each) for each in condition.args)
            found = self._append(partial(_chosen, condition.rel_op), left, right, self._place(branch), found)
        return found


def _number(leaf: Basic) -> Callable[[], arb]:
    if isinstance(leaf, Rational):
        return lambda: arb(int(leaf.p)) / int(leaf.q)
    return arb.pi if isinstance(leaf, Pi) else lambda: arb(1).exp()


def _whole_power(exponent: int, base: arb) -> arb:
    return base**exponent


def _step(below: int, x: arb) -> arb:
    """1 where x is positive; otherwise ``below``, and 0 at 0."""
    if x > 0:
        return arb(1)
    return arb(below) if x < 0 else arb(0) if x == 0 else _UNDECIDED


def _chosen(relation: str, left: arb, right: arb, chosen: arb, otherwise: arb) -> arb:
    above, below, equal = left > right, left < right, left == right
    if not (above or below or equal):
        return _UNDECIDED
    return chosen if {">": above, ">=": above or equal, "<": below, "<=": below or equal}[relation] else otherwise
