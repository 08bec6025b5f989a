"""A computed operand of an element-wise kernel."""

from __future__ import annotations

from dataclasses import dataclass

ATOM = 3  # the precedence of a name or a number


@dataclass(slots=True)
class Value:
    """A computed operand: its text, the indices it varies over, and the storage it may be overwritten in.

    ``binding`` is the precedence of scalar text. ``uses`` counts the readers to come of owned storage.
    """

    text: str
    indices: frozenset[str]
    owned: bool = False
    binding: int = ATOM
    uses: int = 1
    boolean: bool = False

    @property
    def scalar(self) -> bool:
        return not self.indices


def wrapped(value: Value, binding: int) -> str:
    """The text of a scalar, in parentheses where what surrounds it binds tighter."""
    return value.text if value.binding >= binding else f"({value.text})"


def literal(text: str) -> Value:
    """A number."""
    return Value(text, frozenset(), binding=0 if text.startswith("-") else ATOM)
