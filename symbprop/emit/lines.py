"""Lines of emitted source, broken where ``ruff format`` would break them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

WIDTH = 88  # the default of ruff format, which a reader of the emitted file will have


@dataclass(frozen=True, slots=True)
class Line:
    """One statement: ``head call(arguments)``, or plain text when there is no call; ``note`` is its comment.

    ``depth`` is how many loops it stands in. A ``shape`` says that the call makes a new array of that shape, and
    could write into another just as well; ``boolean`` that it holds truth values.
    """

    head: str
    call: str = ""
    arguments: tuple[str, ...] = ()
    note: str = ""
    tail: str = ""
    depth: int = 0
    shape: tuple[str, ...] = ()
    boolean: bool = False

    def into(self, where: str) -> Line:
        """The line with its result written into an array that is there, and not where it was written before."""
        arguments = (each for each in self.arguments if not each.startswith("out="))
        return replace(self, arguments=(*arguments, f"out={where}"))

    def _flat(self, inner: str) -> str:
        """The statement on one line. A product is the array's own method: ``np.dot`` itself takes as long to be called again."""
        if self.call == "np.dot" and is_primary(self.arguments[0]):
            left, *others = self.arguments
            return f"{self.head}{left}.dot({', '.join(others)}){self.tail}"
        return f"{self.head}{self.call}({inner}){self.tail}" if self.call else self.head

    def render(self, indent: int) -> list[str]:
        """The line, its comment behind it where it fits, else above it."""
        indent += 4 * self.depth
        pad = " " * indent
        inner = ", ".join(self.arguments)
        flat = self._flat(inner)
        if len(pad) + len(flat) > WIDTH and self.call:  # a chain of methods would be broken in other ways
            note = [f"{pad}# {self.note}"] if self.note else []
            if len(pad) + 4 + len(inner) <= WIDTH:
                body = [f"{pad}    {inner}"]
            else:
                body = [f"{pad}    {argument}," for argument in self.arguments]
            return [*note, f"{pad}{self.head}{self.call}(", *body, f"{pad}){self.tail}"]
        if not self.note:
            return [pad + flat]
        if len(pad) + len(flat) + 4 + len(self.note) <= WIDTH:
            return [f"{pad}{flat}  # {self.note}"]
        number = self.note.partition(" ")[0].rstrip(";,")  # the equation's number says enough where there is no room
        if len(pad) + len(flat) + 4 + len(number) <= WIDTH and number.startswith("("):
            return [f"{pad}{flat}  # {number}"]
        return [*comment(self.note, indent), pad + flat]


def comment(text: str, indent: int) -> list[str]:
    """A comment, wrapped at spaces."""
    pad = " " * indent
    rows: list[str] = []
    row = ""
    for word in text.split(" "):
        if row and len(pad) + 2 + len(row) + 1 + len(word) > WIDTH:
            rows.append(row)
            row = word
        else:
            row = f"{row} {word}" if row else word
    return [f"{pad}# {each}".rstrip() for each in [*rows, row]]


def is_primary(text: str) -> bool:
    """Whether a method may follow a text: a name or a call, with what is behind it, and no operator outside brackets."""
    depth = 0
    for character in text:
        depth += (character in "([") - (character in ")]")
        if depth == 0 and not (character.isalnum() or character in "_.)]"):
            return False
    return not text[:1].isdigit()


def call(function: str, arguments: Sequence[str]) -> str:
    """A call as text."""
    return f"{function}({', '.join(arguments)})"
