"""Where a piece of text came from, and the one error a user's input can raise.

Every error that a description or a formula can cause is a ``SourceError``: a sentence, a place, the offending
line with a caret under it, and what to do. The command line prints it and exits with status 2.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """A named text. A formula that stands inside a description knows where: ``line`` and ``column`` of its first
    character, and the ``frame`` (the description) whose lines an error quotes.
    """

    name: str
    text: str
    line: int = 1
    column: int = 1
    frame: Source | None = None

    def span(self, start: int, end: int | None = None) -> Span:
        """The span of characters ``start`` to ``end`` of this text."""
        before = self.text[:start]
        row = before.count("\n")
        column = start - (before.rfind("\n") + 1) + 1
        length = max(1, (start + 1 if end is None else end) - start)
        if self.frame is None:
            return Span(self, row + 1, column, length)
        return Span(self.frame, self.line + row, column + self.column - 1, length)

    def quote(self, line: int) -> str:
        """Line number ``line`` (from 1) of the text, without its end; empty past the end."""
        lines = self.text.split("\n")
        return lines[line - 1].rstrip("\r") if 0 < line <= len(lines) else ""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one line of a source; lines and columns count from 1."""

    source: Source
    line: int
    column: int
    length: int = 1

    def __repr__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}"


NOWHERE = Span(Source("<input>", ""), 1, 1)


class SourceError(Exception):
    """The input is at fault: says where, what is wrong and what to do.

    >>> source = Source("net.yaml", "layers:\\n  - dense: {unit: 3}")
    >>> print(SourceError("'dense' has no argument 'unit'", source.span(20, 24), hint="did you mean 'units'?"))
    net.yaml:2:13: error: 'dense' has no argument 'unit'
      2 |   - dense: {unit: 3}
        |             ^^^^ did you mean 'units'?
    """

    def __init__(self, message: str, span: Span = NOWHERE, *, hint: str = "") -> None:
        self.message = message
        self.span = span
        self.hint = hint
        super().__init__(message)

    def __str__(self) -> str:
        span = self.span
        head = f"{visible(span.source.name)}:{span.line}:{span.column}: error: {visible(self.message)}"
        quoted = span.source.quote(span.line)
        if not quoted:
            return f"{head}\n  hint: {visible(self.hint)}" if self.hint else head
        start = max(0, span.column - 1 - 60) if len(quoted) > 120 else 0
        shown = visible(quoted[start : start + 120])
        column = span.column - 1 - start
        carets = "^" * max(1, min(span.length, len(shown) - column))
        number = str(span.line)
        tail = f"{' ' * column}{carets} {visible(self.hint)}".rstrip()
        return f"{head}\n  {number} | {shown}\n  {' ' * len(number)} | {tail}"


def visible(text: str) -> str:
    """``text`` on one line with control and bidirectional-override characters written out as escapes."""
    return "".join(
        " "
        if character == "\t"
        else f"\\u{ord(character):04x}"
        if unicodedata.category(character)[0] == "C"
        else character
        for character in text
    )


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint that names the closest of ``known``, or lists them when none is close and they are few."""
    names = sorted(set(known))
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    if names and len(names) <= 12:
        return "known here: " + ", ".join(names)
    return ""
