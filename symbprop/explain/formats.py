"""The lines of a derivation as text, LaTeX, Markdown or a page of HTML. What a user named is escaped in each."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from symbprop.calculus.notation import columns
from symbprop.explain.mathml import mathml

WIDTH = 100

# Of the fonts that have signs which grow: those that systems bring along.
MATH_FONTS = '"Latin Modern Math","STIX Two Math","Cambria Math","DejaVu Math TeX Gyre",math'

STYLE = (
    ":root{color-scheme:light dark;--ink:#1c1c1e;--soft:#5c5c66;--paper:#fdfdfb;--line:#dcdcd6}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e8e6e1;--soft:#a9a7a0;--paper:#17171a;--line:#38383d}}"
    "body{font:17px/1.55 Charter,Georgia,serif;max-width:54rem;margin:2.5rem auto;padding:0 1rem;color:var(--ink);background:var(--paper)}"
    "h2{font-size:1.2rem;margin:2rem 0 .6rem;border-bottom:1px solid var(--line)}"
    "h3{font-size:1rem;margin:1.4rem 0 .3rem}.words{margin:.5rem 0 .1rem;color:var(--soft);overflow-x:auto;overflow-y:hidden}"
    ".row{display:flex;gap:1rem;align-items:baseline;margin:.45rem 0}.number{flex:0 0 2.4rem;color:var(--soft);font-size:.9em}"
    ".formula{overflow-x:auto;overflow-y:hidden;padding:.15rem .4rem .15rem 0}.step{padding-left:3.3rem}"
    ".step .number{order:2;flex:none}.step .number:empty{display:none}"
    "@media(max-width:40rem){body{margin:1rem auto}.step{padding-left:1.2rem}.row{gap:.5rem}}"
    f"math{{font-family:{MATH_FONTS};font-size:1.06em}}"
    ".cases{text-align:left}.cases mtd{text-align:left;padding:.1em .5em}"
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
    PART = "part"
    WORDS = "words"
    EQUATION = "equation"
    STEP = "step"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: an equation with its number, a step with that of the equation it comes from, or words.

    The text of an equation or a step is a formula in the notation of the format; that of a heading, of a part under
    it, of words that lead to a formula and of a note is plain, and may end in a ``formula``.
    """

    kind: Kind
    text: str
    number: int | None = None
    formula: str = ""
    tensor: str = ""  # what an equation defines


def as_text(lines: Sequence[Line]) -> str:
    """Unicode text; a long formula is broken."""
    rows: list[str] = []
    for line in lines:
        if line.kind is Kind.HEADING:
            rows.append(("\n" if rows else "") + f"{line.text} {line.formula}".rstrip())
        elif line.kind is Kind.PART:
            rows.append(f"\n  {line.text} {line.formula}".rstrip())
        elif line.kind is Kind.WORDS:
            rows.append(wrapped(f"       {line.text} {line.formula}".rstrip(), WIDTH, " " * 11))
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
    while columns(rest) > width:
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
    column = 0
    for position, character in enumerate(text):
        column += columns(character)
        if column > width:
            break
        depth += (character in "([{") - (character in ")]}")
        if character == " " and column > width // 2 + 1:
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
            space = {Kind.PART: "[1.5ex] & ", Kind.WORDS: r"& \; "}.get(line.kind, "&")
            rows.append(rf"{space}\text{{{_latex_words(words)}}}{line.formula} \\")
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
            origin = "" if line.number is None else rf" \qquad \text{{from ({line.number})}}"
            rows.append(f"$${_markdown_formula(line.text)}{origin}$$")
        else:
            mark = "### " if line.kind is Kind.PART else ""
            end = f" ${_markdown_formula(line.formula)}$" if line.formula else ""
            rows.append(f"{mark}{_markdown_words(line.text)}{end}")
    return "\n\n".join(rows) + "\n"


def _markdown_formula(text: str) -> str:
    """A formula in which no reader of Markdown finds a tag."""
    return text.replace("<", r"\lt ").replace(">", r"\gt ")


def _markdown_words(text: str) -> str:
    escaped = "".join(f"\\{character}" if character in MARKDOWN_SPECIAL else character for character in text)
    return " ".join(escaped.split())


def as_html(lines: Sequence[Line]) -> str:
    """One page that needs nothing else; the formulas are MathML."""
    return page("Derivation", "\n".join(html_rows(lines)))


def html_rows(lines: Sequence[Line], part: str = "h3") -> list[str]:
    """Each line as an element of a page; ``part`` is the heading of a part."""
    rows = []
    for line in lines:
        formula = mathml(line.formula, display=line.kind is Kind.WORDS) if line.formula else ""
        if line.kind is Kind.HEADING:
            rows.append(f"<h2>{html.escape(line.text)} {formula}".rstrip() + "</h2>")
        elif line.kind is Kind.PART:
            rows.append(f"<{part}>{html.escape(line.text)} {formula}".rstrip() + f"</{part}>")
        elif line.kind in (Kind.NOTE, Kind.WORDS):
            rows.append(f'<p class="{line.kind.value}">{html.escape(line.text)} {formula}'.rstrip() + "</p>")
        else:
            number = "" if line.number is None else f"({line.number})"
            shown = f"from {number}" if line.kind is Kind.STEP and number else number
            cells = f'<span class="number">{shown}</span> <span class="formula">{mathml(line.text)}</span>'
            rows.append(f'<div class="row {line.kind.value}">{cells}</div>')
    return rows


def page(title: str, body: str) -> str:
    """A whole page around ``body``."""
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style>"
    )
    return (
        f'<!doctype html>\n<html lang="en">\n<head>{head}</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n'
    )


FORMATS: Mapping[str, Callable[[Sequence[Line]], str]] = {
    "text": as_text,
    "latex": as_latex,
    "markdown": as_markdown,
    "html": as_html,
}
