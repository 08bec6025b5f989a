"""Expressions written for large arguments: nothing in them is ∞ / ∞ or ∞ − ∞ where the whole is finite."""

from __future__ import annotations

import math
from functools import cache

from sympy import (
    Add,
    Basic,
    Expr,
    Integer,
    Mul,
    Pow,
    S,
    Symbol,
    cosh,
    erf,
    erfc,
    exp,
    expand_mul,
    log,
    sinh,
    tanh,
)

from symbprop.calculus.functions import Detach, Held, Select, is_condition
from symbprop.sensitivity.enclosure import scale_of

FAR = 2.0**20  # where terms are compared


@cache
def settle(node: Expr, y: Symbol) -> Expr:
    """``node`` for y > 0, equal to it, with the largest term of each sum taken out as a factor.

    y/√(y² + 4) becomes 1/√(1 + 4/y²) and e^y/(1 + e^y) becomes 1/(1 + e^−y); tanh(u) of a growing u becomes
    1 − 2w/(1 + w) with w = e^−2u, tanh²(u) becomes 1 − 4w/(1 + w)² and erf(u) becomes 1 − erfc(u), so that sums with 1
    do not cancel.
    """
    if not node.has(y) or node.is_Symbol:
        return node
    if isinstance(node, Add):
        return _sum([settle(each, y) for each in node.args], y)
    if isinstance(node, Mul):
        return Mul(*(settle(each, y) for each in node.args))
    if isinstance(node, Pow) and not node.exp.has(y):
        if isinstance(node.base, tanh) and node.exp.is_Integer and node.exp.is_even:
            found = _growing(node.base.args[0], y)
            if found is not None:
                w = _decaying(found[1], y)
                return (
                    _sum([S.One, -4 * w * Pow(1 + w, -2)], y)
                    if node.exp == 2
                    else _power(1 - 4 * w * Pow(1 + w, -2), node.exp / 2)
                )
        return _power(settle(node.base, y), node.exp)
    if isinstance(node, exp):
        return _exponential(node.args[0], y)
    if isinstance(node, log):
        return _logarithm(settle(node.args[0], y), y)
    if isinstance(node, (tanh, cosh, sinh, erf)):
        return _odd_or_even(node, y)
    if isinstance(node, Select):
        return Select(_condition(node.condition, y), settle(node.chosen, y), settle(node.otherwise, y))
    if isinstance(node, (Detach, Held)):
        return settle(node.args[0], y)
    return node.func(*(settle(each, y) for each in node.args))


def _condition(condition: Basic, y: Symbol) -> Basic:
    parts = [_condition(each, y) if is_condition(each) else settle(each, y) for each in condition.args]
    return condition.func(*parts) if parts else condition


def _sum(terms: list[Expr], y: Symbol) -> Expr:
    """Terms with their largest growth taken out."""
    merged = _expanded(Add(*terms))
    parts = Add.make_args(merged)
    if len(parts) == 1:
        return merged
    dominant = growth(max(parts, key=lambda each: (rate(each, y), each.sort_key())), y)
    if dominant == 1:
        return merged
    return dominant * Add(*(each / dominant for each in parts))


def _expanded(expression: Expr) -> Expr:
    """A product of sums as a sum; denominators and what stands inside functions stay as they are."""
    return Add(*(expand_mul(each, deep=False) for each in Add.make_args(expand_mul(expression, deep=False))))


def growth(term: Expr, y: Symbol) -> Expr:
    """The powers and exponentials of y in a product."""
    return Mul(*(each for each in Mul.make_args(term) if scale_of(each, y) is not None))


@cache
def rate(term: Expr, y: Symbol) -> float:
    """The logarithm of a product's growth, far out."""
    total = 0.0
    for each in Mul.make_args(term):
        scale = scale_of(each, y)
        if scale is not None:
            total += float(scale[0]) * math.log(FAR) + float(scale[1].subs(y, Integer(2) ** 20).evalf(15))
    return total


def _power(base: Expr, exponent: Expr) -> Expr:
    factors = Mul.make_args(base)
    if exponent.is_Integer or all(each.is_positive for each in factors[:-1]):
        return Mul(*(Pow(each, exponent) for each in factors))
    return Pow(base, exponent)


def _exponential(argument: Expr, y: Symbol) -> Expr:
    """The exponential of a sum of powers in one piece, of everything else apart."""
    terms = Add.make_args(_expanded(settle(argument, y)))
    grows = [each for each in terms if scale_of(exp(each, evaluate=False), y) is not None]
    rest = [each for each in terms if each not in grows]
    return exp(Add(*grows)) * Mul(*(exp(each) for each in rest))


def _logarithm(argument: Expr, y: Symbol) -> Expr:
    """log(yᵏ exp(q) v) = k log(y) + q + log(v)."""
    scales = {each: scale for each in Mul.make_args(argument) if (scale := scale_of(each, y)) is not None}
    rest = argument / Mul(*scales)
    return Add(log(rest), *(k * log(y) + q for k, q in scales.values()))


def _growing(argument: Expr, y: Symbol) -> tuple[int, Expr] | None:
    """The sign of an argument that grows without limit, and its absolute value; ``None`` for one that does not grow."""
    terms = _expanded(settle(argument, y))
    first = max(Add.make_args(terms), key=lambda each: rate(each, y))
    coefficient = first / growth(first, y)
    if rate(first, y) <= 0 or not coefficient.is_number:
        return None
    return (1, terms) if coefficient.is_positive else (-1, _expanded(-terms))


def _decaying(argument: Expr, y: Symbol) -> Expr:
    """exp(−2u)."""
    return _exponential(_expanded(-2 * argument), y)


def _odd_or_even(node: Expr, y: Symbol) -> Expr:
    found = _growing(node.args[0], y)
    if found is None:
        return node.func(settle(node.args[0], y))
    sign, argument = found
    if isinstance(node, erf):
        return sign - sign * erfc(argument, evaluate=False)
    w = _decaying(argument, y)
    if isinstance(node, tanh):
        return sign - 2 * sign * w * Pow(1 + w, -1)
    half = _exponential(argument, y) / 2
    return half * (1 + w) if isinstance(node, cosh) else sign * half * (1 - w)
