"""Numbers known when compiling: attributes, sizes, and the arithmetic of ``let`` lines, one number for each axis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from sympy import Expr, Max, Min, Mul, Rational, S, ceiling, expand, floor

from symbprop.calculus.index import Extent, extent
from symbprop.language.extents import Extents
from symbprop.language.scalars import COMPARISONS, power
from symbprop.language.scope import Scope
from symbprop.language.shapes import placeholder
from symbprop.language.source import SourceError, Span
from symbprop.language.syntax import (
    AttributeValue,
    Binary,
    Call,
    Dots,
    Expression,
    Let,
    Name,
    Number,
    Read,
    Size,
    Unary,
)


class Sizes:
    """Evaluates size expressions. ``axis`` is the axis of a group that the number is wanted for, ``None`` for no group."""

    def __init__(self, extents: Extents, attributes: Mapping[str, AttributeValue]) -> None:
        self.extents = extents
        self.attributes = attributes
        self.lets: dict[str, Let] = {}
        self.signature = Scope()
        self.axes = 0  # of the groups of an operation that is one of a family

    def knows(self, name: str) -> bool:
        return name in self.attributes or name in self.lets

    def whole(self, node: Expression, axis: int | None = None, scope: Scope | None = None) -> Extent:
        """A size: an integer, or a polynomial with integer coefficients in the sizes that are free at run time."""
        value = expand(self.number(node, axis, scope))
        if all(each.is_Integer for each in value.as_coefficients_dict().values()) and not value.has(floor, Max, Min):
            return extent(value)
        message, hint = "a size is an integer", ""
        if value.free_symbols:
            message = f"this size is {value}, which is not a whole number for every size"
            hint = f"give {', '.join(sorted(s.name for s in value.free_symbols))} in the description"
        raise SourceError(message, node.span, hint=hint)

    def number(self, node: Expression, axis: int | None = None, scope: Scope | None = None) -> Expr:
        """The exact value of an expression over numbers, attributes, ``let`` names and sizes."""
        scope = self.signature if scope is None else scope

        def inner(each: Expression) -> Expr:
            return self.number(each, axis, scope)

        match node:
            case Number():
                return Rational(node.value.numerator, node.value.denominator)
            case Name() if node.name in self.lets:
                return self.number(self.lets[node.name].expression, axis)
            case Name():
                return self._attribute(node.name, node.span, axis, None)
            case Read(index=(Number(value=place),)) if node.name in self.lets:
                return self.number(self.lets[node.name].expression, int(place))
            case Read(index=(Number(value=side),)) if node.name in self.attributes:
                return self._attribute(node.name, node.span, axis, int(side))
            case Size():
                return self._size(node, axis, scope)
            case Unary(operator="-"):
                return -inner(node.operand)
            case Binary(operator="^"):
                return power(inner(node.left), inner(node.right), node.span)
            case Binary(operator="+"):
                return expand(inner(node.left) + inner(node.right))
            case Binary(operator="-"):
                return expand(inner(node.left) - inner(node.right))
            case Binary(operator="*"):
                return expand(inner(node.left) * inner(node.right))
            case Binary(operator="/"):
                divisor = inner(node.right)
                if divisor == 0:
                    raise SourceError("this divides by zero", node.right.span)
                return expand(inner(node.left) / divisor)
            case Call(function="where", arguments=(condition, chosen, otherwise)):
                return inner(chosen if self.condition(condition, axis, scope) else otherwise)
            case Call() if node.function in FUNCTIONS:
                return FUNCTIONS[node.function](*(inner(each) for each in node.arguments))
        raise SourceError("a size is a number known when compiling", node.span, hint="as in 2 * units, or size(k)")

    def fill(self, sign: int, node: Number | Name) -> Expr:
        """The constant behind ``else``: a number, an attribute, or ``infinity``."""
        return sign * (S.Infinity if isinstance(node, Name) and node.name == "infinity" else self.number(node))

    def condition(self, node: Expression, axis: int | None = None, scope: Scope | None = None) -> bool:
        """The truth of a condition on attributes and sizes."""
        found = self.decided(node, axis, scope)
        if found is None:
            raise SourceError("whether this holds is not known when compiling", node.span)
        return found

    def decided(self, node: Expression, axis: int | None = None, scope: Scope | None = None) -> bool | None:
        """The truth of a condition on attributes and sizes, ``None`` if it is not one or cannot be told."""
        match node:
            case Name() if isinstance(self.attributes.get(node.name), bool):
                return bool(self.attributes[node.name])
            case Unary(operator="not"):
                truth = self.decided(node.operand, axis, scope)
                return None if truth is None else not truth
            case Binary(operator="and" | "or"):
                left, right = (self.decided(each, axis, scope) for each in (node.left, node.right))
                if node.operator == "and":
                    return False if False in (left, right) else None if None in (left, right) else True
                return True if True in (left, right) else None if None in (left, right) else False
            case Binary(operator="==" | "!=", left=Name() as name, right=Name() as word) if self._is_word(name, word):
                return (self.attributes[name.name] == word.name) == (node.operator == "==")
            case Binary(operator=operator) if operator in COMPARISONS:
                try:
                    difference = self.number(node.left, axis, scope) - self.number(node.right, axis, scope)
                except SourceError:
                    return None
                truth = COMPARISONS[operator](expand(difference), S.Zero)
                return bool(truth) if truth in (S.true, S.false) else None
        return None

    def _is_word(self, name: Name, word: Name) -> bool:
        return isinstance(self.attributes.get(name.name), str) and not self.knows(word.name)

    def _attribute(self, name: str, span: Span, axis: int | None, side: int | None) -> Expr:
        """An attribute's number: that of an axis, where it lists several; of one side, where it is a pair."""
        if name not in self.attributes:
            raise SourceError(f"{name} must be given", span)
        value = self.attributes[name]
        if isinstance(value, tuple) and not (self.axes == 1 and len(value) != 1):
            if axis is None:
                raise SourceError(f"{name} is a list, here a number stands", span)
            if axis >= len(value):
                raise SourceError(f"{name} lists {len(value)} numbers, here are more axes", span)
            value = value[axis]
        if isinstance(value, tuple) and side is not None:
            if len(value) != 2:
                raise SourceError(f"{name} is a number or a pair, here are {len(value)} numbers", span)
            value = value[side]
        if not isinstance(value, Fraction):
            raise SourceError(f"{name} is not a number", span)
        return Rational(value.numerator, value.denominator)

    def _size(self, node: Size, axis: int | None, scope: Scope) -> Expr:
        name = node.index.name
        if isinstance(node.index, Dots):
            indices = scope.groups.get(name)
        elif name in scope.groups and name not in scope.indices and axis is not None:
            indices = (scope.groups[name][axis],)
        else:
            indices = (scope.indices[name],) if name in scope.indices else None
        if indices is None:
            raise SourceError(f"nothing here tells how long {name} is", node.span)
        value = S.One * self.extents.value(Mul(*(placeholder(index) for index in indices)))
        if any(symbol.name.startswith("|") for symbol in value.free_symbols):
            raise SourceError(f"the size of {name} is not known before the formula is read", node.span)
        return value


def _rounded(rounding: Callable[[Expr], Expr]) -> Callable[[Expr], Expr]:
    """``floor`` or ``ceil``: a polynomial with integer coefficients is whole already."""

    def apply(value: Expr) -> Expr:
        whole = [term for term in value.as_ordered_terms() if term.as_coeff_Mul()[0].is_Integer]
        rest = expand(value - sum(whole, S.Zero))
        return expand(sum(whole, S.Zero) + rounding(rest)) if rest != 0 else value

    return apply


FUNCTIONS: Mapping[str, Callable[..., Expr]] = {
    "floor": _rounded(floor),
    "ceil": _rounded(ceiling),
    "max": lambda *values: Max(*values),
    "min": lambda *values: Min(*values),
}


def nonnegative(value: Extent) -> bool | None:
    """Whether a size is at least 0; ``None`` where that depends on a size that is free at run time."""
    if isinstance(value, int):
        return value >= 0
    truth = value.is_nonnegative
    return None if truth is None else bool(truth)
