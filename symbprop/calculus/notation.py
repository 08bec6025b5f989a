"""The two ways to write a formula down: Unicode text and LaTeX, token by token."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
SUBSCRIPTS = dict(zip("aehijklmnoprstuvx0123456789", "ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ₀₁₂₃₄₅₆₇₈₉", strict=True))
MACRON, OVERLINE, DOT = "\u0304", "\u0305", "\u0307"
MARKS = {"_bar": MACRON, "_dot": DOT}
NEXT = "_next"  # the value after a step: m_next is m′
GREEK = set(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau phi chi psi omega".split()
)
LATEX_SPECIAL = {c: "\\" + c for c in "#$%&_{}"} | {"\\": r"\backslash{}", "^": r"\hat{}", "~": r"\sim{}"}

WORD = (r"\mathrm", r"\overline")
ENDS_IN_A_WORD = r"\\(mathrm|overline)\{[^{}]*\}$|\\overline\{\\mathrm\{[^{}]*\}\}$"


class Text:
    """Formulas in Unicode text."""

    times, minus, infinity = " ", "−", "∞"

    def name(self, name: str) -> str:
        """A bar stands over a letter, over the whole of a word: z̄1, W̄_out, m̅e̅a̅n̅."""
        if name.endswith(NEXT) and name != NEXT:
            return self.name(name.removesuffix(NEXT)) + "′"
        base, mark = split_mark(name)
        if not mark:
            return base
        if mark == "_bar" and re.match(r"[^\W\d_]{2}", base):
            digits = re.search(r"\d*$", base)
            word = base[: digits.start()] if digits else base
            return "".join(letter + OVERLINE for letter in word) + base[len(word) :]
        match = re.match(r"[^\W\d_]+", base)
        head = match[0] if match else base
        return unicodedata.normalize("NFC", head[0] + MARKS[mark] + head[1:]) + base[len(head) :]

    def access(self, name: str, index: Sequence[str]) -> str:
        return f"{self.name(name)}[{','.join(index)}]" if index else self.name(name)

    def product(self, factors: Sequence[str]) -> str:
        return self.times.join(factors)

    def fraction(self, above: str, below: str) -> str:
        return f"{above} / {below}"

    def power(self, base: str, exponent: str, integer: bool) -> str:
        return base + exponent.translate(SUPERSCRIPTS) if integer else f"{base}^{exponent}"

    def root(self, inside: str) -> str:
        return f"√{inside}" if re.fullmatch(r"\w+(\[[^\]]*\])?", inside) else f"√({inside})"

    def ratio(self, above: str, below: str) -> str:
        """A fraction that is one number."""
        return f"{above}/{below}"

    def logical(self, word: str, conditions: Sequence[str]) -> str:
        return f" {word} ".join(conditions).strip()

    def parentheses(self, inside: str) -> str:
        return f"({inside})"

    def call(self, function: str, arguments: Sequence[str]) -> str:
        return f"{function}({', '.join(arguments)})"

    def absolute(self, inside: str) -> str:
        return f"|{inside}|"

    def cases(self, condition: str, chosen: str, otherwise: str) -> str:
        return f"{{{chosen} if {condition} else {otherwise}}}"

    def indicator(self, condition: str) -> str:
        return f"1[{condition}]"

    def relation(self, left: str, operator: str, right: str) -> str:
        return f"{left} {({'<=': '≤', '>=': '≥', '==': '=', '!=': '≠'}).get(operator, operator)} {right}"

    def delta(self, left: str, right: str) -> str:
        return f"δ[{left},{right}]"

    def reduction(self, kind: str, indices: Sequence[str], body: str) -> str:
        symbol = {"sum": "Σ", "prod": "Π"}.get(kind, kind)
        if all(index in SUBSCRIPTS for index in indices):
            return f"{symbol}{''.join(SUBSCRIPTS[index] for index in indices)} {body}"
        joined = ",".join(indices)
        return f"{symbol}_{joined if len(joined) == 1 else '{' + joined + '}'} {body}"

    def coordinate(self, text: str) -> str:
        return text

    def constant(self, name: str) -> str:
        return {"pi": "π", "infinity": "∞"}.get(name, name)

    def integer_times(self) -> str:
        return "·"


class Latex(Text):
    """Formulas in LaTeX. Every name of a user's is escaped."""

    times, minus, infinity = " ", "-", r"\infty"

    def name(self, name: str) -> str:
        """``W1`` and ``W_hidden`` are W with a number or a word above it; other words stand upright.

        A number that tells two tensors of one name apart, ``y_2``, stands in square brackets.
        """
        if name.endswith(NEXT) and name != NEXT:
            return self.name(name.removesuffix(NEXT)) + "'"
        base, mark = split_mark(name)
        base, count = counted(base)
        match = re.fullmatch(r"([^\W\d_]+)(\d*)(?:_([^\W\d_]\w*))?", base)
        letters, digits, word = match.groups(default="") if match else (base, "", "")
        symbol = f"\\{letters}" if letters in GREEK else letters if len(letters) == 1 and match else ""
        if not symbol and (word or not match):
            symbol, digits, word = rf"\mathrm{{{escaped(base)}}}", "", ""
        text = symbol or rf"\mathrm{{{escaped(letters)}}}"
        if mark:
            # A bar covers all letters of a word; an accent would stand over the middle one.
            bar = "overline" if text.startswith(r"\mathrm") else "bar"
            text = rf"\{bar}{{{text}}}" if mark == "_bar" else rf"\dot{{{text}}}"
        above = ",".join(part for part in (digits, rf"\mathrm{{{escaped(word)}}}" if word else "") if part)
        return f"{text}^{{{f'({above})' if above else ''}{count}}}" if above or count else text

    def access(self, name: str, index: Sequence[str]) -> str:
        separator = "" if all(re.fullmatch(r"[^\W\d_]'*", each) for each in index) else ","
        return f"{self.name(name)}_{{{separator.join(index)}}}" if index else self.name(name)

    def product(self, factors: Sequence[str]) -> str:
        """Factors side by side; a little room where a word stands next to something."""
        text = ""
        for each in factors:
            room = each.startswith(WORD) or re.search(ENDS_IN_A_WORD, text)
            between = r" \, " if room else self.times
            text = f"{text}{between}{each}" if text else each
        return text

    def fraction(self, above: str, below: str) -> str:
        return rf"\frac{{{above}}}{{{below}}}"

    def ratio(self, above: str, below: str) -> str:
        return self.fraction(above, below)

    def logical(self, word: str, conditions: Sequence[str]) -> str:
        return rf" \{ {'and': 'land', 'or': 'lor', 'not': 'lnot'}[word] } ".join(conditions).strip()

    def power(self, base: str, exponent: str, integer: bool) -> str:
        if re.fullmatch(r"\w+|\w_\{[^{}]*\}", base):  # x^2, h_{nj}^2
            return f"{base}^{{{exponent}}}"
        if re.fullmatch(r"[^ ]*\^\{[(\[][^ ]*", base):  # a number stands where the exponent goes: W^{(1)}
            base = self.parentheses(base)
        return f"{{{base}}}^{{{exponent}}}"

    def root(self, inside: str) -> str:
        return rf"\sqrt{{{inside}}}"

    def parentheses(self, inside: str) -> str:
        return rf"\left({inside}\right)"

    def call(self, function: str, arguments: Sequence[str]) -> str:
        known = {"exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "max", "min"}
        head = f"\\{function}" if function in known else rf"\operatorname{{{function}}}"
        return rf"{head}\left({', '.join(arguments)}\right)"

    def absolute(self, inside: str) -> str:
        return rf"\left|{inside}\right|"

    def cases(self, condition: str, chosen: str, otherwise: str) -> str:
        rows = rf"{chosen} & \text{{if }} {condition} \\ {otherwise} & \text{{otherwise}}"
        return rf"\begin{{cases}} {rows} \end{{cases}}"

    def indicator(self, condition: str) -> str:
        return rf"\mathbf{{1}}\left[{condition}\right]"

    def relation(self, left: str, operator: str, right: str) -> str:
        return f"{left} {({'<=': chr(92) + 'le', '>=': chr(92) + 'ge', '==': '=', '!=': chr(92) + 'ne'}).get(operator, operator)} {right}"

    def delta(self, left: str, right: str) -> str:
        return rf"\delta_{{{left},{right}}}"

    def reduction(self, kind: str, indices: Sequence[str], body: str) -> str:
        symbol = {"sum": r"\sum", "prod": r"\prod", "max": r"\max", "min": r"\min"}.get(
            kind, rf"\operatorname*{{{kind.replace('arg', 'arg' + chr(92) + ',')}}}"
        )
        return rf"{symbol}_{{{','.join(indices)}}} {body}"

    def constant(self, name: str) -> str:
        return {"pi": r"\pi", "infinity": r"\infty"}.get(name, name)

    def integer_times(self) -> str:
        return r" \cdot "


def split_mark(name: str) -> tuple[str, str]:
    """A name and the mark its ending stands for: ``z1_bar`` is z1 with a bar."""
    for ending in MARKS:
        if name.endswith(ending) and len(name) > len(ending):
            return name[: -len(ending)], ending
    return name, ""


def counted(name: str) -> tuple[str, str]:
    """A name and the number that makes it another than its like: ``y_2`` is y and ``[2]``."""
    match = re.fullmatch(r"([^\W\d]\w*)_([1-9]\d*)", name)
    return (match[1], f"[{match[2]}]") if match else (name, "")


def escaped(text: str) -> str:
    """``text`` with every character that LaTeX gives a meaning made harmless."""
    return "".join(LATEX_SPECIAL.get(c, c) for c in text)


def columns(text: str) -> int:
    """How wide ``text`` stands: a mark over a letter takes no room."""
    return sum(not unicodedata.combining(character) for character in text)


def pad(text: str, width: int) -> str:
    """``text`` with spaces behind it, ``width`` columns wide at least."""
    return text + " " * (width - columns(text))


TEXT, LATEX = Text(), Latex()
