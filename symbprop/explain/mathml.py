"""Formulas as MathML Core, which browsers draw by themselves: translated from the LaTeX that this package writes.

The LaTeX is a small closed language (``calculus/notation.py``), so the translation is total: one function for each
kind of piece. What a user named arrives escaped for LaTeX and leaves escaped for HTML.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable

PIECE = re.compile(r"\\[A-Za-z]+\*?|\\.|[{}^_&]|\d+(?:\.\d+)?|[+-]=|\s+|.", re.DOTALL)
SYMBOLS = {
    "le": "≤", "ge": "≥", "ne": "≠", "lt": "&lt;", "gt": "&gt;", "cdot": "·", "odot": "⊙", "partial": "∂", "infty": "∞",
    "land": "∧", "lor": "∨", "lnot": "¬", "oslash": "⊘", "top": "⊤", "in": "∈", "to": "→", "times": "×", "circ": "∘", "backslash": "\\",
    "hat": "^", "sim": "~", "|": "‖", "Vert": "‖", "lVert": "‖", "rVert": "‖", "langle": "⟨", "rangle": "⟩", "cdots": "⋯", "ldots": "…",
    "min": "min", "max": "max",
}  # fmt: skip
GREEK = dict(
    zip(
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau phi chi psi omega".split(),
        "αβγδεζηθικλμνξπρστφχψω",
        strict=True,
    )
)
BOLD = {ord(str(digit)): 0x1D7CE + digit for digit in range(10)}
LARGE = {"sum": "∑", "prod": "∏"}
FUNCTIONS = {"exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "max", "min", "det", "tr"}
NBSP = "\u00a0"
THIN = '<mspace width="0.17em"></mspace>'
SPACES = {"quad": "1em", "qquad": "2em", ",": "0.17em", ";": "0.28em", "!": "0", " ": "0.3em"}


def mathml(latex: str, *, display: bool = True) -> str:
    """``latex`` as one ``math`` element, in the display style unless it stands in a line of words."""
    inside = _Translator(latex).row()
    style = ' displaystyle="true"' if display else ""
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML"{style}><mrow>{inside}</mrow></math>'


class _Translator:
    """Reads pieces from the left; every method returns finished elements."""

    def __init__(self, latex: str) -> None:
        self._pieces: list[str] = PIECE.findall(latex)
        self._place = 0

    def _peek(self) -> str:
        return self._pieces[self._place] if self._place < len(self._pieces) else ""

    def _next(self) -> str:
        piece = self._peek()
        self._place += 1
        return piece

    def _skip_space(self) -> None:
        while self._peek().isspace():
            self._place += 1

    def row(self, *ends: str) -> str:
        """Elements up to one of ``ends``, which is left, or to the end."""
        parts: list[str] = []
        while self._peek() and self._peek() not in ends:
            named = self._peek().lstrip("\\").rstrip("*") in {*FUNCTIONS, "operatorname"}
            part = self._scripted()
            if not part:
                continue
            if named and parts and not parts[-1].startswith(("<mo", "<mspace")):
                parts.append(THIN)  # as LaTeX sets it: x tanh y
            parts.append(part)
            self._skip_space()
            if named and self._peek() not in ("", "(", "\\left", "}", *ends):
                parts.append(THIN)
        return "".join(parts)

    def _scripted(self) -> str:
        """An element with what stands below and above it."""
        piece = self._peek()
        if piece.isspace():
            self._next()
            return ""
        under = piece.lstrip("\\").rstrip("*") in {*LARGE, "max", "min"} or piece == "\\operatorname*"
        base = self._element()
        below = above = ""
        while self._peek() in ("_", "^"):
            which = self._next()
            script = self._argument()
            below, above = (script, above) if which == "_" else (below, script)
        below, above = below.replace("<mrow></mrow>", ""), above.replace("<mrow></mrow>", "")
        names = ("munder", "mover", "munderover") if under else ("msub", "msup", "msubsup")
        if below and above:
            return f"<{names[2]}>{base}{below}{above}</{names[2]}>"
        if below or above:
            name = names[0] if below else names[1]
            return f"<{name}>{base}{below or above}</{name}>"
        return base

    def _argument(self) -> str:
        """One group in braces, or one element, as a single element."""
        self._skip_space()
        if self._peek() != "{":
            return self._element()
        self._next()
        inside = self.row("}")
        self._next()
        return f"<mrow>{inside}</mrow>"

    def _words(self) -> str:
        """The text of a group, its escapes undone."""
        self._skip_space()
        if self._next() != "{":
            return ""
        depth, found = 1, ""
        while depth and self._peek():
            piece = self._next()
            depth += (piece == "{") - (piece == "}")
            if depth and piece not in "{}":
                plain = SYMBOLS.get(piece[1:], piece[1:]) if piece.startswith("\\") and len(piece) > 1 else piece
                found += {"textbackslash": "\\", "textless": "<", "textgreater": ">"}.get(plain, plain)
        return found

    def _element(self) -> str:
        piece = self._next()
        if piece == "{":
            inside = self.row("}")
            self._next()
            return f"<mrow>{inside}</mrow>"
        if piece.startswith("\\"):
            return self._command(piece[1:])
        if piece[:1].isdigit():
            return f"<mn>{piece}</mn>"
        if piece.isalpha():
            return f"<mi>{html.escape(piece)}</mi>"
        if piece == "&":
            return ""
        fence = ' stretchy="false"' if piece in "()[]|" else ""
        return f"<mo{fence}>{html.escape({'-': '−', chr(39): '′'}.get(piece, piece))}</mo>"

    def _command(self, name: str) -> str:
        if name in COMMANDS:
            return COMMANDS[name](self)
        if name in GREEK:
            return f"<mi>{GREEK[name]}</mi>"
        if name in LARGE:
            return f'<mo largeop="true">{LARGE[name]}</mo>'
        if name in FUNCTIONS:
            return f"<mi>{name}</mi>"
        if name in SPACES:
            return f'<mspace width="{SPACES[name]}"></mspace>'
        if name in SYMBOLS:
            return f"<mo>{SYMBOLS[name]}</mo>"
        return f"<mi>{html.escape(name)}</mi>"

    def fraction(self) -> str:
        return f"<mfrac>{self._argument()}{self._argument()}</mfrac>"

    def root(self) -> str:
        return f"<msqrt>{self._argument()}</msqrt>"

    def accent(self, mark: str) -> str:
        """A letter with a mark above it."""
        return f"<mover>{self._argument()}<mo>{mark}</mo></mover>"

    def overline(self) -> str:
        """A line as wide as what it stands over: drawn, because few fonts have a bar that stretches."""
        return f'<mrow style="border-top:.06em solid;padding-top:.04em">{self._argument()}</mrow>'

    def upright(self) -> str:
        words = self._words()
        return f'<mi mathvariant="normal">{html.escape(words)}</mi>' if words else ""

    def text(self) -> str:
        """Words; spaces at their ends, which a browser would drop, are kept."""
        words = self._words()
        ends = len(words) - len(words.lstrip()), len(words) - len(words.rstrip())
        return f"<mtext>{NBSP * ends[0]}{html.escape(words.strip())}{NBSP * ends[1]}</mtext>"

    def bold(self) -> str:
        """Digits have bold characters of their own, which need no style sheet."""
        return f"<mn>{html.escape(self._words()).translate(BOLD)}</mn>"

    def operator(self) -> str:
        return f"<mi>{html.escape(self._words().replace(',', ' '))}</mi>"

    def fenced(self) -> str:
        """``\\left( … \\right)``."""
        left = self._delimiter()
        inside = self.row("\\right")
        self._next()
        right = self._delimiter()
        return f'<mrow><mo fence="true">{left}</mo>{inside}<mo fence="true">{right}</mo></mrow>'

    def _delimiter(self) -> str:
        piece = self._next()
        name = piece[1:] if piece.startswith("\\") else piece
        return "" if name == "." else html.escape({"{": "{", "}": "}"}.get(name, SYMBOLS.get(name, name)))

    def environment(self) -> str:
        """``\\begin{cases} a & b \\\\ c & d \\end{cases}``."""
        self._words()
        rows: list[str] = []
        while self._peek() and self._peek() != "\\end":
            cells = [self.row("&", "\\\\", "\\end")]
            while self._peek() == "&":
                self._next()
                cells.append(self.row("&", "\\\\", "\\end"))
            if self._peek() == "\\\\":
                self._next()
            if any(cells):
                rows.append("<mtr>" + "".join(f"<mtd>{cell}</mtd>" for cell in cells) + "</mtr>")
        self._next()
        self._words()
        return f'<mrow><mo fence="true">{{</mo><mtable class="cases">{"".join(rows)}</mtable></mrow>'


COMMANDS: dict[str, Callable[[_Translator], str]] = {
    "frac": _Translator.fraction,
    "sqrt": _Translator.root,
    "bar": lambda each: each.accent("¯"),
    "overline": _Translator.overline,
    "dot": lambda each: each.accent("˙"),
    "mathrm": _Translator.upright,
    "mathbf": _Translator.bold,
    "text": _Translator.text,
    "operatorname": _Translator.operator,
    "operatorname*": _Translator.operator,
    "left": _Translator.fenced,
    "begin": _Translator.environment,
}
