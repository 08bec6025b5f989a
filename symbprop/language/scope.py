"""Scopes: which index a name means, and how many axes ``...`` stands for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from symbprop.language.syntax import (
    Binary,
    Call,
    Coordinate,
    Dots,
    Equation,
    Expression,
    Flat,
    Name,
    Ranged,
    Read,
    Reduce,
    Unary,
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Index names to unique indices (a group to the list of its axes), in order, inner hiding outer."""

    indices: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def inside(self, indices: Mapping[str, str], groups: Mapping[str, tuple[str, ...]]) -> Scope:
        return Scope({**self.indices, **indices}, {**self.groups, **groups})

    def in_order(self) -> list[str]:
        """Every index in the order in which they were met, which is that of the target's axes."""
        return sorted(self.all(), key=lambda index: int(index.rpartition("#")[2]))

    def all(self) -> Iterator[str]:
        """Every index in scope: groups first, as they lead."""
        for group in self.groups.values():
            yield from group
        yield from self.indices.values()


def reads(expression: Expression) -> Iterator[Read]:
    """Every tensor read in an expression, also inside coordinates."""
    return (node for node in parts(expression) if isinstance(node, Read))


def integer_names(equation: Equation) -> Iterator[str]:
    """The tensors whose elements stand in coordinates, as ``ids`` in ``E[ids[n, t], d]``."""
    for read in reads(equation.expression):
        for coordinate in read.index:
            yield from (node.name for node in parts(coordinate) if isinstance(node, Read))


def parts(expression: Expression | Coordinate) -> Iterator[Expression | Coordinate]:
    """Every node of an expression, also inside coordinates; iterative, as sums may be long."""
    stack: list[Expression | Coordinate] = [expression]
    while stack:
        node = stack.pop()
        yield node
        match node:
            case Read():
                stack.extend(node.index)
            case Unary():
                stack.append(node.operand)
            case Binary():
                stack.extend((node.right, node.left))
            case Call():
                stack.extend(reversed(node.arguments))
            case Reduce():
                stack.append(node.body)
            case Ranged():
                stack.append(node.extent)
            case _:
                pass


def rebuilt(node: Any, change: Callable[[Any], Any]) -> Any:
    """An expression with ``change`` applied to the expressions right below it; what has none as it is."""
    match node:
        case Read():
            return replace(node, index=tuple(map(change, node.index)))
        case Unary():
            return replace(node, operand=change(node.operand))
        case Binary():
            return replace(node, left=change(node.left), right=change(node.right))
        case Call():
            return replace(node, arguments=tuple(map(change, node.arguments)))
        case Reduce():
            return replace(node, body=change(node.body))
    return node


def group_of(coordinate: Coordinate) -> Dots | None:
    """The (first) group a coordinate stands for, if it stands for several axes: ``i...``, or ``2*i... + p...``."""
    return next(groups_of(coordinate), None)


def groups_of(coordinate: Coordinate) -> Iterator[Dots]:
    """The groups a coordinate runs along axis by axis; those inside ``flat`` or the brackets of a read are not."""
    match coordinate:
        case Dots():
            yield coordinate
        case Ranged(index=Dots() as group):
            yield group
        case Unary():
            yield from groups_of(coordinate.operand)
        case Binary():
            yield from groups_of(coordinate.left)
            yield from groups_of(coordinate.right)
        case _:
            pass


def ranges_of(coordinate: Coordinate) -> Iterator[Ranged]:
    """Every index with its range in a coordinate: ``j:units``."""
    match coordinate:
        case Ranged():
            yield coordinate
        case Unary():
            yield from ranges_of(coordinate.operand)
        case Binary():
            yield from ranges_of(coordinate.left)
            yield from ranges_of(coordinate.right)
        case Flat():
            for each in coordinate.axes:
                yield from ranges_of(each)
        case _:
            pass


def equation_reads(equation: Equation) -> Iterator[Read]:
    """The reads on the right side of an equation."""
    yield from reads(equation.expression)


def index_names(coordinate: Coordinate) -> Iterator[Name | Dots]:
    """The names and groups that stand in a coordinate outside any bracket of its own, in order."""
    match coordinate:
        case Name() | Dots():
            yield coordinate
        case Flat():
            for axis in coordinate.axes:
                yield from index_names(axis)
        case Ranged():
            yield coordinate.index
        case Unary():
            yield from index_names(coordinate.operand)
        case Binary():
            yield from index_names(coordinate.left)
            yield from index_names(coordinate.right)
        case Read():
            for each in coordinate.index:
                yield from index_names(each)
        case _:
            pass


def letters(equation: Equation) -> Iterator[str]:
    """The names of all indices of an equation."""
    accesses = [equation.target]
    for node in parts(equation.expression):
        if isinstance(node, Reduce):
            yield from (name.name for each in node.indices for name in index_names(each))
        elif isinstance(node, Read):
            accesses.append(node)
    for access in accesses:
        yield from (each.name for coordinate in access.index for each in index_names(coordinate))


def additive_terms(expression: Expression) -> list[tuple[int, Expression]]:
    """The additive terms of an expression with their signs; iterative, as sums may be long."""
    found: list[tuple[int, Expression]] = []
    stack: list[tuple[int, Expression]] = [(1, expression)]
    while stack:
        sign, node = stack.pop()
        if isinstance(node, Binary) and node.operator in "+-":
            stack.append((sign if node.operator == "+" else -sign, node.right))
            stack.append((sign, node.left))
        elif isinstance(node, Unary) and node.operator == "-":
            stack.append((-sign, node.operand))
        else:
            found.append((sign, node))
    return found
