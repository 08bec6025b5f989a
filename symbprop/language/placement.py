"""Which axes play the part of the last one: ``x[..., k]`` with ``axis: 1``, or with several axes in the place of k.

A formula whose data are ``x[..., k]`` is written for the last axis. With ``axis`` what stands behind the group of axes
stands elsewhere, in every tensor alike: the roles of the indices are permuted, the formula is the same. Parameters keep
the layout that the formula gives them. With several axes, k becomes a group of axes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from symbprop.calculus.index import Affine
from symbprop.calculus.program import Tensor
from symbprop.language.scope import group_of, reads, rebuilt
from symbprop.language.source import SourceError
from symbprop.language.syntax import (
    Argument,
    AttributeValue,
    Coordinate,
    Dots,
    Equation,
    Flat,
    Name,
    Operation,
    Ranged,
    Read,
    Reduce,
    Size,
)

AXIS = "axis"


@dataclass(frozen=True, slots=True)
class Placement:
    """``positions`` are the axes in the part of the last one, of ``rank``; ``fixed`` tensors (parameters) stay as written."""

    positions: tuple[int, ...]
    rank: int
    fixed: frozenset[str]

    def moved(self, tensor: str, index: Sequence[Coordinate], coordinates: tuple[Affine, ...]) -> tuple[Affine, ...]:
        """The coordinates of an access, those behind its group of axes moved to where they belong.

        Where the axes are written one by one, as many as the data have, it is the last one that is moved.
        """
        grouped = any(group_of(each) is not None for each in index)
        behind = _behind(index) if grouped else tuple(index[-1:] if len(coordinates) == self.rank else ())
        if tensor in self.fixed or not behind:
            return coordinates
        count = len(self.positions) if len(self.positions) > 1 else len(behind)
        result, last = list(coordinates[:-count]), coordinates[-count:]
        if len(self.positions) == 1:
            return (*result[: self.positions[0]], *last, *result[self.positions[0] :])
        for position, coordinate in sorted(zip(self.positions, last, strict=True), key=lambda pair: pair[0]):
            result.insert(position, coordinate)
        return tuple(result)


def takes_axis(operation: Operation) -> bool:
    """Whether the first data of an operation are ``x[..., k]``, and it has no attribute called axis of its own."""
    return _pattern(operation) is not None and not any(each.name == AXIS for each in operation.attributes)


def takes_channels(operation: Operation) -> bool:
    """Whether the first data of an operation are ``x[n, i..., c]``: examples first, channels last."""
    first = _pattern(operation)
    return first is not None and len(first.index) == 3 and takes_axis(operation)


def placed(
    operation: Operation, given: Mapping[str, Tensor], attributes: dict[str, AttributeValue]
) -> tuple[Operation, Placement | None]:
    """The operation and the placement that ``axis`` among the ``attributes`` asks for; it is taken out of them.

    Raises ``SourceError`` for axes that the data do not have, and where the formula is about one axis.
    """
    first = _pattern(operation)
    if first is None or not takes_axis(operation) or AXIS not in attributes or first.name not in given:
        return operation, None
    wanted = attributes.pop(AXIS)
    numbers = wanted if isinstance(wanted, tuple) else (wanted,)
    rank, ahead = len(given[first.name].shape), next(p for p, c in enumerate(first.index) if group_of(c) is not None)
    positions = []
    for number in numbers:
        axis = int(number) if isinstance(number, Fraction) else 0
        if not -rank <= axis < rank:
            raise SourceError(f"{first.name} has {rank} axes, there is no axis {axis}", first.span)
        if axis % rank < ahead:
            raise SourceError(f"axis {axis} is that of {_name(first.index[axis % rank])}", first.span)
        positions.append(axis % rank)
    if len(set(positions)) < len(positions) or not positions:
        raise SourceError("the axes are different ones", first.span)
    for each in operation.arguments:
        if each.name in given and not each.initializer and _behind(each.index) and len(given[each.name].shape) != rank:
            raise SourceError(f"with an axis, {each.name} has as many axes as {first.name}, {rank}", each.span)
    fixed = frozenset(each.name for each in operation.arguments if each.initializer)
    if len(positions) > 1:
        operation = _over_several(operation, rank)
    return operation, Placement(tuple(positions), rank, fixed)


def several(operation: Operation, placement: Placement | None) -> dict[str, int]:
    """How many axes the groups have that stand for several axes."""
    if placement is None or len(placement.positions) == 1:
        return {}
    return dict.fromkeys(_last_indices(operation), len(placement.positions))


def _pattern(operation: Operation) -> Argument | None:
    """The first of the data, if it is ``x[..., k]`` or ``x[n, i..., k]``."""
    data = next((each for each in operation.arguments if not each.initializer and each.noise is None), None)
    behind = () if data is None else _behind(data.index)
    return data if len(behind) == 1 and isinstance(behind[0], Name) else None


def _behind(index: Sequence[Coordinate]) -> tuple[Coordinate, ...]:
    """What stands behind the group of axes in an access; nothing if there is no group."""
    for position, each in enumerate(index):
        if group_of(each) is not None:
            return tuple(index[position + 1 :])
    return ()


def _name(coordinate: Coordinate) -> str:
    return coordinate.name if isinstance(coordinate, (Name, Dots, Read)) else "another index"


# Several axes in the place of one ------------------------------------------------------------------------------------


def _accesses(operation: Operation) -> list[tuple[Coordinate, ...]]:
    found = [each.index for each in operation.arguments]
    for equation in operation.equations:
        found.append(equation.target.index)
        found.extend(each.index for each in reads(equation.expression))
    return found


def _last_indices(operation: Operation) -> list[str]:
    """The names of what stands behind a group of axes."""
    behind = [each for index in _accesses(operation) for each in _behind(index)]
    return list(dict.fromkeys(each.name for each in behind if isinstance(each, (Name, Dots))))


def _over_several(operation: Operation, rank: int) -> Operation:
    """The operation with a group of axes for each index that stands behind ``...``. Raises ``SourceError``."""
    names = set(_last_indices(operation))
    for index in _accesses(operation):
        written_out = len(index) == rank and all(group_of(each) is None for each in index)
        if written_out or (_behind(index) and not (len(_behind(index)) == 1 and isinstance(_behind(index)[0], Name))):
            raise SourceError(f"'{operation.name}' is about one axis", operation.span)

    def spread(node: Any) -> Any:
        match node:
            case Name() if node.name in names:
                raise SourceError(f"'{operation.name}' is about one axis, {node.name}", node.span)
            case Ranged() | Flat():
                inner = (node.index,) if isinstance(node, Ranged) else node.axes
                if any(isinstance(each, Name) and each.name in names for each in inner):
                    raise SourceError(f"'{operation.name}' is about one axis", node.span)
                return node
            case Read():
                return replace(node, index=tuple(map(bare, node.index)))
            case Size():
                return replace(node, index=bare(node.index))
            case Reduce():
                return replace(node, indices=tuple(map(bare, node.indices)), body=spread(node.body))
        return rebuilt(node, spread)

    def bare(node: Any) -> Any:
        return Dots(node.name, node.span) if isinstance(node, Name) and node.name in names else spread(node)

    def equation(each: Equation) -> Equation:
        return replace(each, target=spread(each.target), expression=spread(each.expression))

    arguments = tuple(replace(each, index=tuple(map(bare, each.index))) for each in operation.arguments)
    return replace(operation, arguments=arguments, equations=tuple(map(equation, operation.equations)))
