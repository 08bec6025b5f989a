"""The lines of a derivation as text, LaTeX, Markdown or a page of HTML. What a user named is escaped in each."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

WIDTH = 100

STYLE = (
    "body{font:16px/1.5 Georgia,serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}"
    "p.equation,p.step{font-family:'STIX Two Math','Cambria Math',serif;margin:.3rem 0;display:flex;gap:1rem}"
    "p.step{font-size:.9em;color:#666;padding-left:2rem}"
    ".number{flex:0 0 4rem;color:#777}.formula{overflow-x:auto;white-space:pre}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}p.step{color:#999}}"
)

LATEX_WORDS = {c: "\\" + c for c in "#$%&_{}"} | {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}
MARKDOWN_SPECIAL = "\\`*_{}[]<>#|$~&"


class Kind(Enum):
    """What a line of a derivation is."""

    HEADING = "heading"
    EQUATION = "equation"
    STEP = "step"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: an equation with its number, a step with that of the equation it comes from, or words.

    The text of an equation or a step is a formula in the notation of the format, that of a heading or a note plain
    words; a heading may end in a ``formula``.
    """

    kind: Kind
    text: str
    number: int | None = None
    formula: str = ""


def as_text(lines: Sequence[Line]) -> str:
    """Unicode text; a long formula is broken."""
    rows: list[str] = []
    for line in lines:
        if line.kind is Kind.HEADING:
            rows.append(("\n" if rows else "") + f"{line.text} {line.formula}".rstrip())
        elif line.kind is Kind.EQUATION:
            rows.append(wrapped(f"    {f'({line.number})':<5}{line.text}", WIDTH, " " * 13))
        elif line.kind is Kind.STEP:
            origin = "" if line.number is None else f"    from ({line.number})"
            rows.append(wrapped(f"           {line.text}{origin}", WIDTH, " " * 15))
        else:
            rows.append(f"    {line.text}")
    return "\n".join(rows) + "\n"


def wrapped(text: str, width: int, indent: str) -> str:
    """``text`` in lines of at most ``width`` where it has a place to be broken.

    The best place is inside as few brackets as can be, and there before + or −.
    """
    rows: list[str] = []
    rest = text
    while len(rest) > width:
        cut = _place_to_break(rest, width)
        if not cut:
            break
        rows.append(rest[:cut].rstrip())
        rest = indent + rest[cut:].lstrip()
    return "\n".join([*rows, rest])


def _place_to_break(text: str, width: int) -> int:
    """The last of the best places in the second half of the line; 0 if there is none."""
    depth = 0
    places: dict[tuple[int, bool], int] = {}
    for position, character in enumerate(text[:width]):
        depth += (character in "([{") - (character in ")]}")
        if character == " " and position > width // 2:
            places[depth, text[position + 1 : position + 2] not in ("+", "−")] = position + 1
    return places[min(places)] if places else 0


def as_latex(lines: Sequence[Line]) -> str:
    """An ``align*`` of amsmath."""
    rows = [r"\begin{align*}"]
    for line in lines:
        if line.kind is Kind.EQUATION:
            rows.append(rf"& {line.text} \tag{{{line.number}}} \\")
        elif line.kind is Kind.STEP:
            origin = "" if line.number is None else rf" \qquad \text{{from ({line.number})}}"
            rows.append(rf"& \quad {line.text}{origin} \\")
        else:
            words = f"{line.text} " if line.formula else line.text
            rows.append(rf"&\text{{{_latex_words(words)}}}{line.formula} \\")
    rows.append(r"\end{align*}")
    return "\n".join(rows) + "\n"


def _latex_words(text: str) -> str:
    return "".join(LATEX_WORDS.get(character, character) for character in text)


def as_markdown(lines: Sequence[Line]) -> str:
    """Markdown with LaTeX between dollar signs, as notebooks and code hosts render it."""
    rows: list[str] = []
    for line in lines:
        if line.kind is Kind.HEADING:
            rows.append(
                f"## {_markdown_words(line.text)}" + (f" ${_markdown_formula(line.formula)}$" if line.formula else "")
            )
        elif line.kind is Kind.EQUATION:
            rows.append(rf"$${_markdown_formula(line.text)} \tag{{{line.number}}}$$")
        elif line.kind is Kind.STEP:
            origin = "" if line.number is None else f"from ({line.number}): "
            rows.append(f"> {origin}${_markdown_formula(line.text)}$")
        else:
            rows.append(_markdown_words(line.text))
    return "\n\n".join(rows) + "\n"


def _markdown_formula(text: str) -> str:
    """A formula in which no reader of Markdown finds a tag."""
    return text.replace("<", r"\lt ").replace(">", r"\gt ")


def _markdown_words(text: str) -> str:
    escaped = "".join(f"\\{character}" if character in MARKDOWN_SPECIAL else character for character in text)
    return " ".join(escaped.split())


def as_html(lines: Sequence[Line]) -> str:
    """One page that needs nothing else."""
    rows = []
    for line in lines:
        text = html.escape(f"{line.text} {line.formula}".rstrip())
        if line.kind is Kind.HEADING:
            rows.append(f"<h2>{text}</h2>")
        elif line.kind is Kind.NOTE:
            rows.append(f"<p>{text}</p>")
        else:
            number = "" if line.number is None else f"({line.number})"
            shown = f"from {number}" if line.kind is Kind.STEP and number else number
            cells = f'<span class="number">{shown}</span><span class="formula">{text}</span>'
            rows.append(f'<p class="{line.kind.value}">{cells}</p>')
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Derivation</title>'
        f"<style>{STYLE}</style>"
    )
    body = "\n".join(rows)
    return f'<!doctype html>\n<html lang="en">\n<head>{head}</head>\n<body>\n{body}\n</body>\n</html>\n'


FORMATS: Mapping[str, Callable[[Sequence[Line]], str]] = {
    "text": as_text,
    "latex": as_latex,
    "markdown": as_markdown,
    "html": as_html,
}
