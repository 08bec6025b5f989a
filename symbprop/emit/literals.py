"""Text and tables as Python literals that no name or description of a user's can break out of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def string(text: str) -> str:
    """``text`` as a literal; everything but plain printable characters escaped.

    In double quotes, but in single ones where that saves escapes, as ``ruff format`` has it.
    """
    if '"' in text and "'" not in text:
        return "'" + "".join(c if c == '"' else string(c)[1:-1] for c in text) + "'"
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(escapes.get(c, c if c.isprintable() else _escaped(c)) for c in text) + '"'


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def docstring_safe(text: str) -> str:
    """``text`` for the inside of a triple-quoted string."""
    cleaned = "".join(c if c.isprintable() or c == "\n" else _escaped(c) for c in text)
    return cleaned.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def table(entries: Mapping[str, str]) -> str:
    """A dictionary display, one entry a line."""
    if not entries:
        return "{}"
    rows = "".join(f"    {string(key)}: {value},\n" for key, value in entries.items())
    return "{\n" + rows + "}"


def dictionary(name: str, entries: Sequence[tuple[str, str]], indent: int = 4) -> list[str]:
    """The lines that give ``name`` a dictionary of finished text."""
    pad = " " * indent
    return [f"{pad}{name} = {{", *(f"{pad}    {key}: {value}," for key, value in entries), f"{pad}}}"]


def tuple_display(parts: Sequence[str]) -> str:
    """Texts as a tuple."""
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
