"""Which statement needs which element from which step: the distances that decide in what order a loop can run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from symbprop.calculus.index import Access, Extent, extent
from symbprop.calculus.statement import Statement


@dataclass(frozen=True, slots=True)
class Dependence:
    """``statements[reader]`` reads, as ``read``, elements that ``statements[writer]`` may write."""

    writer: int
    reader: int
    read: Access


@dataclass(frozen=True, slots=True)
class Course:
    """A legal loop: each statement runs at the step that is its own index, backwards with ``reverse``."""

    index: tuple[str, ...]
    extent: Extent
    reverse: bool


def dependences(statements: Sequence[Statement]) -> list[Dependence]:
    """Every read of an element that one of the statements may write."""
    writers: dict[str, list[int]] = {}
    for number, each in enumerate(statements):
        writers.setdefault(each.target.tensor, []).append(number)
    found: list[Dependence] = []
    for reader, each in enumerate(statements):
        for read in dict.fromkeys(_reads(each)):
            near = [w for w in writers.get(read.tensor, ()) if not are_apart(read, statements[w].target)]
            found.extend(Dependence(writer, reader, read) for writer in near)
    return found


def _reads(each: Statement) -> Iterator[Access]:
    yield from each.reads
    stack = [gather for access in (each.target, *each.reads) for gather in access.gathers()]
    while stack:
        gather = stack.pop()
        yield gather
        stack.extend(gather.gathers())


def are_apart(one: Access, two: Access) -> bool:
    """Whether along some axis both stand still, at different places."""
    for left, right in zip(one.index, two.index, strict=True):
        if not left.terms and not right.terms:
            distance = extent(left.offset - right.offset)
            if distance != 0 if isinstance(distance, int) else distance.is_nonzero:
                return True
    return False


def places(statements: Sequence[Statement], edges: Sequence[Dependence]) -> Iterator[tuple[str, ...]]:
    """The ways to choose one index for each statement so that all of them run along one axis of every tensor."""
    first = statements[0].target
    for axis in range(len(first.index)):
        found = _spread(statements, edges, first.tensor, axis)
        if found is not None:
            yield found


def _spread(
    statements: Sequence[Statement], edges: Sequence[Dependence], tensor: str, axis: int
) -> tuple[str, ...] | None:
    """From the axis of one tensor to that of all others: through what the statements write and read with one index."""
    axes = {tensor: axis}
    indices: dict[int, str] = {}
    moved = True
    while moved:
        moved = False
        for number, each in enumerate(statements):
            if number not in indices and each.target.tensor in axes:
                index = _moving(each.target, axes[each.target.tensor])
                if index is None:
                    return None
                indices[number] = index
                moved = True
        for edge in edges:
            known = axes.get(edge.read.tensor)
            if known is None and edge.reader in indices:
                along = [a for a in range(len(edge.read.index)) if _moving(edge.read, a) == indices[edge.reader]]
                if len(along) != 1:
                    return None
                axes[edge.read.tensor] = along[0]
                moved = True
            elif known is not None and edge.reader not in indices:
                index = _moving(edge.read, known)
                if index is None or index not in set(statements[edge.reader].target.indices()):
                    return None
                axis_of = [
                    a for a in range(len(statements[edge.reader].target.index))
                    if _moving(statements[edge.reader].target, a) == index
                ]  # fmt: skip
                if len(axis_of) != 1:
                    return None
                axes.setdefault(statements[edge.reader].target.tensor, axis_of[0])
                moved = True
    if len(indices) < len(statements):
        return None
    for edge in edges:
        if _moving(edge.read, axes[edge.read.tensor]) != indices[edge.reader]:
            return None
    return tuple(indices[number] for number in range(len(statements)))


def _moving(access: Access, axis: int) -> str | None:
    """The index of a coordinate that is one index plus a number that stands still."""
    terms = access.index[axis].terms
    if len(terms) == 1 and terms[0][1] == 1 and isinstance(terms[0][0], str):
        return terms[0][0]
    return None


def course(statements: Sequence[Statement], edges: Sequence[Dependence], index: tuple[str, ...]) -> Course | None:
    """The loop along ``index`` in which nothing is read before it is written, and something in an earlier step."""
    distances = [
        _distance(statements[each.writer].target, each.read, index[each.writer], index[each.reader]) for each in edges
    ]
    known = [each for each in distances if each is not None]
    extents = {
        one.extent for each, own in zip(statements, index, strict=True) for one in each.domain if one.index == own
    }
    if len(known) < len(distances) or len(extents) > 1 or not any(known):
        return None
    if min(known) < 0 < max(known):
        return None
    return Course(index, extents.pop(), min(known) < 0)


def _distance(target: Access, read: Access, written: str, index: str) -> int | None:
    """How many steps before the reader the writer wrote what is read."""
    ours = [c for c in target.index if [atom for atom, _ in c.terms] == [written]]
    for mine, theirs in zip(target.index, read.index, strict=True):
        if mine in ours and [atom for atom, _ in theirs.terms] == [index]:
            distance = extent(mine.offset - theirs.offset)
            return distance if isinstance(distance, int) else None
    return None
