"""YAML 1.2, read with positions and without what makes YAML dangerous: tags, anchors, aliases, merge keys, directives.

Only the events of ruamel.yaml's parser are used. Nothing is ever constructed, so no text can name a Python object.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)
from ruamel.yaml.scanner import Scanner, ScannerError

from symbprop.language.source import SourceError, Span
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
from symbprop.network.scalar import read_word

_TOO_DEEP = f"this nests deeper than {DEPTH} levels"


def read_yaml(lines: Lines) -> Node:
    """The tree of the one document of a YAML text.

    Raises SourceError where it is not YAML, uses a feature left out on purpose, or gives a key twice.
    """
    reader = _Reader(lines)
    reader.expect(StreamStartEvent)
    event = reader.next()
    if isinstance(event, StreamEndEvent):
        raise SourceError("the description is empty", lines.span(0, 1))
    node = reader.node(reader.next(), 0)
    reader.expect(DocumentEndEvent)
    if not isinstance(event := reader.next(), StreamEndEvent):
        raise SourceError("a file holds one description", reader.span(event), hint="a second document begins here")
    return node


class _Scanner(Scanner):
    """The library's scanner, which looks so far ahead that it must itself see when nesting goes too deep."""

    def fetch_flow_collection_start(self, token: Any, to_push: str) -> None:
        if len(self.flow_context) > DEPTH:
            raise ScannerError(problem=_TOO_DEEP, problem_mark=self.reader.get_mark())
        super().fetch_flow_collection_start(token, to_push)


class _Reader:
    """The events that are still to come, and one method for each kind of node they make."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self._events = _events(lines)

    def next(self) -> Event:
        event = next(self._events)
        if isinstance(event, DocumentStartEvent) and (event.version or event.tags):
            at = self.lines.source.text.rfind("\n%", 0, event.start_mark.index) + 1
            raise SourceError(
                "a description has no % directives", self.lines.span(at, at + 1), hint="leave this line out"
            )
        return event

    def expect(self, kind: type[Event]) -> None:
        event = self.next()
        if not isinstance(event, kind):
            raise SourceError("this is not YAML", self.span(event))

    def span(self, event: Event) -> Span:
        return self.lines.span(event.start_mark.index, event.end_mark.index)

    def node(self, event: Event, depth: int) -> Node:
        self._refuse_indirection(event)
        if depth > DEPTH:
            raise SourceError(_TOO_DEEP, self.span(event))
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(event, depth)
        if isinstance(event, MappingStartEvent):
            return self._mapping(event, depth)
        raise SourceError("this is not YAML", self.span(event))

    def _refuse_indirection(self, event: Event) -> None:
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None) is not None:
            raise SourceError("a description has no anchors and aliases", self.span(event), hint="write the value out")
        if getattr(event, "tag", None) is not None:
            raise SourceError(
                "a description has no tags", self.span(event), hint="leave out the word that begins with '!'"
            )

    def _scalar(self, event: ScalarEvent) -> ScalarNode:
        span = self.span(event)
        start, end = event.start_mark.index, event.end_mark.index
        value: ScalarValue = self._text(event, span)
        if isinstance(value, str) and event.style is None:
            value = read_word(value, span)
        return ScalarNode(value, span, Extent(self.lines, start, end))

    def _text(self, event: ScalarEvent, span: Span) -> str:
        text: str = event.value
        try:
            # JSON writes a character beyond U+FFFF as two escapes; ruamel.yaml leaves the halves apart.
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            raise SourceError("this text holds half a character (a lone surrogate)", span) from None

    def _sequence(self, start: SequenceStartEvent, depth: int) -> SequenceNode:
        items: list[Node] = []
        while not isinstance(event := self.next(), SequenceEndEvent):
            items.append(self.node(event, depth + 1))
        return SequenceNode(tuple(items), self._extent(start, event))

    def _mapping(self, start: MappingStartEvent, depth: int) -> MappingNode:
        entries: dict[str, Entry] = {}
        while not isinstance(event := self.next(), MappingEndEvent):
            key, span = self._key(event)
            check_key(key, span, entries)
            entries[key] = Entry(key, self.node(self.next(), depth + 1), span)
        return MappingNode(entries, self._extent(start, event))

    def _extent(self, start: Event, end: Event) -> Span:
        return self.lines.span(start.start_mark.index, end.end_mark.index)

    def _key(self, event: Event) -> tuple[str, Span]:
        self._refuse_indirection(event)
        if not isinstance(event, ScalarEvent):
            raise SourceError("a key must be text", self.span(event))
        span = self.span(event)
        if event.style is None and event.value == "<<":
            raise SourceError("a description has no merge keys", span, hint="write the entries out")
        key = self._scalar(event).value
        if not isinstance(key, str):
            raise SourceError("a key must be text", span, hint=f"write '{event.value}' between quotes")
        return key, span


def _events(lines: Lines) -> Iterator[Event]:
    """The parser's events, its errors turned into ours."""
    at = 0
    try:
        yaml = YAML(typ="safe", pure=True)
        yaml.Scanner = _Scanner
        for event in yaml.parse(lines.source.text):
            at = event.end_mark.index
            yield event
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = at if mark is None else mark.index
        message = ", ".join(filter(None, (error.context, error.problem))) or "this is not YAML"
        raise SourceError(message, lines.span(at, at + 1), hint=_hint(error, lines, at)) from None
    except (YAMLError, ArithmeticError, AssertionError, LookupError, TypeError, ValueError):
        # What ruamel.yaml lets escape for impossible escapes and directives.
        raise SourceError("this is not YAML", lines.span(at, at + 1)) from None


def _hint(error: MarkedYAMLError, lines: Lines, at: int) -> str:
    if lines.source.text.startswith("\t", at):
        return "indent with spaces"
    if error.context_mark is None or error.context_mark.index >= at:
        return ""
    line, column = lines.place(error.context_mark.index)
    return f"it begins on line {line}, column {column}"
