"""Extents in a recurrence: indices that ride along an axis, and indices that are called like one around them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from symbprop.calculus.index import Extent
from symbprop.language.shapes import Constraint


def riders(places: Iterable[Constraint], indices: Collection[str]) -> set[str]:
    """The ``indices`` that only stand bare in targets: they run along an axis, and say nothing of its size."""
    elsewhere = {
        index
        for each in places
        for coordinate in each.access.index
        for index in coordinate.indices()
        if not each.writes or coordinate.bare is None
    }
    return set(indices) - elsewhere


def mark_inside(places: Iterable[Constraint], circles: Mapping[str, int]) -> None:
    """Note the reads by which an equation reads what depends on it; ``circles`` numbers the targets that do."""
    for each in places:
        number = circles.get(each.shape.name)
        each.inside = not each.writes and number is not None and number == circles.get(each.target)


def namesake(
    places: Sequence[Constraint], indices: Iterable[str], known: Mapping[str, Extent], labels: Mapping[str, str]
) -> tuple[str, Extent] | None:
    """An index without extent that only stands in reads within a recurrence, and the extent of one of the same name."""
    outside = {
        i for each in places if not each.inside and not each.writes for c in each.access.index for i in c.indices()
    }
    inside = {i for each in places if each.inside for c in each.access.index for i in c.indices()} - outside
    for index in indices:
        if index not in known and index in inside:
            twin = next((i for i in known if labels[i] == labels[index] and i in outside), None)
            if twin is not None:
                return index, known[twin]
    return None


def like_named(
    index: str, known: Mapping[str, Extent], labels: Mapping[str, str], signature: Mapping[str, str]
) -> Extent | None:
    """The extent of the signature's index of the same name; for one of the signature, that of any index called like it.

    A formula's ``state m[k]`` that no equation reads says its size by the letter alone.
    """
    if signature.get(labels[index]) != index:
        return known.get(signature.get(labels[index], ""))
    return next((size for other, size in known.items() if labels[other] == labels[index]), None)
