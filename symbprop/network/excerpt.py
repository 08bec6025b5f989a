"""Where the characters of a text that stands inside a description are, escapes, folds and indentation included.

A formula is written into a description as a block, between quotes or plainly. What the parser of formulas gets is the
text after YAML or JSON has unescaped it; an error in it must still point at the character the user typed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from symbprop.language.source import Source, Span

_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # two halves that make one character
    r"|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)",
    re.DOTALL,
)
_BLANK = " \t\r\n"


class Lines:
    """Turns offsets into a source into lines and columns, in logarithmic time however long the source is."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._starts = [0, *(match.end() for match in re.finditer("\n", source.text))]

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of the character at ``offset``."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def span(self, start: int, end: int) -> Span:
        """The span from ``start`` to ``end``, cut where its first line ends."""
        line, column = self.place(start)
        if line < len(self._starts):
            end = min(end, self._starts[line] - 1)
        return Span(self.source, line, column, max(1, end - start))


@dataclass(frozen=True, slots=True)
class Excerpt(Source):
    """A text inside ``frame`` as a list of runs: from character ``starts[i]`` on it stands at ``places[i]``."""

    starts: tuple[int, ...] = (0,)
    places: tuple[tuple[int, int], ...] = ((1, 1),)

    def span(self, start: int, end: int | None = None) -> Span:
        """The span, in the frame, of characters ``start`` to ``end`` of this text."""
        line, column = self._place(start)
        last_line, last_column = self._place(max(start, (start + 1 if end is None else end) - 1))
        length = last_column - column + 1 if last_line == line else (end or 0) - start
        return Span(self.frame or self, line, column, max(1, length))

    def _place(self, offset: int) -> tuple[int, int]:
        run = bisect_right(self.starts, offset) - 1
        line, column = self.places[run]
        return line, column + offset - self.starts[run]


def excerpt(lines: Lines, start: int, end: int, value: str) -> Source:
    """The scalar between ``start`` and ``end``, whose value is ``value``, as a source for a parser of its own.

    The line ends with which a block scalar closes are left out, so that "unexpected end" points at the last line.
    """
    text = value.rstrip("\n") or value
    raw = lines.source.text[start:end]
    starts, places = [0], [lines.place(start)]
    previous = -2
    for index, offset in enumerate(_offsets(raw, text)):
        if offset != previous + 1 or raw[previous] == "\n":
            run = lines.place(start + offset)
            if index == 0:
                places[0] = run
            else:
                starts.append(index)
                places.append(run)
        previous = offset
    line, column = places[0]
    return Excerpt(lines.source.name, text, line, column, lines.source, tuple(starts), tuple(places))


def _offsets(raw: str, text: str) -> Iterator[int]:
    """For each character of ``text`` the offset in ``raw``, the scalar as it was typed, of what stands for it."""
    style = raw[:1]
    at = raw.find("\n") + 1 if style in ("|", ">") else 1 if style in ("'", '"') else 0
    for character in text:
        if character not in _BLANK:
            at = _skip_folds(raw, at, style)
        at = min(at, max(0, len(raw) - 1))
        yield at
        if style == '"' and (escape := _ESCAPE.match(raw, at)):
            at = escape.end()
        else:
            at += 2 if style == "'" and raw.startswith("''", at) else 1


def _skip_folds(raw: str, at: int, style: str) -> int:
    """The offset of the next character at or after ``at`` that is neither blank nor an escaped line end."""
    while at < len(raw) and (raw[at] in _BLANK or (style == '"' and raw.startswith(("\\\n", "\\\r\n"), at))):
        at += 1
    return at
