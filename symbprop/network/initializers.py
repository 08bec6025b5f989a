"""Initialisers: the scale by formula of fan-in and fan-out, the draw from a primitive source."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from sympy import Add

from symbprop.calculus.index import Extent
from symbprop.calculus.program import Role, Tensor
from symbprop.calculus.statement import read_symbol
from symbprop.language.elaborate import elaborate
from symbprop.language.source import SourceError, Span
from symbprop.language.syntax import AttributeValue, Draw, Operation
from symbprop.network.network import Initializer


def initializer(
    operation: Operation,
    attributes: Mapping[str, AttributeValue],
    shape: tuple[Extent, ...],
    operations: Mapping[str, Operation],
    span: Span,
) -> Initializer:
    """``operation`` as the initialiser of a parameter of this shape."""
    sizes = [size for size in shape if isinstance(size, int)]
    if len(sizes) != len(shape):
        raise SourceError(
            "a parameter with a size that is free at run time cannot be initialised", span, hint="give its shape"
        )
    fan_in, fan_out = fans(tuple(sizes))
    known = {each.name for each in operation.attributes}
    fan = {"fan_in": Fraction(fan_in), "fan_out": Fraction(fan_out)}
    values: dict[str, AttributeValue] = {**attributes, **{key: value for key, value in fan.items() if key in known}}
    draws = list(operation.arguments)
    if len(draws) > 1 or any(each.initializer not in {d.value for d in Draw} for each in draws):
        raise SourceError(f"'{operation.name}' is not an initialiser", span)
    given = {each.name: Tensor(each.name, shape, Role.INPUT) for each in draws}
    made = elaborate(operation, given, values, lambda local: local, operations)
    expr = Add(*(each.expr for each in made.statements))
    draw = Draw(draws[0].initializer) if draws and read_symbol(0) in expr.free_symbols else None
    return Initializer(operation.name, expr, draw)


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Fan-in and fan-out of a parameter as Keras counts them: the last two axes, times the receptive field.

    >>> fans((784, 10)), fans((3, 3, 16, 32)), fans((5,)), fans(())
    ((784, 10), (144, 288), (5, 5), (1, 1))
    """
    if len(shape) < 2:
        size = shape[0] if shape else 1
        return size, size
    field = math.prod(shape[:-2])
    return field * shape[-2], field * shape[-1]
