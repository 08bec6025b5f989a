"""The tree a description is read into: mappings, sequences and scalars that know where they stand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from numbers import Integral, Rational, Real

from symbprop.language.source import NOWHERE, Source, SourceError, Span
from symbprop.network.excerpt import Lines, excerpt

DEPTH = 100
"""How deep a description may nest. Deeper ones are attacks or accidents."""

LONGEST_NAME = 200
"""The most characters of a key or a name. Longer ones would make every message about them unreadable."""

ScalarValue = None | bool | int | Fraction | str
Plain = ScalarValue | list["Plain"] | dict[str, "Plain"]


@dataclass(frozen=True, slots=True)
class Extent:
    """The stretch of a file a scalar was read from: offsets of its first character and of the one after its last."""

    lines: Lines
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """Nothing, a truth value, a number (exact) or a text."""

    value: ScalarValue
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    extent: Extent | None = field(default=None, compare=False, repr=False)

    def plain(self) -> Plain:
        """The value by itself."""
        return self.value

    def source(self) -> Source:
        """The text as a source of its own, for a parser whose errors shall point into the file it stands in."""
        text = str(self.value)
        if self.extent is None:
            return Source(self.span.source.name, text)
        return excerpt(self.extent.lines, self.extent.start, self.extent.end, text)


@dataclass(frozen=True, slots=True)
class SequenceNode:
    """An ordered list of nodes."""

    items: tuple[Node, ...] = ()
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    def plain(self) -> Plain:
        """The values of the items, as a list."""
        return [item.plain() for item in self.items]


@dataclass(frozen=True, slots=True)
class Entry:
    """One ``key: value`` of a mapping; ``span`` is the key's."""

    key: str
    value: Node
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class MappingNode:
    """Keys, all different texts, and what they stand for, in the order of the file."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    def plain(self) -> Plain:
        """The values of the entries, as a dictionary."""
        return {key: entry.value.plain() for key, entry in self.entries.items()}

    def get(self, key: str) -> Node | None:
        """The value of ``key``, if it is there."""
        entry = self.entries.get(key)
        return None if entry is None else entry.value


Node = ScalarNode | SequenceNode | MappingNode


def check_key(key: str, span: Span, entries: Mapping[str, Entry]) -> None:
    """Raises SourceError if ``key`` is too long or, naming both places, among the entries read so far."""
    if len(key) > LONGEST_NAME:
        raise SourceError(f"a key of {len(key)} characters is too long", span, hint=f"at most {LONGEST_NAME}")
    if key in entries:
        first = entries[key].span
        hint = f"it is also on line {first.line}, column {first.column}"
        raise SourceError(f"the key '{key}' is given twice", span, hint=hint)


def describe(node: Node) -> str:
    """What a person would call ``node`` in a sentence.

    >>> describe(ScalarNode("abc")), describe(ScalarNode(Fraction(1, 2))), describe(MappingNode())
    ("the text 'abc'", 'the number 0.5', 'a mapping')
    """
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, SequenceNode):
        return "a list"
    value = node.value
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text '{value[:40]}...'" if len(value) > 43 else f"the text '{value}'"
    return f"the number {value}" if isinstance(value, int) and abs(value) < 10**15 else f"the number {float(value):g}"


def node_of(value: object, depth: int = 0) -> Node:
    """The tree of a value made in Python: dictionaries, lists, tuples, texts, numbers, truth values and None.

    Floats become the fraction they are printed as, so ``1e-3`` means the same here as in a file.

    Raises SourceError for anything else, for NaN and infinity, and for what nests deeper than a description may.
    """
    if depth > DEPTH:
        raise SourceError(f"this nests deeper than {DEPTH} levels")
    if value is None or isinstance(value, bool | str):
        return ScalarNode(value)
    if isinstance(value, Mapping):
        return MappingNode({_key(key): Entry(key, node_of(item, depth + 1)) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return SequenceNode(tuple(node_of(item, depth + 1) for item in value))
    if isinstance(value, Integral):
        return ScalarNode(int(value))
    if isinstance(value, Rational):
        return ScalarNode(Fraction(value))
    if isinstance(value, Real) and math.isfinite(value):
        return ScalarNode(Fraction(str(float(value))))
    raise SourceError(f"a description holds no value such as {value!r:.60}")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise SourceError(f"a key must be text, not {key!r:.60}")
    check_key(key, NOWHERE, {})
    return key
