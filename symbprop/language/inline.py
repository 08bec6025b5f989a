"""An operation called inside a formula: ``sigmoid(beta[j] * x[n, j])``. Only element-wise ones can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from sympy import Expr

from symbprop.language.scope import Scope, equation_reads
from symbprop.language.source import SourceError, Span
from symbprop.language.syntax import AttributeValue, Call, Dots, Expression, Operation


class Elaborator(Protocol):
    """What inlining needs of the elaborator of expressions."""

    attributes: Mapping[str, AttributeValue]

    def scalar(self, node: Expression, scope: Scope, local: Mapping[str, Expr] | None = None) -> Expr: ...

    def named(self, value: Expr, span: Span) -> Expr: ...


def inlined(operation: Operation, arguments: Sequence[Expr], call: Call, elaborator: Elaborator) -> Expr:
    """The value of an element-wise operation at scalar ``arguments``, its attributes at their defaults."""
    if not _is_elementwise(operation):
        raise SourceError(
            f"{operation.name} mixes elements, so it cannot be called inside a formula",
            call.span,
            hint="make it a layer of its own",
        )
    if len(arguments) != len(operation.arguments):
        raise SourceError(
            f"{operation.name} takes {len(operation.arguments)} arguments, here are {len(arguments)}", call.span
        )
    named = [elaborator.named(each, call.span) for each in arguments]
    values = dict(zip((each.name for each in operation.arguments), named, strict=True))
    outer = elaborator.attributes
    elaborator.attributes = {each.name: each.default for each in operation.attributes if each.default is not None}
    try:
        result, last = values[operation.arguments[0].name], operation.equations[-1]
        for equation in operation.equations:
            result = elaborator.scalar(equation.expression, Scope(), values)
            values[equation.target.name] = result if equation is last else elaborator.named(result, call.span)
    finally:
        elaborator.attributes = outer
    return result


def _is_elementwise(operation: Operation) -> bool:
    """Whether every access of the operation is ``[...]``, and no argument is a parameter."""
    indices = [each.index for each in operation.arguments]
    for equation in operation.equations:
        indices.append(equation.target.index)
        indices.extend(read.index for read in equation_reads(equation))
    plain = all(len(index) == 1 and isinstance(index[0], Dots) for index in indices)
    return plain and not any(each.initializer or each.noise for each in operation.arguments)
