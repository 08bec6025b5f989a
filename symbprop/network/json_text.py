"""JSON (RFC 8259), read strictly and with positions."""

from __future__ import annotations

import re

from symbprop.language.source import SourceError
from symbprop.network.excerpt import Lines
from symbprop.network.node import (
    DEPTH,
    Entry,
    Extent,
    MappingNode,
    Node,
    ScalarNode,
    ScalarValue,
    SequenceNode,
    check_key,
)
from symbprop.network.scalar import read_number

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?(?![0-9A-Za-z.+-])")
_WORD = re.compile(r"[-+]?[\w.+-]+|.", re.DOTALL)
_STRING = re.compile(r'"((?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"')
_ESCAPE = re.compile(r"((?:\\u[0-9a-fA-F]{4})+)|\\(.)")
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_CONSTANTS: dict[str, bool | None] = {"null": None, "true": True, "false": False}


def read_json(lines: Lines) -> Node:
    """The tree of a JSON text.

    Raises SourceError where it is not JSON, where a key is given twice, and for numbers without a finite float64.
    """
    reader = _Reader(lines)
    node = reader.value(0)
    reader.space()
    if reader.at < len(reader.text):
        raise reader.unexpected("the end")
    return node


class _Reader:
    """A position in the text, and one method for each kind of thing that may stand there."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.text = lines.source.text
        self.at = 0

    def value(self, depth: int) -> Node:
        self.space()
        start = self.at
        if depth > DEPTH:
            raise SourceError(f"this nests deeper than {DEPTH} levels", self.lines.span(start, start + 1))
        first = self.text[start : start + 1]
        if first == "{":
            return self.mapping(depth)
        if first == "[":
            return self.sequence(depth)
        if first == '"':
            return self.scalar(start, self.string())
        if number := _NUMBER.match(self.text, start):
            self.at = number.end()
            return self.scalar(start, read_number(number[0], self.lines.span(start, self.at)))
        word = _WORD.match(self.text, start)
        if word is None or word[0] not in _CONSTANTS:
            raise self.unexpected("a value")
        self.at = word.end()
        return self.scalar(start, _CONSTANTS[word[0]])

    def mapping(self, depth: int) -> MappingNode:
        start = self.at
        entries: dict[str, Entry] = {}
        self.at += 1
        while not self.closes("}", empty=not entries):
            self.space()
            key_start = self.at
            if not self.text.startswith('"', key_start):
                raise self.unexpected("a key between double quotes")
            key = self.string()
            span = self.lines.span(key_start, self.at)
            check_key(key, span, entries)
            self.space()
            if not self.text.startswith(":", self.at):
                raise self.unexpected("':'")
            self.at += 1
            entries[key] = Entry(key, self.value(depth + 1), span)
        return MappingNode(entries, self.lines.span(start, self.at))

    def sequence(self, depth: int) -> SequenceNode:
        start = self.at
        items: list[Node] = []
        self.at += 1
        while not self.closes("]", empty=not items):
            items.append(self.value(depth + 1))
        return SequenceNode(tuple(items), self.lines.span(start, self.at))

    def closes(self, bracket: str, *, empty: bool) -> bool:
        """Steps over ``bracket``, or over the comma that must stand before every item but the first."""
        self.space()
        found = self.text[self.at : self.at + 1]
        if found == bracket:
            self.at += 1
            return True
        if empty:
            return False
        if found != ",":
            raise self.unexpected(f"',' or '{bracket}'")
        self.at += 1
        return False

    def string(self) -> str:
        match = _STRING.match(self.text, self.at)
        if match is None:
            span = self.lines.span(self.at, self.at + 1)
            raise SourceError("this text has no end, or an escape or a character that JSON does not allow", span)
        try:
            value = _ESCAPE.sub(_unescape, match[1])
        except UnicodeDecodeError:
            raise SourceError(
                "this text holds half a character (a lone surrogate)", self.lines.span(*match.span())
            ) from None
        self.at = match.end()
        return value

    def scalar(self, start: int, value: ScalarValue) -> ScalarNode:
        return ScalarNode(value, self.lines.span(start, self.at), Extent(self.lines, start, self.at))

    def space(self) -> None:
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def unexpected(self, wanted: str) -> SourceError:
        word = _WORD.match(self.text, self.at)
        found = f"'{word[0][:40]}'" if word else "the end of the text"
        end = word.end() if word else self.at + 1
        return SourceError(f"expected {wanted}, found {found}", self.lines.span(self.at, end))


def _unescape(match: re.Match[str]) -> str:
    if match[1]:
        # Runs of \u escapes are UTF-16: two halves make one character.
        return bytes.fromhex(match[1].replace("\\u", "")).decode("utf-16-be")
    return _LETTERS.get(match[2], match[2])
