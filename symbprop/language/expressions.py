"""Scalar expressions and coordinates of the language, as SymPy expressions over canonical dummies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sympy import Add, And, Expr, Mul, Not, Or, Rational, S, Symbol
from sympy.logic.boolalg import Boolean, false, true

from symbprop.calculus.index import Access, Affine, Extent, add, at, constant, scale
from symbprop.calculus.statement import Reduction, index_symbol, read_symbol
from symbprop.language.extents import Extents, Shape, placeholder
from symbprop.language.inline import inlined
from symbprop.language.scalars import COMPARISONS, CONSTANTS, FUNCTIONS, elementwise, is_constant, power, real
from symbprop.language.scope import Scope, group_of, index_names
from symbprop.language.source import SourceError, Span, did_you_mean
from symbprop.language.syntax import (
    AttributeValue,
    Binary,
    Call,
    Coordinate,
    Dots,
    Expression,
    Flat,
    Name,
    Number,
    Operation,
    Ranged,
    Read,
    Reduce,
    Size,
    Unary,
)

TEMPORARY = {"sum": "s", "mean": "mean", "max": "m", "min": "m", "prod": "q"}
KIND = {
    "sum": Reduction.SUM, "mean": Reduction.SUM, "max": Reduction.MAX, "min": Reduction.MIN, "prod": Reduction.PROD,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pending:
    """A statement whose extents are not known yet; its expression is over the tables of ``Expressions``."""

    target: Access
    expr: Expr
    bound: tuple[str, ...]
    reduction: Reduction
    span: Span


class Expressions:
    """Elaborates expressions; collects what they read, the constraints on extents, and the reductions inside them."""

    def __init__(
        self,
        extents: Extents,
        attributes: Mapping[str, AttributeValue],
        operations: Mapping[str, Operation],
        open_names: bool,
        declared: Mapping[str, object],
    ) -> None:
        self.extents = extents
        self.attributes = attributes
        self.operations = operations
        self.open_names = open_names
        self.declared = declared
        self.shapes: dict[str, Shape] = {}
        self.integers: set[str] = set()
        self.group_ranks: dict[str, int] = {}
        self.accesses: dict[Symbol, Access] = {}
        self.numbers: dict[Symbol, str] = {}
        self.pending: list[Pending] = []
        self._symbols: dict[Access, Symbol] = {}
        self._indices = 0
        self._everywhere: dict[str, str | tuple[str, ...]] = {}

    # Indices ---------------------------------------------------------------------------------------------------------

    def declare(self, coordinates: Sequence[Coordinate], scope: Scope, *, target: bool = False) -> Scope:
        """A scope in which every index named in ``coordinates`` exists; known ones are kept."""
        for coordinate in coordinates:
            for name in index_names(coordinate):
                if isinstance(name, Name) and (name.name in self.shapes or name.name in self.attributes):
                    continue
                scope = self._bind(name, scope)
            if isinstance(coordinate, Ranged):
                self._range(coordinate, scope)
        return scope

    def _bind(self, name: Name | Dots, scope: Scope, *, new: bool = False) -> Scope:
        if isinstance(name, Name):
            if name.name in scope.indices and not new:
                return scope
            index = self._new_index(name.name, name.span)
            self._everywhere[name.name] = index
            return scope.inside({name.name: index}, {})
        if name.name in scope.groups and not new:
            return scope
        if name.name not in self.group_ranks:
            raise SourceError("nothing here tells how many axes ... stands for", name.span, hint="name the axes")
        letters = [f"{name.name or 'n'}{position or ''}" for position in range(self.group_ranks[name.name])]
        group = tuple(self._new_index(letter, name.span) for letter in letters)
        self._everywhere[f"{name.name}..."] = group
        return scope.inside({}, {name.name: group})

    def _new_index(self, label: str, span: Span) -> str:
        self._indices += 1
        index = f"{label}#{self._indices}"
        self.extents.declare(index, label, span)
        return index

    def _range(self, coordinate: Ranged, scope: Scope) -> None:
        if isinstance(coordinate.index, Dots):
            sizes = self._tuple(coordinate.extent)
            for index, size in zip(scope.groups[coordinate.index.name], sizes, strict=True):
                self.extents.fix(index, size, coordinate.span)
        else:
            size = self._integer(coordinate.extent)
            if size < 1:
                raise SourceError("a size is a positive integer", coordinate.extent.span)
            self.extents.fix(scope.indices[coordinate.index.name], size, coordinate.span)

    def tuple_length(self, expression: Expression) -> int:
        return len(self._tuple(expression))

    def _tuple(self, expression: Expression) -> tuple[int, ...]:
        if isinstance(expression, Name):
            value = self.attributes.get(expression.name)
            if isinstance(value, tuple):
                return tuple(int(each) for each in value)
            if value is None:
                raise SourceError(f"{expression.name} must be given", expression.span)
        return (self._integer(expression),)

    def _integer(self, expression: Expression) -> int:
        if isinstance(expression, Name) and expression.name not in self.attributes:
            raise SourceError(f"{expression.name} must be given", expression.span)
        value = self.scalar(expression, Scope())
        if not value.is_Integer:
            raise SourceError("a size is an integer", expression.span)
        return int(value)

    def coordinates(self, coordinates: Sequence[Coordinate], scope: Scope) -> tuple[Affine, ...]:
        """Every coordinate as an affine form, groups spread out."""
        result: list[Affine] = []
        for each in coordinates:
            group = group_of(each)
            if group is not None:
                if group.name not in scope.groups:
                    raise SourceError("this group of axes stands neither in the target nor in a sum", group.span)
                result.extend(at(index) for index in scope.groups[group.name])
            else:
                result.append(self._coordinate(each, scope))
        return tuple(result)

    def _coordinate(self, node: Coordinate, scope: Scope) -> Affine:
        match node:
            case Number():
                if node.value.denominator != 1:
                    raise SourceError("a coordinate is an integer", node.span)
                return constant(int(node.value))
            case Ranged(index=Name(name=name)):
                return at(scope.indices[name])
            case Name() if node.name in scope.indices:
                return at(scope.indices[node.name])
            case Name() if isinstance(self.attributes.get(node.name), (int, float)) or node.name in self.attributes:
                return constant(self._integer(node))
            case Name() if node.name in self.shapes:
                return Affine(((self._integer_read(Read(node.name, (), node.span), scope), 1),))
            case Name():
                raise SourceError(
                    f"the index {node.name} stands neither in the target nor in a sum", node.span,
                    hint=f"write sum({node.name}, …), or put {node.name} into the target",
                )  # fmt: skip
            case Read():
                return Affine(((self._integer_read(node, scope), 1),))
            case Size():
                return constant(self._size(node, scope))
            case Flat():
                return self._flat(node, scope)
            case Unary(operator="-"):
                return scale(self._coordinate(node.operand, scope), -1)
            case Binary(operator="+"):
                return add(self._coordinate(node.left, scope), self._coordinate(node.right, scope))
            case Binary(operator="-"):
                return add(self._coordinate(node.left, scope), scale(self._coordinate(node.right, scope), -1))
            case Binary(operator="*"):
                left, right = self._coordinate(node.left, scope), self._coordinate(node.right, scope)
                if not left.terms:
                    return scale(right, left.offset)
                if not right.terms:
                    return scale(left, right.offset)
        raise SourceError(
            "a coordinate is a sum of indices times integers", node.span, hint="as in x[n, 2*h + p] or x[n, ids[n, t]]"
        )

    def _flat(self, node: Flat, scope: Scope) -> Affine:
        if node.axes.name not in scope.groups:
            raise SourceError("this group of axes stands neither in the target nor in a sum", node.span)
        result, stride = constant(0), S.One
        for index in reversed(scope.groups[node.axes.name]):
            result = add(scale(at(index), stride), result)
            stride = stride * placeholder(index)
        return result

    def _integer_read(self, node: Read, scope: Scope) -> Access:
        shape = self.shapes.get(node.name)
        if shape is None or node.name not in self.integers:
            hint = f"declare it with dtype: int: {{{node.name}: {{shape: …, dtype: int}}}}"
            raise SourceError(f"{node.name} is used as an index, but is not an integer tensor", node.span, hint=hint)
        return self._access(node, scope)

    def _size(self, node: Size, scope: Scope) -> Extent:
        name = node.index.name
        if isinstance(node.index, Dots):
            group = scope.groups.get(name) or self._everywhere.get(f"{name}...")
            if group is None:
                raise SourceError("nothing here tells what this group of axes is", node.span)
            return Mul(*(placeholder(index) for index in group))
        index = scope.indices.get(name) or self._everywhere.get(name)
        if not isinstance(index, str):
            raise SourceError(f"{name} is not an index here", node.span)
        return placeholder(index)

    # Scalars ---------------------------------------------------------------------------------------------------------

    def real(self, expression: Expr, span: Span) -> Expr:
        return real(expression, span)

    def scalar(self, node: Expression, scope: Scope, local: Mapping[str, Expr] | None = None) -> Expr:
        """An expression as a SymPy expression. ``local`` gives the arguments of an operation called inline."""
        match node:
            case Number():
                return Rational(node.value.numerator, node.value.denominator)
            case Name():
                return self._name(node, scope, local)
            case Read():
                if local is not None:
                    return local[node.name]
                return self._symbol(self._access(node, scope))
            case Size():
                return S.One * self._size(node, scope)
            case Unary(operator="-"):
                return -self.scalar(node.operand, scope, local)
            case Binary(operator="+" | "-"):
                return self._sum(node, scope, local)
            case Binary(operator="*"):
                return self.scalar(node.left, scope, local) * self.scalar(node.right, scope, local)
            case Binary(operator="/"):
                divisor = self.scalar(node.right, scope, local)
                if divisor == 0:
                    raise SourceError("this divides by zero", node.right.span)
                return self.scalar(node.left, scope, local) / divisor
            case Binary(operator="^"):
                base, exponent = self.scalar(node.left, scope, local), self.scalar(node.right, scope, local)
                return real(power(base, exponent, node.span), node.span)
            case Call():
                return real(self._call(node, scope, local), node.span)
            case Reduce():
                if local is not None:
                    raise SourceError("an operation with a sum cannot be called inside a formula", node.span)
                return self.reduction(node, scope)
            case _:
                raise SourceError("a number stands here, not a condition", node.span, hint="write where(condition, a, b)")

    def _sum(self, node: Expression, scope: Scope, local: Mapping[str, Expr] | None) -> Expr:
        """A chain of + and −, without recursion along it."""
        parts: list[Expr] = []
        while isinstance(node, Binary) and node.operator in "+-":
            right = self.scalar(node.right, scope, local)
            parts.append(right if node.operator == "+" else -right)
            node = node.left
        parts.append(self.scalar(node, scope, local))
        return Add(*reversed(parts))

    def _name(self, node: Name, scope: Scope, local: Mapping[str, Expr] | None) -> Expr:
        name = node.name
        if local is not None and name in local:
            return local[name]
        if name in scope.indices:
            symbol = index_symbol(len(self.numbers))
            for known, index in self.numbers.items():
                if index == scope.indices[name]:
                    return known
            self.numbers[symbol] = scope.indices[name]
            return symbol
        if name in self.attributes:
            value = self.attributes[name]
            if isinstance(value, (bool, str, tuple)):
                raise SourceError(f"{name} is not a number", node.span)
            return Rational(value.numerator, value.denominator)
        if name in CONSTANTS and name not in self.shapes:
            return CONSTANTS[name]
        if local is not None and name not in self.shapes:
            raise SourceError(f"{name} must be given", node.span)
        return self._symbol(self._access(Read(name, (), node.span), scope))

    def _access(self, node: Read, scope: Scope) -> Access:
        """A read of a tensor; with open names, one that nobody declared is a new parameter."""
        if node.name not in self.shapes:
            self._unknown(node)
        shape = self.shapes.get(node.name)
        coordinates = self.coordinates(node.index, scope)
        if shape is None:
            declared = getattr(self.declared.get(node.name), "shape", None)
            axes: list[Extent | None] = [None] * len(coordinates) if declared is None else list(declared)
            shape = self.shapes[node.name] = Shape(node.name, axes)
        if len(coordinates) > len(shape.axes) and any(group_of(each) for each in node.index):
            coordinates = coordinates[len(coordinates) - len(shape.axes) :]
        if len(coordinates) != len(shape.axes):
            axes_known = ", ".join("?" if axis is None else str(axis) for axis in shape.axes)
            raise SourceError(
                f"{node.name} has {len(shape.axes)} axes, here it is read with {len(coordinates)}",
                node.span,
                hint=f"its shape is [{axes_known}]",
            )
        access = Access(node.name, coordinates)
        self.extents.meet(shape, access, node.span)
        return access

    def _unknown(self, node: Read) -> None:
        if not self.open_names:
            hint = did_you_mean(node.name, self.shapes)
            raise SourceError(f"{node.name} is not known here", node.span, hint=hint)
        if node.name in FUNCTIONS:
            raise SourceError(f"{node.name} is a function", node.span, hint=f"write {node.name}(…)")

    def _symbol(self, access: Access) -> Symbol:
        if access not in self._symbols:
            symbol = read_symbol(len(self._symbols))
            self._symbols[access] = symbol
            self.accesses[symbol] = access
        return self._symbols[access]

    def _call(self, node: Call, scope: Scope, local: Mapping[str, Expr] | None) -> Expr:
        if node.function == "where":
            condition = self._condition(node.arguments[0], scope, local)
            if condition in (true, false):
                return self.scalar(node.arguments[1 if condition is true else 2], scope, local)
            from symbprop.calculus.functions import Select

            return Select(condition, *(self.scalar(each, scope, local) for each in node.arguments[1:]))
        if node.function == "pow":
            base, exponent = (self.scalar(each, scope, local) for each in node.arguments)
            return power(base, exponent, node.span)
        if node.function in FUNCTIONS or node.function in ("max", "min"):
            arguments = [self.scalar(each, scope, local) for each in node.arguments]
            return elementwise(node.function, arguments)
        operation = self.operations.get(node.function)
        if operation is None:
            known = [*FUNCTIONS, "max", "min", "sum", "mean", "prod", "where", *self.operations]
            raise SourceError(f"there is no function {node.function}", node.span, hint=did_you_mean(node.function, known))
        arguments = [self.scalar(each, scope, local) for each in node.arguments]
        return inlined(operation, arguments, node, self)

    def _condition(self, node: Expression, scope: Scope, local: Mapping[str, Expr] | None) -> Boolean:
        match node:
            case Name() if isinstance(self.attributes.get(node.name), bool):
                return true if self.attributes[node.name] else false
            case Unary(operator="not"):
                return Not(self._condition(node.operand, scope, local))
            case Binary(operator="and"):
                return And(self._condition(node.left, scope, local), self._condition(node.right, scope, local))
            case Binary(operator="or"):
                return Or(self._condition(node.left, scope, local), self._condition(node.right, scope, local))
            case Binary(operator=operator) if operator in COMPARISONS:
                left, right = self.scalar(node.left, scope, local), self.scalar(node.right, scope, local)
                return COMPARISONS[operator](left, right)
        raise SourceError("a condition stands here", node.span, hint="as in where(x > 0, x, 0)")

    # Reductions ------------------------------------------------------------------------------------------------------

    def scaled_reduction(self, node: Expression, scope: Scope) -> tuple[Expr, Reduce] | None:
        """``node`` as a constant times a reduction, if it is one."""
        if isinstance(node, Reduce):
            return S.One, node
        if isinstance(node, Unary) and node.operator == "-":
            inner = self.scaled_reduction(node.operand, scope)
            return None if inner is None else (-inner[0], inner[1])
        if not isinstance(node, Binary) or node.operator not in "*/":
            return None
        sides = ((node.left, node.right), (node.right, node.left)) if node.operator == "*" else ((node.left, node.right),)
        for reduce, other in sides:
            inner = self.scaled_reduction(reduce, scope)
            if inner is not None and not isinstance(other, Reduce):
                factor = self.scalar(other, scope)
                if is_constant(factor) and factor != 0:
                    return (inner[0] * factor if node.operator == "*" else inner[0] / factor), inner[1]
        return None

    def reduction(self, node: Reduce, scope: Scope, into: Access | None = None, factor: Expr = S.One) -> Expr:
        """A reduction as a statement of its own; its value, a read of a temporary (or nothing, with ``into``)."""
        inner = scope
        for name in node.indices:
            inner = self._bind(name, inner, new=True)
        bound: list[str] = []
        for name in node.indices:
            bound.extend(inner.groups[name.name] if isinstance(name, Dots) else (inner.indices[name.name],))
        body = real(self.scalar(node.body, inner), node.body.span)
        if node.kind == "mean":
            body = body / Mul(*(placeholder(index) for index in bound))
        if into is None:
            into = self._temporary(node, body, bound, inner)
        self.pending.append(Pending(into, body * factor, tuple(bound), KIND[node.kind], node.span))
        return self._symbol(into)

    def _temporary(self, node: Reduce, body: Expr, bound: Sequence[str], scope: Scope) -> Access:
        free = body.free_symbols
        used = {index for symbol, index in self.numbers.items() if symbol in free}
        for symbol, access in self.accesses.items():
            if symbol in free:
                used.update(access.indices())
        kept = tuple(at(index) for index in scope.all() if index in used and index not in bound)
        wish, count = TEMPORARY[node.kind], 1
        while wish in self.shapes:
            count += 1
            wish = f"{TEMPORARY[node.kind]}{count}"
        shape = self.shapes[wish] = Shape(wish, [None] * len(kept), computed=True)
        access = Access(wish, kept)
        self.extents.meet(shape, access, node.span, writes=True)
        return access
