"""Attributes that are lists: ``values[k + 1]``, and reductions over their entries, written out when compiling."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import reduce
from typing import Any

from symbprop.language.scope import parts, rebuilt
from symbprop.language.source import SourceError, Span
from symbprop.language.syntax import (
    AttributeValue,
    Binary,
    Call,
    Equation,
    Expression,
    Name,
    Number,
    Operation,
    Ranged,
    Read,
    Reduce,
    Unary,
)

LENGTH = "length"
NOTHING = {"sum": 0, "prod": 1}  # the reduction of no entries


def with_entries(operation: Operation, attributes: Mapping[str, AttributeValue]) -> Operation:
    """The operation with the numbers in place of ``values[0]``, ``length(values)`` and ``sum(k:length(values), …)``.

    Only of attributes without a default that are lists: those of an operation on several axes have one for each axis.
    Raises ``SourceError`` for an entry that a list does not have.
    """
    required = [each.name for each in operation.attributes if each.default is None] if not operation.axes else []
    lists = {name: value for name in required if isinstance(value := attributes.get(name), tuple)}
    if not lists:
        return operation

    def length(node: Any) -> int | None:
        match node:
            case Call(function=function, arguments=(Name(name=name),)) if function == LENGTH and name in lists:
                return len(lists[name])
        return None

    def is_length(node: Any) -> bool:
        return length(node) is not None

    def chooses(node: Any, index: str) -> bool:
        """Whether an entry of a list is read at a place that depends on an index."""
        reads = (each for each in parts(node) if isinstance(each, Read) and each.name in lists)
        return any(isinstance(each, Name) and each.name == index for read in reads for each in parts(read.index[0]))

    def entry(node: Read, known: Mapping[str, int]) -> Number:
        values, place = lists[node.name], _whole(node.index[0], known, length)
        if not 0 <= place < len(values):
            raise SourceError(
                f"{node.name} has {len(values)} entr{'y' if len(values) == 1 else 'ies'}, there is no {node.name}[{place}]",
                node.span,
            )
        value = values[place]
        if not isinstance(value, Fraction):
            raise SourceError(f"{node.name}[{place}] is not a number", node.span)
        return Number(value, node.span)

    def spread(node: Any, known: Mapping[str, int]) -> Any:
        match node:
            case Name() if node.name in known:
                return Number(Fraction(known[node.name]), node.span)
            case Read() if node.name in lists and len(node.index) == 1:
                return entry(node, known)
            case Call() if (count := length(node)) is not None:
                return Number(Fraction(count), node.span)
            case Reduce(indices=(Ranged(index=Name(name=name), extent=extent),)) if any(
                map(is_length, parts(extent))
            ) or chooses(node.body, name):
                terms = [spread(node.body, {**known, name: k}) for k in range(_whole(extent, known, length))]
                return _together(node.kind, terms, node.span)
        return rebuilt(node, lambda inner: spread(inner, known))

    def equation(each: Equation) -> Equation:
        return replace(each, expression=spread(each.expression, {}))

    return replace(operation, equations=tuple(map(equation, operation.equations)))


def _together(kind: str, terms: list[Expression], span: Span) -> Expression:
    """The terms as one expression: a sum, a product, their mean, the largest or the smallest."""
    if not terms and kind in NOTHING:
        return Number(Fraction(NOTHING[kind]), span)
    if not terms or kind not in ("sum", "prod", "mean", "max", "min"):
        raise SourceError(f"there is no {kind} over {len(terms)} entries of a list", span)
    if kind in ("max", "min"):
        return terms[0] if len(terms) == 1 else Call(kind, tuple(terms), span)
    sign = "*" if kind == "prod" else "+"
    total = reduce(lambda left, right: Binary(sign, left, right, span), terms)
    return Binary("/", total, Number(Fraction(len(terms)), span), span) if kind == "mean" else total


def _whole(node: Any, known: Mapping[str, int], length: Callable[[Any], int | None]) -> int:
    """The place of an entry: a whole number made of numbers, the indices at hand and lengths."""
    match node:
        case Number() if node.value.denominator == 1:
            return int(node.value)
        case Name() if node.name in known:
            return known[node.name]
        case Call() if (count := length(node)) is not None:
            return count
        case Unary(operator="-"):
            return -_whole(node.operand, known, length)
        case Binary(operator="+" | "-" | "*" as operator):
            left, right = _whole(node.left, known, length), _whole(node.right, known, length)
            return left * right if operator == "*" else left + right if operator == "+" else left - right
    raise SourceError("the place of an entry is known when compiling", node.span, hint="as in values[k + 1]")
