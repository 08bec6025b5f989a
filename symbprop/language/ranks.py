"""How many axes each group of axes has, before any index is bound."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from symbprop.language.scope import equation_reads, group_of, groups_of, ranges_of
from symbprop.language.source import SourceError
from symbprop.language.syntax import Argument, Dots, Operation, Ranged, Read


def learn_groups(
    operation: Operation, ranks: dict[str, int], groups: dict[str, int], group_rank: Callable[[Ranged], int]
) -> None:
    """Learn into ``groups`` from the given tensors (``ranks``), from ranges, and from the operation's family.

    What ``groups`` holds before is known already.
    """
    known = frozenset(groups)
    if operation.family:
        groups[operation.family] = operation.axes
    rank_groups((Read(each.name, each.index, each.span) for each in operation.arguments), ranks, groups, known)
    if operation.family and groups[operation.family] != operation.axes:
        found = groups[operation.family]
        message = f"it has {found} spatial axes, {operation.name} works on {operation.axes}"
        raise SourceError(message, operation.span, hint="there is one operation for each number of axes")
    indexed: list[Argument | Read] = [*operation.arguments, *(each.target for each in operation.equations)]
    for ranged in (one for tensor in indexed for c in tensor.index for one in ranges_of(c)):
        if isinstance(ranged.index, Dots):
            groups[ranged.index.name] = group_rank(ranged)
    for equation in operation.equations:
        rank_groups(equation_reads(equation), ranks, groups, known)
        count = 0
        for each in equation.target.index:
            group = group_of(each)
            count += 1 if group is None else groups.get(group.name, 0)
        ranks.setdefault(equation.target.name, count)


def rank_groups(
    accesses: Iterator[Read], ranks: Mapping[str, int], groups: dict[str, int], known: Collection[str] = ()
) -> None:
    """Learn how many axes each group has from accesses to tensors whose rank is known; some groups are ``known``."""
    for access in accesses:
        dots = [group for group in map(group_of, access.index) if group is not None]
        others = [group for group in dots if group.name in known]
        dots = [group for group in dots if group.name not in known]
        if len(dots) > 1:
            raise SourceError("only one group of axes can stand in one access", dots[1].span)
        if not dots or access.name not in ranks:
            continue
        count = ranks[access.name] - (len(access.index) - 1) - sum(groups[each.name] - 1 for each in others)
        if count < 0:
            raise SourceError(
                f"{access.name} has {ranks[access.name]} axes, this reads at least {len(access.index) - 1}", access.span
            )
        for coordinate in access.index:
            for group in (each for each in groups_of(coordinate) if each.name not in known):
                groups[group.name] = max(groups.get(group.name, 0), count)
