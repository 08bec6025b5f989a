"""Indices and coordinates of the language: names bound to unique indices, coordinates as affine forms."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence

from sympy import Expr, Mul, S

from symbprop.calculus.index import Access, Affine, Extent, add, at, constant, scale
from symbprop.language.extents import Extents, Shape, placeholder
from symbprop.language.scope import Scope, group_of, index_names, parts
from symbprop.language.source import SourceError, Span
from symbprop.language.syntax import (
    AttributeValue,
    Binary,
    Coordinate,
    Dots,
    Expression,
    Flat,
    Name,
    Number,
    Ranged,
    Read,
    Size,
    Unary,
)


class Coordinates:
    """Binds index names and elaborates coordinates; scalar expressions are the subclass's."""

    def __init__(self, extents: Extents, attributes: Mapping[str, AttributeValue]) -> None:
        self.extents = extents
        self.attributes = attributes
        self.shapes: dict[str, Shape] = {}
        self.integers: set[str] = set()
        self.group_ranks: dict[str, int] = {}
        self._indices = 0
        self._everywhere: dict[str, str | tuple[str, ...]] = {}

    @abstractmethod
    def scalar(self, node: Expression, scope: Scope, local: Mapping[str, Expr] | None = None) -> Expr:
        """A scalar expression."""

    @abstractmethod
    def access(self, node: Read, scope: Scope) -> Access:
        """A read of a tensor."""

    def declare(self, coordinates: Sequence[Coordinate], scope: Scope) -> Scope:
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
            self.extents.fix(scope.indices[coordinate.index.name], self._length(coordinate.extent), coordinate.span)

    def _length(self, expression: Expression) -> Extent:
        """The extent given to an index: a positive integer, or a formula of other extents (``size(k) / heads``)."""
        if any(isinstance(each, Size) for each in parts(expression)):
            return self.scalar(expression, Scope())
        size = self._integer(expression)
        if size < 1:
            raise SourceError("a size is a positive integer", expression.span)
        return size

    def tuple_length(self, expression: Expression) -> int:
        """How many sizes an attribute such as ``target_shape`` lists."""
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
            case Ranged(index=Name(name=name)) if name in scope.indices:
                self._range(node, scope)
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
        return self.access(node, scope)

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
