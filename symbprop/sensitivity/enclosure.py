"""Expressions of one variable over intervals: everything that they can be while the variable is in a box."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from sympy import Add, And, Basic, Expr, Mul, Not, Or, Pow, Rational, Symbol, expand
from sympy import exp as exponential
from sympy.logic.boolalg import BooleanFalse, BooleanTrue

from symbprop.calculus.functions import Detach, Held, Select
from symbprop.sensitivity.intervals import (
    FUNCTIONS,
    Interval,
    add,
    constant,
    hull,
    integer_power,
    multiply,
    negate,
    points,
    real_power,
    reciprocal,
)

Truth = tuple[NDArray[np.bool_], NDArray[np.bool_]]  # certainly, possibly


def enclose(
    expression: Expr, variable: Symbol, box: Interval, others: Mapping[Symbol, Interval] = MappingProxyType({})
) -> Interval:
    """What ``expression`` can be for ``variable`` in each of the boxes, and the ``others`` in theirs."""
    with np.errstate(all="ignore"):
        found = Enclosure(variable, box, others).of(expression)
    count = len(box.low)
    return Interval(np.broadcast_to(found.low, count), np.broadcast_to(found.high, count))


class Enclosure:
    """The nodes of one expression over the same boxes, each enclosed once."""

    def __init__(
        self, variable: Symbol, box: Interval, others: Mapping[Symbol, Interval] = MappingProxyType({})
    ) -> None:
        self.variable = variable
        self.box = box
        self.others = others
        self.count = len(box.low)
        self._known: dict[Basic, Interval] = {variable: box, **others}

    def of(self, node: Basic) -> Interval:
        """What a node can be."""
        if node not in self._known:
            self._known[node] = self._compute(node)
        return self._known[node]

    def _compute(self, node: Basic) -> Interval:
        if node.is_number:
            value, exact = _number(node)
            return constant(value, exact)
        if isinstance(node, Add):
            result = self.of(node.args[0])
            for each in node.args[1:]:
                result = add(result, self.of(each))
            return result
        if isinstance(node, Mul):
            return self._product(node)
        if isinstance(node, Pow):
            return self._power(node)
        if isinstance(node, Select):
            return self._select(node)
        if isinstance(node, (Detach, Held)):
            return self.of(node.args[0])
        return FUNCTIONS[type(node).__name__](self.of(node.args[0]))

    def _product(self, node: Mul) -> Interval:
        """Powers and exponentials of the variable are taken together: at infinity one of them wins."""
        factors = [each for each in node.args if scale_of(each, self.variable) is not None]
        rest = [each for each in node.args if scale_of(each, self.variable) is None]
        if len(factors) > 1 and any(isinstance(each, exponential) for each in factors):
            product = Mul(*factors, evaluate=False)
            if product not in self._known:
                self._known[product] = self._power_times_exponential(factors)
            result = self._known[product]
        else:
            rest = list(node.args)
            result = constant(1.0, True)
        for each in rest:
            result = multiply(result, self.of(each))
        return result

    def _power_times_exponential(self, factors: list[Expr]) -> Interval:
        """yᵏ exp(q(y)) for y > 0: monotone where k + y q′(y) has one sign, so that its ends say all."""
        naive = constant(1.0, True)
        for each in factors:
            naive = multiply(naive, self.of(each))
        turning = self.of(_turning(tuple(factors), self.variable))
        positive = self.box.low > 0
        falls, rises = positive & (turning.high <= 0), positive & (turning.low >= 0)
        at_low, at_high = self._at(factors, self.box.low), self._at(factors, self.box.high)
        endless = np.isinf(self.box.high)
        last = Interval(
            np.where(endless, np.where(rises, at_low.low, 0.0), at_high.low),
            np.where(endless, np.where(falls, 0.0, np.inf), at_high.high),
        )
        both = hull(at_low, last)
        low = np.where(falls | rises, np.maximum(both.low, 0.0), naive.low)
        return Interval(low, np.where(falls | rises, both.high, naive.high))

    def _at(self, factors: list[Expr], place: NDArray[np.float64]) -> Interval:
        inner = Enclosure(self.variable, points(place), self.others)
        result = constant(1.0, True)
        for each in factors:
            result = multiply(result, inner.of(each))
        return result

    def _power(self, node: Pow) -> Interval:
        base, exponent = node.args
        if not exponent.is_number:
            return FUNCTIONS["exp"](multiply(self.of(exponent), FUNCTIONS["log"](self.of(base))))
        size = abs(exponent)
        inside = self.of(base)
        raised = integer_power(inside, int(size)) if size.is_Integer else real_power(inside, float(size))
        return reciprocal(raised) if exponent.is_negative else raised

    def _select(self, node: Select) -> Interval:
        certain, possible = self.truth(node.condition)
        chosen, otherwise = self.of(node.chosen), self.of(node.otherwise)
        either = hull(chosen, otherwise)
        low = np.where(certain, chosen.low, np.where(possible, either.low, otherwise.low))
        return Interval(low, np.where(certain, chosen.high, np.where(possible, either.high, otherwise.high)))

    def truth(self, condition: Basic) -> Truth:
        """Where a condition certainly holds, and where it possibly does."""
        if isinstance(condition, (BooleanTrue, BooleanFalse)):
            value = np.full(self.count, bool(condition))
            return value, value
        if isinstance(condition, Not):
            certain, possible = self.truth(condition.args[0])
            return ~possible, ~certain
        if isinstance(condition, (And, Or)):
            parts = [self.truth(each) for each in condition.args]
            join = np.logical_and if isinstance(condition, And) else np.logical_or
            return join.reduce([p[0] for p in parts]), join.reduce([p[1] for p in parts])
        difference = add(self.of(condition.args[0]), negate(self.of(condition.args[1])))
        relation = condition.rel_op
        if relation in ("<", "<="):
            difference = negate(difference)
        if relation in ("==", "!="):
            same = (difference.low == 0) & (difference.high == 0)
            maybe = (difference.low <= 0) & (difference.high >= 0)
            return (same, maybe) if relation == "==" else (~maybe, ~same)
        strict = relation in ("<", ">")
        certain = difference.low > 0 if strict else difference.low >= 0
        possible = difference.high > 0 if strict else difference.high >= 0
        return certain, possible


@cache
def _number(node: Expr) -> tuple[float, bool]:
    """A constant as a float, and whether it is that float."""
    if isinstance(node, Rational):
        value = node.p / node.q
        return value, Rational(value) == node
    return float(node.evalf(25)), False


@cache
def scale_of(factor: Expr, variable: Symbol) -> tuple[Expr, Expr] | None:
    """``(k, q)`` of a factor yᵏ or exp(q(y)), q a sum of powers; ``None`` for anything else."""
    if factor == variable:
        return Rational(1), Rational(0)
    if isinstance(factor, Pow) and factor.base == variable and factor.exp.is_Rational:
        return factor.exp, Rational(0)
    if isinstance(factor, exponential) and all(_is_monomial(term, variable) for term in Add.make_args(factor.args[0])):
        return Rational(0), factor.args[0]
    return None


def _is_monomial(term: Expr, variable: Symbol) -> bool:
    power = term.as_independent(variable, as_Add=False)[1]
    return bool(power == 1 or power.as_base_exp()[0] == variable)


@cache
def _turning(factors: tuple[Expr, ...], variable: Symbol) -> Expr:
    """The sum k + y q′(y), with its fastest growing power taken out: what has the sign of the slope."""
    scales = [scale for each in factors if (scale := scale_of(each, variable)) is not None]
    exponent = Add(*(k for k, _ in scales))
    terms = expand(exponent + variable * Add(*(q for _, q in scales)).diff(variable))
    powers = [term.as_independent(variable, as_Add=False)[1] for term in Add.make_args(terms)]
    return expand(terms / max(powers, key=lambda power: power.as_base_exp()[1] if power.has(variable) else Rational(0)))
