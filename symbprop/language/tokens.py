"""The tokens of the index language, and a scanner that looks only for those that may stand where it is.

So ``state`` is a tensor's name wherever no state can be declared, and ``flat`` wherever no coordinate can begin.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from typing import Self

WORD = r"(?!(?:and|or|not|op|as|in|if)\b)[^\W\d]\w*"
TOKENS = {  # of two that may stand in one place, the one further up is meant
    "LET": (r"let(?=[ \t]+[^\W\d])", "'let'"),
    "STATE": (r"state(?=[ \t]+(?!(?:as|in)\b)[^\W\d])", "'state'"),
    "POW": (r"\*\*|\^", "'^'"),
    "PRIMED": (WORD + "'", "a primed name"),
    "NUMBER": (r"(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+)?", "a number"),
    "NEWLINE": (r"\n+", "the end of the line"),
    "FLAT": (r"flat\b", "'flat'"),
    "NAME": (WORD, "a name"),
    "DOTS": (r"\.\.\.", "'...'"),
    "COMPARE": (r"[<>=!]=|[<>]", "a comparison"),
    "ACCUMULATE": (r"\+=", "'+='"),
    "AND": ("and", "'and'"),
    "OR": ("or", "'or'"),
    "NOT": (r"not\b", "'not'"),
    "ELSE": ("else", "'else'"),
    "OP": ("op", "'op'"),
    "AS": ("as", "'as'"),
    "IN": ("in", "'in'"),
    "IF": ("if", "'if'"),
    "ADD": (r"[+-]", "'+' or '-'"),
    "MUL": (r"[*/]", "'*' or '/'"),
    "(": (r"\(", "'('"),
    ")": (r"\)", "')'"),
    "[": (r"\[", "'['"),
    "]": (r"\]", "']'"),
    "{": (r"\{", "'{'"),
    "}": (r"\}", "'}'"),
    ",": (",", "','"),
    ":": (":", "':'"),
    ";": (";", "';'"),
    "=": ("=", "'='"),
    "|": (r"\|", "'|'"),
    "~": ("~", "'~'"),
}
SPACE = re.compile(r"[ \t\r]*")


class Token(str):
    """A stretch of the text, ``start`` to ``end``, and its kind, a key of ``TOKENS``."""

    __slots__ = ("end", "kind", "start")
    kind: str
    start: int
    end: int

    @classmethod
    def of(cls, kind: str, text: str, start: int) -> Self:
        """The token that ``text`` is at ``start``."""
        made = cls(text)
        made.kind, made.start, made.end = kind, start, start + len(text)
        return made


class Unexpected(Exception):
    """At ``start`` stands ``found`` (None: what is no token; empty: nothing more), and nothing that is ``wanted``."""

    def __init__(self, start: int, found: str | None, wanted: Collection[str]) -> None:
        self.start, self.found, self.wanted = start, found, wanted
        super().__init__(f"{found!r} at {start}")


@cache
def _either(kinds: tuple[str, ...]) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """A pattern of what may stand in one place; the number of the group that matched says which it was."""
    ordered = tuple(sorted(kinds, key=list(TOKENS).index))
    return re.compile("|".join(f"({TOKENS[kind][0]})" for kind in ordered)), ordered


class Scanner:
    """Walks over ``text``; ``start`` is where the next token begins, ``end`` where the last one ended."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.end = 0
        self._wanted: set[str] = set()
        self._move(0)

    def _move(self, end: int) -> None:
        self.end = end
        self.start = SPACE.match(self.text, end).end()  # type: ignore[union-attr]  # it matches nothing, too
        self._wanted.clear()

    def take(self, *kinds: str) -> Token | None:
        """The next token, if it is of one of these kinds; None, and nothing has moved, if not."""
        pattern, ordered = _either(kinds)
        found = pattern.match(self.text, self.start)
        if found is None:
            self._wanted.update(kinds)
            return None
        assert found.lastindex is not None
        token = Token.of(ordered[found.lastindex - 1], found[0], self.start)
        self._move(found.end())
        return token

    def sees(self, kind: str) -> bool:
        """Whether the next token is of this kind; it is left where it is."""
        self._wanted.add(kind)
        return _either((kind,))[0].match(self.text, self.start) is not None

    def need(self, *kinds: str) -> Token:
        """The next token, which is of one of these kinds. Raises ``Unexpected``."""
        token = self.take(*kinds)
        if token is None:
            raise self.fault()
        return token

    def finish(self) -> None:
        """Raises ``Unexpected`` if anything is left."""
        if self.start < len(self.text):
            raise self.fault()

    def fault(self) -> Unexpected:
        """What stands here cannot."""
        if self.start == len(self.text):
            return Unexpected(self.start, "", self._wanted)
        found = _either(tuple(TOKENS))[0].match(self.text, self.start)
        return Unexpected(self.start, found[0] if found else None, self._wanted)
