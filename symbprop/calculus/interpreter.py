"""The slow truth: every statement as loops over its indices, one scalar at a time, in any arithmetic.

It shares nothing with lowering and emission, so that it can be held against them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from sympy import Add, And, Basic, Expr, Integer, Mul, Not, Or, Pow, Rational, S, Symbol
from sympy import E as EULER
from sympy.core.numbers import Exp1, Pi
from sympy.logic.boolalg import BooleanFalse, BooleanTrue

from symbprop.calculus.functions import Detach, Floor, Select
from symbprop.calculus.index import Access, Affine, Extent
from symbprop.calculus.program import Program, Role
from symbprop.calculus.statement import Reduction, Statement, index_symbol

Value = Any  # a float, a Fraction, an mpmath number: whatever the caller computes in
Elements = dict[tuple[int, ...], Value]


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


def interpret(
    program: Program, values: Mapping[str, Value], sizes: Mapping[str, int], arithmetic: Arithmetic = FLOAT
) -> dict[str, Elements]:
    """Every tensor of the program, as a dictionary from index tuples to numbers.

    ``values`` gives the tensors that are not computed, as nested sequences or arrays; ``sizes`` the free sizes.
    """
    environment: dict[str, Elements] = {}
    written: dict[str, Elements] = {}  # what statements wrote into tensors that are not zero where nothing is written
    for tensor in program.tensors.values():
        shape = [_size(each, sizes) for each in tensor.shape]
        points = itertools.product(*(range(n) for n in shape))
        if tensor.role is Role.VALUE:
            fill = _fill(tensor.fill, arithmetic)
            environment[tensor.name] = dict.fromkeys(points, fill)
            if tensor.fill != 0:
                written[tensor.name] = {}
        else:
            given = values[tensor.name]
            environment[tensor.name] = {point: _element(given, point) for point in points}
    for each in program.statements:
        _run(each, environment, sizes, arithmetic, written.get(each.target.tensor))
    return environment


def _fill(value: Expr, arithmetic: Arithmetic) -> Value:
    if value.is_infinite:
        return math.inf if value.is_extended_positive else -math.inf
    rational = Rational(value)
    return arithmetic.rational(rational.p, rational.q)


def _element(given: Value, point: tuple[int, ...]) -> Value:
    for position in point:
        given = given[position]
    return given.item() if hasattr(given, "item") else given


def _size(value: Extent, sizes: Mapping[str, int]) -> int:
    return value if isinstance(value, int) else int(value.subs({s: sizes[s.name] for s in value.free_symbols}))


def _run(
    each: Statement,
    environment: dict[str, Elements],
    sizes: Mapping[str, int],
    arithmetic: Arithmetic,
    written: Elements | None,
) -> None:
    evaluate = _compile(each.expr, arithmetic)
    ranges = [range(_size(r.extent, sizes)) for r in each.domain]
    order = {r.index: position for position, r in enumerate(each.domain)}
    symbols = {symbol.name: value for symbol, value in _size_values(each.expr, sizes)}
    target = environment[each.target.tensor]
    best: Elements = {}
    for point in itertools.product(*ranges):
        leaves = dict(symbols)
        for position, number in enumerate(point):
            leaves[index_symbol(position).name] = number
        for symbol, access in each.read_positions():
            leaves[symbol.name] = environment[access.tensor][_point(access, point, order, environment, sizes)]
        value = evaluate(leaves)
        key = _point(each.target, point, order, environment, sizes)
        selected = point[order[each.selects]] if each.selects else None
        if written is not None and key not in written:
            target[key] = arithmetic.rational(0, 1)
            written[key] = None
        _combine(each.reduction, target, best, key, value, selected)


def _combine(
    reduction: Reduction, target: Elements, best: Elements, key: tuple[int, ...], value: Value, chosen: Any
) -> None:
    if reduction is Reduction.SUM:
        target[key] = target[key] + value
    elif key not in best:
        best[key] = value
        target[key] = value if chosen is None else chosen
    elif reduction is Reduction.PROD:
        best[key] = target[key] = target[key] * value
    else:
        up = reduction in (Reduction.MAX, Reduction.ARGMAX)
        if value > best[key] if up else value < best[key]:
            best[key] = value
            target[key] = value if chosen is None else chosen


def _point(
    access: Access,
    point: Sequence[int],
    order: Mapping[str, int],
    environment: Mapping[str, Elements],
    sizes: Mapping[str, int],
) -> tuple[int, ...]:
    return tuple(_coordinate(each, point, order, environment, sizes) for each in access.index)


def _coordinate(
    coordinate: Affine,
    point: Sequence[int],
    order: Mapping[str, int],
    environment: Mapping[str, Elements],
    sizes: Mapping[str, int],
) -> int:
    total = _size(coordinate.offset, sizes)
    for atom, coefficient in coordinate.terms:
        if isinstance(atom, Access):
            number = int(environment[atom.tensor][_point(atom, point, order, environment, sizes)])
        else:
            number = point[order[atom]]
        total += _size(coefficient, sizes) * number
    return total


def _size_values(expression: Expr, sizes: Mapping[str, int]) -> Iterator[tuple[Symbol, int]]:
    for symbol in expression.free_symbols:
        if symbol.is_positive and symbol.name in sizes:
            yield symbol, sizes[symbol.name]


Evaluator = Callable[[Mapping[str, Value]], Value]


@cache
def _compile(node: Basic, arithmetic: Arithmetic) -> Evaluator:
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
    parts = [_compile(argument, arithmetic) for argument in node.args]
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
