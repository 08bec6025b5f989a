"""The library parsed once: loading a parser and parsing ten operations takes a twentieth of a second of every process.

``python -m symbprop.library.tables`` parses it anew after a change of a ``.sym`` file, of the grammar or of what makes
trees. Where what is kept is of something else it is not used, so it can be out of date but never wrong.
"""

from __future__ import annotations

import hashlib
import inspect
import io
import json
import pickle
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from symbprop.language import depth, parser, source, syntax, tables, trees
from symbprop.language.parser import Block, operation_blocks
from symbprop.language.source import Source, Span
from symbprop.language.syntax import Operation

KEPT = Path(__file__).with_name("operations.tables")
PROTOCOL = 4
MAKERS = (depth, parser, source, syntax, trees)  # with the grammar, these make trees of text
CLASSES = {(each.__module__, each.__qualname__): each for each in (*vars(syntax).values(), Span, Fraction) if isinstance(each, type)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class KeptBlock:
    """What one ``op`` became: its operation, or the members of its family, as they were written down."""

    source: Source
    start: int
    names: tuple[str, ...]
    written: bytes

    def parse(self) -> tuple[Operation, ...]:
        """The operations."""
        found: tuple[Operation, ...] = _Reader(io.BytesIO(zlib.decompress(self.written)), self.source).load()
        return found


def blocks(sources: Mapping[str, Source]) -> Iterator[tuple[str, Block | KeptBlock]]:
    """Every ``op`` of the library with the stem of its file: as it is kept, or of out-of-date tables, as text."""
    kept = _kept(sources)
    yield from _texts(sources) if kept is None else kept


def sources() -> dict[str, Source]:
    """Every ``.sym`` file beside this one, by its stem."""
    paths = sorted(Path(__file__).parent.glob("*.sym"))
    return {path.stem: Source(path.name, path.read_text(encoding="utf-8")) for path in paths}


def made_from(sources: Mapping[str, Source]) -> str:
    """Which library, which grammar and which parser the kept operations are of."""
    texts = [*(part for each in sources.values() for part in (each.name, each.text)), *tables.made_from()]
    texts.extend(map(_text_of, MAKERS))
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def write(path: Path = KEPT) -> None:
    """Keep all operations, behind a line that says what they are of, their files, names and lengths."""
    library = sources()
    rows, parts = [], []
    for stem, block in _texts(library):
        file = io.BytesIO()
        _Writer(file, PROTOCOL).dump(block.parse())
        parts.append(zlib.compress(file.getvalue(), 9))
        rows.append((stem, block.start, block.names, len(parts[-1])))
    head = json.dumps([made_from(library), rows]).encode()
    path.write_bytes(b"\n".join((head, b"".join(parts))))


def _texts(sources: Mapping[str, Source]) -> Iterator[tuple[str, Block]]:
    for stem, each in sources.items():
        yield from ((stem, block) for block in operation_blocks(each))


def _kept(sources: Mapping[str, Source]) -> list[tuple[str, KeptBlock]] | None:
    """What ``write`` wrote, if it is of this library and this parser."""
    head, _, written = KEPT.read_bytes().partition(b"\n")
    of, rows = json.loads(head)
    if of != made_from(sources):
        return None
    found, done = [], 0
    for stem, start, names, length in rows:
        found.append((stem, KeptBlock(sources[stem], start, tuple(names), written[done : done + length])))
        done += length
    return found


def _text_of(module: Any) -> str:
    return Path(inspect.getfile(module)).read_text(encoding="utf-8")


class _Writer(pickle.Pickler):
    """A source is no part of what is written: the operations of one file have the one source."""

    def persistent_id(self, item: Any) -> str | None:
        return item.name if isinstance(item, Source) else None


class _Reader(pickle.Unpickler):
    """Reads syntax trees, and nothing else."""

    def __init__(self, file: io.BytesIO, of: Source) -> None:
        super().__init__(file)
        self._source = of

    def persistent_load(self, name: str) -> Source:
        if name != self._source.name:
            raise pickle.UnpicklingError(f"{name} is not {self._source.name}")
        return self._source

    def find_class(self, module: str, name: str) -> Any:
        return CLASSES[module, name]


if __name__ == "__main__":
    write()
