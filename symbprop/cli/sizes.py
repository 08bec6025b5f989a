"""Sizes that are free until run time, as a command takes them: ``--batch 32 --size T=50``."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from symbprop.language.source import Source, SourceError, did_you_mean
from symbprop.network.assembly import BATCH

OTHER = 50  # a free size that nobody gave: as many steps, say


def read_sizes(batch: int, given: Sequence[str], free: Collection[str]) -> dict[str, int]:
    """A number for every free size. Raises ``SourceError`` for what is no size, or no number above 0."""
    sizes = {name: batch if name == BATCH.name else OTHER for name in free}
    for text in given:
        name, equals, number = text.partition("=")
        source = Source("--size", text)
        if not equals or not number.strip().isdecimal() or int(number) < 1:
            raise SourceError(
                f"'{text}' is no size",
                source.span(0, max(1, len(text))),
                hint="write T=50: a name and a number above 0",
            )
        if name.strip() not in sizes:
            wanted = did_you_mean(name.strip(), free) or "no size is free"
            raise SourceError(f"there is no size '{name.strip()}'", source.span(0, len(name)), hint=wanted)
        sizes[name.strip()] = int(number)
    return sizes
