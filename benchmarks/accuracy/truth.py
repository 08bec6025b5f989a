"""The truth: the plain formula and its SymPy derivatives in ball arithmetic (Arb), with an error bound that is proved.

Johansson 2017, "Arb: efficient arbitrary-precision midpoint-radius interval arithmetic".
"""

from __future__ import annotations

from functools import cache

from flint import arb, ctx
from sympy import Abs, Add, Basic, DiracDelta, Expr, Heaviside, Max, Min, Mul, Piecewise, Pow, Rational, diff, sign
from sympy.core.numbers import Exp1, Pi

from benchmarks.accuracy.rows import X, Y

DIGITS = 100  # bits that are surely right


class Undecided(Exception):
    """A ball that holds points on both sides of a condition."""


@cache
def derivative(formula: Expr, order: int) -> Expr:
    """The ``order``-th derivative with respect to x, off the kinks."""
    return diff(formula, X, order).replace(DiracDelta, lambda *each: 0) if order else formula


def value(formula: Expr, order: int, x: float, y: float) -> arb | None:
    """The derivative at a point to ``DIGITS`` bits; ``None`` where the formula has no finite value."""
    expression = derivative(formula, order)
    for bits in (256, 1024, 4096, 12288):
        ctx.prec = bits
        try:
            found = _Walker(x, y).of(expression)
        except Undecided:
            continue
        if found.is_finite() and (found.rel_accuracy_bits() >= DIGITS or found == 0):
            return found
    return found if found.is_finite() and abs(found).upper() < arb(2) ** -1200 else None


class _Walker:
    """Evaluates an expression, each distinct subexpression once."""

    def __init__(self, x: float, y: float) -> None:
        self._known: dict[Basic, arb] = {X: arb(x), Y: arb(y)}

    def of(self, node: Basic) -> arb:
        if node not in self._known:
            self._known[node] = self._compute(node)
        return self._known[node]

    def _compute(self, node: Basic) -> arb:
        if isinstance(node, Rational):
            return arb(int(node.p)) / int(node.q)
        if isinstance(node, Pi):
            return arb.pi()
        if isinstance(node, Exp1):
            return arb(1).exp()
        if isinstance(node, Piecewise):
            return next(self.of(each) for each, condition in node.args if self._holds(condition))
        values = [self.of(each) for each in node.args]
        if isinstance(node, Add):
            return sum(values[1:], start=values[0])
        if isinstance(node, Mul):
            product = values[0]
            for each in values[1:]:
                product = product * each
            return product
        if isinstance(node, Pow) and type(node).__name__ == "Pow":
            return values[0] ** int(node.exp) if node.exp.is_Integer else values[0] ** values[1]
        if isinstance(node, (Max, Min)):
            best = values[0]
            for each in values[1:]:
                best = best.max(each) if isinstance(node, Max) else best.min(each)
            return best
        if isinstance(node, (Abs, sign, Heaviside)):
            if isinstance(node, Abs):
                return abs(values[0])
            if not (values[0] > 0 or values[0] < 0 or values[0] == 0):
                raise Undecided
            positive = 1 if values[0] > 0 else 0
            return arb(positive if isinstance(node, Heaviside) else positive - (1 if values[0] < 0 else 0))
        return getattr(values[0], type(node).__name__)()

    def _holds(self, condition: Basic) -> bool:
        if not condition.is_Relational:
            return bool(condition)
        left, right = (self.of(each) for each in condition.args)
        if not (left > right or left < right or left == right):
            raise Undecided
        above, equal = bool(left > right), bool(left == right)
        return {">": above, ">=": above or equal, "<": not (above or equal), "<=": not above}[condition.rel_op]
