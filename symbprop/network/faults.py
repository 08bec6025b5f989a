"""Pydantic's account of what is wrong, told as one sentence at the place in the file."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from symbprop.language.source import SourceError
from symbprop.network.node import MappingNode, Node, ScalarNode, SequenceNode, describe

_MUST_BE = {
    "string_type": "text",
    "string_pattern_mismatch": "text that is not blank",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "literal_error": "{expected}",
    "greater_than": "greater than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
}
_TRUTH_WORDS = frozenset({"yes", "no", "on", "off", "y", "n"})


def source_error(error: ValidationError, root: Node) -> SourceError:
    """The first fault in the order of the file; that something is missing is told only if nothing else is wrong."""
    places = [_Place(details, root) for details in error.errors(include_url=False)]
    return min(places, key=lambda place: (place.missing, place.node.span.line, place.node.span.column)).tell()


class _Place:
    """Where a fault stands in the tree, and what a person calls that place."""

    def __init__(self, details: ErrorDetails, root: Node) -> None:
        self.type = details["type"]
        self.message = details["msg"]
        self.context: dict[str, Any] = details.get("ctx", {})
        self.node = root
        self.key_span = root.span
        self.name = "a description"
        for step in details["loc"]:
            self._step(step)
        self.at_key = "[key]" in details["loc"][-1:] or bool(self.context.get("key"))
        self._step(self.context.get("key", ""))
        self.missing = str(details["loc"][-1]) if self.type == "missing" else ""

    def _step(self, step: int | str) -> None:
        node = self.node
        if isinstance(node, MappingNode) and isinstance(step, str) and step in node.entries:
            self.node, self.key_span = node.entries[step].value, node.entries[step].span
            self.name = f"'{step}'"
        elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.items):
            self.node = node.items[step]
            self.key_span = self.node.span
            self.name = f"item {step + 1} of {self.name}"
        # Any other step is Pydantic's own, such as the member of a union.

    def tell(self) -> SourceError:
        span = self.key_span if self.at_key or self.missing else self.node.span
        if self.type == "fault":
            return SourceError(self.context["message"], span, hint=self.context["hint"])
        if self.missing:
            return SourceError(f"{self.name} needs '{self.missing}'", span)
        return SourceError(self._sentence(), span, hint=self.context.get("hint") or self._hint())

    def _sentence(self) -> str:
        if self.at_key:
            return f"a key must be {self.message}"
        if self.type == "too_short":
            least = self.context["min_length"]
            return f"{self.name} must not be empty" if least == 1 else f"{self.name} must have at least {least} items"
        if self.type == "too_long":
            most = self.context["max_length"]
            return (
                f"{self.name} must have only one entry" if most == 1 else f"{self.name} must have at most {most} items"
            )
        if self.type == "string_too_long":
            return f"{self.name} must have at most {self.context['max_length']} characters"
        if self.type == "expected" or self.type in _MUST_BE:
            wanted = self.message if self.type == "expected" else _MUST_BE[self.type].format_map(self.context)
            return f"{self.name} must be {wanted}, not {describe(self.node)}"
        return f"{self.name}: {self.message}"

    def _hint(self) -> str:
        value = self.node.value if isinstance(self.node, ScalarNode) else None
        if self.type == "bool_type" and isinstance(value, str) and value.lower() in _TRUTH_WORDS:
            return "write true or false"
        if self.type == "list_type" and value is not None:
            return f"write [{value}]"
        if self.type == "int_type" and isinstance(value, str) and re.fullmatch(r"[0-9]+", value):
            return f"write {value} without quotes"
        if self.type == "string_type" and isinstance(value, int):
            return "put it between quotes to make it text"
        return ""
