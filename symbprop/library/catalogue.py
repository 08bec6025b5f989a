"""The operation library: every ``.sym`` file beside this one, read once when first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from symbprop.language.parser import parse_operations
from symbprop.language.source import Source, SourceError, Span, did_you_mean
from symbprop.language.syntax import Operation

TRAINING = frozenset(("optimizers", "schedules", "warmups", "clipping"))
"""The files of what is no part of a network, and of which nobody wants a derivative."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Operations by name, and the file (``activations``, ``losses``, …) that each stands in."""

    operations: Mapping[str, Operation]
    categories: Mapping[str, str]

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
    operations: dict[str, Operation] = {}
    categories: dict[str, str] = {}
    for path in sorted(Path(__file__).parent.glob("*.sym")):
        for operation in parse_operations(Source(path.name, path.read_text(encoding="utf-8"))):
            if operation.name in operations:
                raise SourceError(f"the operation {operation.name} is defined twice", operation.span)
            operations[operation.name] = operation
            categories[operation.name] = path.stem
    return Catalogue(operations, categories)
