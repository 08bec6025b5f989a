"""The operation library: every ``.sym`` file beside this one, read once when first asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from symbprop.language.parser import Block
from symbprop.language.source import SourceError, Span, did_you_mean
from symbprop.language.syntax import Operation
from symbprop.library.tables import KeptBlock, blocks, sources

TRAINING = frozenset(("optimizers", "schedules", "warmups", "clipping"))
"""The files of what is no part of a network, and of which nobody wants a derivative."""


class Operations(Mapping[str, Operation]):
    """Operations by name, each parsed when it is first asked for."""

    def __init__(self, blocks: Mapping[str, Block | KeptBlock]) -> None:
        self._blocks = blocks
        self._parsed: dict[str, Operation] = {}

    def __getitem__(self, name: str) -> Operation:
        if name not in self._parsed:
            self._parsed.update({each.name: each for each in self._blocks[name].parse()})
        return self._parsed[name]

    def __contains__(self, name: object) -> bool:
        return name in self._blocks

    def __iter__(self) -> Iterator[str]:
        return iter(self._blocks)

    def __len__(self) -> int:
        return len(self._blocks)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Operations by name, and the file (``activations``, ``losses``, …) that each stands in."""

    operations: Operations
    categories: Mapping[str, str]

    def named(self, category: str) -> tuple[str, ...]:
        """The operations of one file."""
        return tuple(name for name, each in self.categories.items() if each == category)

    def category(self, name: str) -> str:
        """The stem of the file that defines ``name``."""
        return self.categories[name]

    def get(self, name: str, span: Span) -> Operation:
        """The operation ``name``, or a ``SourceError`` at ``span`` that names the closest one."""
        if name not in self.operations:
            raise SourceError(f"there is no operation '{name}'", span, hint=did_you_mean(name, self.operations))
        return self.operations[name]


@cache
def catalogue() -> Catalogue:
    """The library."""
    found: dict[str, Block | KeptBlock] = {}
    categories: dict[str, str] = {}
    for category, block in blocks(sources()):
        for name in block.names:
            if name in found:
                raise SourceError(f"the operation {name} is defined twice", block.source.span(block.start))
            found[name] = block
            categories[name] = category
    return Catalogue(Operations(found), categories)
