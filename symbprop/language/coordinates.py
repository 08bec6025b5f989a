"""Indices and coordinates of the language: names bound to unique indices, coordinates as affine forms."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence

from sympy import Expr, Mul, S

from symbprop.calculus.index import Access, Affine, Extent, add, at, constant, scale
from symbprop.language.extents import Extents
from symbprop.language.placement import Placement
from symbprop.language.scope import Scope, groups_of, index_names, parts, ranges_of
from symbprop.language.shapes import Shape, placeholder
from symbprop.language.sizes import Sizes
from symbprop.language.source import SourceError, Span
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
    Ranged,
    Read,
    Size,
    Unary,
)


class Coordinates:
    """Binds index names and elaborates coordinates; scalar expressions are the subclass's."""

    def __init__(self, extents: Extents, attributes: Mapping[str, AttributeValue]) -> None:
        self.extents = extents
        self.sizes = Sizes(extents, attributes)
        self.shapes: dict[str, Shape] = {}
        self.integers: set[str] = set()
        self.chosen: dict[str, Extent] = {}  # integer tensors that are computed, and how many values they can have
        self.training = True  # what that name means in a condition
        self.asked_mode = False  # whether a condition has asked
        self.group_ranks: dict[str, int] = {}
        self.placement: Placement | None = None  # where what stands behind a group of axes belongs, if not there
        self._indices = 0
        self._everywhere: dict[str, str | tuple[str, ...]] = {}

    @property
    def attributes(self) -> Mapping[str, AttributeValue]:
        """The attributes of the operation that is elaborated: another's, while that one is called inside a formula."""
        return self.sizes.attributes

    @attributes.setter
    def attributes(self, values: Mapping[str, AttributeValue]) -> None:
        self.sizes.attributes = values

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
                if isinstance(name, Name) and (name.name in self.shapes or self.sizes.knows(name.name)):
                    continue
                scope = self._bind(name, scope)
            for each in ranges_of(coordinate):
                self._range(each, scope)
        return scope

    def _bind(self, name: Name | Dots, scope: Scope, *, new: bool = False) -> Scope:
        if isinstance(name, Name):
            if name.name in scope.indices and not new:
                return scope
            index = self.new_index(name.name, name.span)
            self._everywhere[name.name] = index
            return scope.inside({name.name: index}, {})
        if name.name in scope.groups and not new:
            return scope
        if name.name not in self.group_ranks:
            raise SourceError("nothing here tells how many axes ... stands for", name.span, hint="name the axes")
        letters = [_letter(name.name, position) for position in range(self.group_ranks[name.name])]
        group = tuple(self.new_index(letter, name.span) for letter in letters)
        self._everywhere[f"{name.name}..."] = group
        return scope.inside({}, {name.name: group})

    def new_index(self, label: str, span: Span) -> str:
        """A unique index that people read as ``label``."""
        self._indices += 1
        index = f"{label}#{self._indices}"
        self.extents.declare(index, label, span)
        return index

    def _range(self, coordinate: Ranged, scope: Scope) -> None:
        if isinstance(coordinate.index, Dots):
            group = scope.groups[coordinate.index.name]
            for position, index in enumerate(group):
                self.extents.fix(index, self._length(coordinate.extent, position), coordinate.span)
        else:
            index = scope.indices[coordinate.index.name]
            self.extents.fix(index, self._length(coordinate.extent, None), coordinate.span)

    def _length(self, expression: Expression, axis: int | None) -> Extent:
        """The extent given to an index: a positive integer, or a formula of other extents (``size(k) / heads``)."""
        if axis is None and not self.sizes.axes and any(isinstance(each, Size) for each in parts(expression)):
            return self.scalar(expression, Scope())
        size = self.sizes.whole(expression, axis)
        if isinstance(size, int) and size < 1:
            raise SourceError(f"a size is a positive integer, this is {size}", expression.span)
        return size

    def group_rank(self, group: Ranged) -> int:
        """How many axes a group with a range has: as many as its attribute lists, or as the family's member says."""
        extent = group.extent
        value = self.attributes.get(extent.name) if isinstance(extent, Name) else None
        if self.sizes.axes:
            return self.sizes.axes
        return len(value) if isinstance(value, tuple) else 1

    def coordinates(self, coordinates: Sequence[Coordinate], scope: Scope, tensor: str) -> tuple[Affine, ...]:
        """Every coordinate of an access to ``tensor`` as an affine form, groups spread out, each where its axis is."""
        result: list[Affine] = []
        for each in coordinates:
            ranks = set()
            for group in groups_of(each):
                if group.name not in scope.groups:
                    raise SourceError("this group of axes stands neither in the target nor in a sum", group.span)
                ranks.add(len(scope.groups[group.name]))
            if len(ranks) > 1:
                raise SourceError("these groups have different numbers of axes", each.span)
            if ranks:
                result.extend(self._coordinate(each, scope, axis) for axis in range(ranks.pop()))
            else:
                result.append(self._coordinate(each, scope))
        found = tuple(result)
        return found if self.placement is None else self.placement.moved(tensor, coordinates, found)

    def _coordinate(self, node: Coordinate, scope: Scope, axis: int | None = None) -> Affine:
        match node:
            case Dots() if axis is not None:
                return at(scope.groups[node.name][axis])
            case Ranged(index=Dots(name=name)) if axis is not None:
                return at(scope.groups[name][axis])
            case Number():
                if node.value.denominator != 1:
                    raise SourceError("a coordinate is an integer", node.span)
                return constant(int(node.value))
            case Ranged(index=Name(name=name)) if name in scope.indices:
                self._range(node, scope)
                return at(scope.indices[name])
            case Name() if node.name in scope.indices:
                return at(scope.indices[node.name])
            case Name() if self.sizes.knows(node.name):
                return constant(self.sizes.whole(node, axis))
            case Read() if node.name in self.attributes:
                return constant(self.sizes.whole(node, axis))
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
            case Call() | Binary(operator="/" | "^"):
                return constant(self.sizes.whole(node, axis, scope))
            case Flat():
                return self._flat(node, scope)
            case Unary(operator="-"):
                return scale(self._coordinate(node.operand, scope, axis), -1)
            case Binary(operator="+" | "-" | "*"):
                left, right = (self._coordinate(each, scope, axis) for each in (node.left, node.right))
                if node.operator != "*":
                    return add(left, right if node.operator == "+" else scale(right, -1))
                if not left.terms:
                    return scale(right, left.offset)
                if not right.terms:
                    return scale(left, right.offset)
        raise SourceError(
            "a coordinate is a sum of indices times integers", node.span, hint="as in x[n, 2*h + p] or x[n, ids[n, t]]"
        )

    def _flat(self, node: Flat, scope: Scope) -> Affine:
        indices: list[str] = []
        for each in node.axes:
            name = each.index if isinstance(each, Ranged) else each
            known = scope.groups if isinstance(name, Dots) else scope.indices
            if name.name not in known:
                what = "this group of axes" if isinstance(name, Dots) else f"the index {name.name}"
                raise SourceError(f"{what} stands neither in the target nor in a sum", node.span)
            indices.extend(scope.groups[name.name] if isinstance(name, Dots) else (scope.indices[name.name],))
        result, stride = constant(0), S.One
        for index in reversed(indices):
            result = add(scale(at(index), stride), result)
            stride = stride * placeholder(index)
        return result

    def _integer_read(self, node: Read, scope: Scope) -> Access:
        shape = self.shapes.get(node.name)
        if shape is None or node.name not in self.integers:
            hint = f"declare it with dtype: int: {{{node.name}: {{shape: …, dtype: int}}}}"
            raise SourceError(f"{node.name} is used as an index, but is not an integer tensor", node.span, hint=hint)
        if node.outside is not None:
            raise SourceError("a position cannot be read outside a tensor", node.span)
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


def _letter(group: str, position: int) -> str:
    """What the axes of a group are called: ``i...`` is i, j, k; ``p...`` is p, q, r; ``...`` is n, n1, n2."""
    if len(group) == 1 and group.isascii() and ord(group) + position <= ord("z"):
        return chr(ord(group) + position)
    return f"{group or 'n'}{position or ''}"
