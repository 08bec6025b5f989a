"""Scalar expressions in any arithmetic: a SymPy expression as a Python closure. No text is ever executed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from sympy import Add, And, Basic, Integer, Mul, Not, Or, Pow, Rational, S, Symbol
from sympy import E as EULER
from sympy.core.numbers import Exp1, Pi
from sympy.logic.boolalg import BooleanFalse, BooleanTrue

from symbprop.calculus.functions import Detach, Floor, Select

Value = Any  # a float, a Fraction, an mpmath number: whatever the caller computes in


def _power(base: Value, exponent: Value) -> Value:
    return base**exponent


@dataclass(frozen=True, eq=False)
class Arithmetic:
    """Scalar arithmetic, compared by identity: how to make a number from a rational, and the functions by their SymPy name."""

    rational: Callable[[int, int], Value]
    functions: Mapping[str, Callable[..., Value]]
    pi: Value = math.pi
    e: Value = math.e
    power: Callable[[Value, Value], Value] = field(default=_power)


FLOAT = Arithmetic(
    rational=lambda p, q: p / q,
    functions={
        **{name: getattr(math, name) for name in ("exp", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh")},
        **{name: getattr(math, name) for name in ("asin", "acos", "atan", "asinh", "acosh", "atanh", "erf", "erfc")},
        "log": math.log,
        "Floor": math.floor,
    },
)

COMPARE = {"<": lt, "<=": le, ">": gt, ">=": ge, "==": eq, "!=": ne}


Evaluator = Callable[[Mapping[str, Value]], Value]


@cache
def evaluator(node: Basic, arithmetic: Arithmetic) -> Evaluator:
    """A SymPy expression as a Python closure; no text is ever executed."""
    if isinstance(node, Symbol):
        name = node.name
        return lambda leaves: leaves[name]
    if isinstance(node, Integer):
        integer = int(node)
        return lambda leaves: integer
    if isinstance(node, Rational):
        fraction = arithmetic.rational(node.p, node.q)
        return lambda leaves: fraction
    if node in (S.Infinity, S.NegativeInfinity):
        infinite = math.inf if node is S.Infinity else -math.inf
        return lambda leaves: infinite
    if isinstance(node, Pi):
        return lambda leaves: arithmetic.pi
    if isinstance(node, Exp1) or node == EULER:
        return lambda leaves: arithmetic.e
    if isinstance(node, (BooleanTrue, BooleanFalse)):
        truth = bool(node)
        return lambda leaves: truth
    parts = [evaluator(argument, arithmetic) for argument in node.args]
    return _combine_parts(node, parts, arithmetic)


def _combine_parts(node: Basic, parts: list[Evaluator], arithmetic: Arithmetic) -> Evaluator:
    if isinstance(node, Add):
        return lambda leaves: _fold(lambda a, b: a + b, parts, leaves)
    if isinstance(node, Mul):
        return lambda leaves: _fold(lambda a, b: a * b, parts, leaves)
    if isinstance(node, Pow):
        if node.exp == Rational(1, 2):
            return lambda leaves: arithmetic.functions["sqrt"](parts[0](leaves))
        if node.exp == Rational(-1, 2):
            return lambda leaves: 1 / arithmetic.functions["sqrt"](parts[0](leaves))
        return lambda leaves: arithmetic.power(parts[0](leaves), parts[1](leaves))
    if isinstance(node, Select):
        condition, chosen, otherwise = parts
        return lambda leaves: chosen(leaves) if condition(leaves) else otherwise(leaves)
    if isinstance(node, Detach):
        return parts[0]
    if isinstance(node, And):
        return lambda leaves: all(part(leaves) for part in parts)
    if isinstance(node, Or):
        return lambda leaves: any(part(leaves) for part in parts)
    if isinstance(node, Not):
        return lambda leaves: not parts[0](leaves)
    if node.is_Relational:
        compare = COMPARE[node.rel_op]
        return lambda leaves: compare(parts[0](leaves), parts[1](leaves))
    name = "Floor" if isinstance(node, Floor) else type(node).__name__
    function = arithmetic.functions[name]
    return lambda leaves: function(*(part(leaves) for part in parts))


def _fold(operate: Callable[[Value, Value], Value], parts: Sequence[Evaluator], leaves: Mapping[str, Value]) -> Value:
    total = parts[0](leaves)
    for part in parts[1:]:
        total = operate(total, part(leaves))
    return total
