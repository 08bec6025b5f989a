"""The tables of the grammar, made once: building them takes a tenth of a second of every process.

``python -m symbprop.language.tables`` makes them anew after a change of ``grammar.lark``. Where they are of another
grammar or another Lark, they are built, so they can be out of date but never wrong.
"""

from __future__ import annotations

import hashlib
import io
import json
from functools import cache
from itertools import accumulate
from pathlib import Path

import lark
from lark import Lark

STARTS = ("equations", "expression", "operation")
KEPT = Path(__file__).with_name("grammar.tables")


@cache
def parser_of(start: str) -> Lark:
    """One for each of ``STARTS``: in one for all, a ';' between equations would be taken for that before attributes."""
    kept = _kept()
    return build(start) if kept is None else Lark.load(io.BytesIO(kept[start]))


@cache
def _kept() -> dict[str, bytes] | None:
    """What ``write`` wrote, if it is of this grammar and this Lark."""
    head, _, tables = KEPT.read_bytes().partition(b"\n")
    made_of, lengths = json.loads(head)
    if made_of != made_from():
        return None
    ends = list(accumulate(lengths))
    return {start: tables[end - length : end] for start, length, end in zip(STARTS, lengths, ends, strict=True)}


def made_from() -> list[str]:
    """Which grammar and which Lark tables are of."""
    return [hashlib.sha256(_grammar().encode()).hexdigest(), lark.__version__]


def build(start: str) -> Lark:
    """The parser, from the grammar."""
    return Lark(_grammar(), start=start, parser="lalr", propagate_positions=True, maybe_placeholders=True)


def write(path: Path = KEPT) -> None:
    """Keep the tables of all starts, behind a line that says what they are of and how long each is."""
    files = [io.BytesIO() for _ in STARTS]
    for start, file in zip(STARTS, files, strict=True):
        build(start).save(file)
    tables = [file.getvalue() for file in files]
    head = json.dumps([made_from(), [len(each) for each in tables]]).encode()
    path.write_bytes(b"\n".join((head, b"".join(tables))))


def _grammar() -> str:
    return Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")


if __name__ == "__main__":
    write()
