"""Scopes: which index a name means, and how many axes ``...`` stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from symbprop.language.source import SourceError
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


def group_of(coordinate: Coordinate) -> Dots | None:
    """The group a coordinate stands for, if it stands for several axes."""
    if isinstance(coordinate, Ranged) and isinstance(coordinate.index, Dots):
        return coordinate.index
    return coordinate if isinstance(coordinate, Dots) else None


def rank_groups(accesses: Iterator[Read], ranks: Mapping[str, int], groups: dict[str, int]) -> None:
    """Learn how many axes each group has from accesses to tensors whose rank is known."""
    for access in accesses:
        dots = [group for group in map(group_of, access.index) if group is not None]
        flats = [c.axes for c in access.index if isinstance(c, Flat)]
        if len(dots) > 1:
            raise SourceError("only one group of axes can stand in one access", dots[1].span)
        if not dots or access.name not in ranks:
            continue
        count = ranks[access.name] - (len(access.index) - 1)
        if count < 0:
            raise SourceError(
                f"{access.name} has {ranks[access.name]} axes, this reads at least {len(access.index) - 1}", access.span
            )
        name = dots[0].name
        groups[name] = max(groups.get(name, 0), count)
        del flats


def equation_reads(equation: Equation) -> Iterator[Read]:
    """The reads on the right side of an equation."""
    yield from reads(equation.expression)


def index_names(coordinate: Coordinate) -> Iterator[Name | Dots]:
    """The names and groups that stand in a coordinate outside any bracket of its own, in order."""
    match coordinate:
        case Name() | Dots():
            yield coordinate
        case Flat():
            yield coordinate.axes
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
            yield from (each.name for each in node.indices)
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
