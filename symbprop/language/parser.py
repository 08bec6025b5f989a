"""Text to syntax trees. The grammar is ``grammar.lark``; no text is ever executed."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedToken

from symbprop.language.depth import require_shallow
from symbprop.language.source import Source, SourceError
from symbprop.language.syntax import Argument, Equation, Expression, Operation
from symbprop.language.tables import parser_of
from symbprop.language.trees import Trees

LONGEST = 100_000  # characters of one formula
DEEPEST = 100  # levels of brackets
FAMILY = (1, 2, 3)  # how many axes the group in an operation's name may have
BRACKETS = {"(": ")", "[": "]"}
NEVER = ("Cc", "Cf", "Co", "Cs", "Cn")  # categories of characters that no formula has, but for \n, \r and \t

WORDS = {
    "NAME": "a name", "NUMBER": "a number", "LPAR": "'('", "RPAR": "')'", "LSQB": "'['", "RSQB": "']'", "COMMA": "','",
    "ADD": "'+' or '-'", "MUL": "'*' or '/'", "POW": "'^'", "COMPARE": "a comparison", "EQUAL": "'='", "ACCUMULATE": "'+='", "COLON": "':'",
    "SEMICOLON": "';'", "OP": "'op'", "AND": "'and'", "OR": "'or'", "NOT": "'not'", "FLAT": "'flat'", "IN": "'in'", "IF": "'if'",
    "AS": "'as'", "_NL": "the end of the line", "_SEP": "the end of the formula", "$END": "the end",
    "__ANON_0": "'...'", "ELSE": "'else'", "LET": "'let'", "LBRACE": "'{'", "VBAR": "'|'", "TILDE": "'~'", "STATE": "'state'",
    "PRIMED": "a primed name",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Block:
    """The text of one ``op``, not yet parsed: ``names`` are those of the operations that it defines."""

    source: Source
    prepared: str
    start: int
    end: int
    names: tuple[str, ...]

    def parse(self) -> tuple[Operation, ...]:
        """The operation, or the members of its family, with the comment above it. Raises ``SourceError``."""
        padded = _blank(self.prepared[: self.start]) + self.prepared[self.start : self.end].rstrip()
        comment = _comment_above(self.source.text, self.start)
        return tuple(_members(_parse("operation", self.source, padded, comment=comment)))


def operation_blocks(source: Source) -> tuple[Block, ...]:
    """The ``op`` blocks of a text. Raises ``SourceError`` for what is no formula at all."""
    text = _prepared(source)
    starts = [match.start() for match in re.finditer(r"^op\b", text, re.MULTILINE)]
    first = re.search(r"\S", text)
    if first is not None and (not starts or first.start() < starts[0]):
        raise SourceError(
            "an operation starts with 'op' at the start of a line", source.span(first.start(), first.start() + 1)
        )
    found = []
    for start, end in pairwise([*starts, len(text)]):
        name = re.match(r"op\s+([\w{}]*)", text[start:end])
        found.append(Block(source, text, start, end, _names(name[1] if name else "")))
    return tuple(found)


def parse_operations(source: Source) -> tuple[Operation, ...]:
    """The ``op`` blocks of a text, each with the comment above it. Raises ``SourceError``."""
    found: dict[str, Operation] = {}
    for block in operation_blocks(source):
        for operation in block.parse():
            if operation.name in found:
                raise SourceError(f"the operation {operation.name} is defined twice", operation.span)
            found[operation.name] = operation
    return tuple(found.values())


def parse_equations(source: Source) -> tuple[Equation, ...]:
    """Formulas, one a line or separated by ``;``. Raises ``SourceError``, also where one declares state or noise."""
    declared, equations = parse_formula(source)
    if declared:
        message = f"{declared[0].name} is declared here, and only the formula of a layer keeps state or draws noise"
        raise SourceError(message, declared[0].span)
    return equations


def parse_formula(source: Source) -> tuple[tuple[Argument, ...], tuple[Equation, ...]]:
    """What a layer's formula declares (``state m[k] = zeros``, ``u[n, k] ~ normal``), and its equations.

    Raises ``SourceError``.
    """
    lines: tuple[Equation | Argument, ...] = _parse("equations", source, _prepared(source))
    declared = tuple(each for each in lines if isinstance(each, Argument))
    equations = tuple(each for each in lines if isinstance(each, Equation))
    if not equations:
        raise SourceError("a formula is missing", source.span(0), hint="write one, as in y[n, j] = 2 * x[n, j]")
    twice = next((each for p, each in enumerate(declared) if each.name in {e.name for e in declared[:p]}), None)
    if twice is not None:
        raise SourceError(f"{twice.name} is declared twice", twice.span)
    return declared, equations


def parse_expression(source: Source) -> Expression:
    """One expression. Raises ``SourceError``."""
    text = _prepared(source).rstrip()
    padded = re.sub(r"\n", " ", text)
    expression: Expression = _parse("expression", source, padded)
    return expression


def _members(operation: Operation) -> list[Operation]:
    """``conv{i}d`` as conv1d, conv2d and conv3d; any other operation as itself."""
    if not operation.family:
        return [operation]
    return [replace(operation, name=name, axes=n) for n, name in zip(FAMILY, _names(operation.name), strict=True)]


def _names(written: str) -> tuple[str, ...]:
    """The names of a family's members, or the one name."""
    return tuple(dict.fromkeys(re.sub(r"\{\w+\}", str(axes), written) for axes in FAMILY))


def _prepared(source: Source) -> str:
    """The text with comments and the newlines inside brackets blanked, offsets kept; bad characters are errors."""
    text = source.text
    if len(text) > LONGEST:
        raise SourceError(f"this formula is longer than {LONGEST} characters", source.span(0))
    if bad := {each for each in set(text) if unicodedata.category(each) in NEVER} - set("\n\r\t"):
        position = min(map(text.index, bad))
        message = f"the character U+{ord(text[position]):04X} cannot stand in a formula"
        raise SourceError(message, source.span(position))
    text = re.sub(r"#[^\n]*", lambda match: " " * len(match[0]), text)
    parts: list[str] = []
    stack: list[int] = []
    done = 0
    for match in re.finditer(r"[\[\]()]", text):
        position, character = match.start(), match[0]
        if stack:
            parts += text[done:position].replace("\n", " "), character
        else:
            parts += text[done:position], character
        done = position + 1
        if character in BRACKETS:
            stack.append(position)
            if len(stack) > DEEPEST:
                raise SourceError(f"brackets nest deeper than {DEEPEST} levels", source.span(position))
        elif not stack or BRACKETS[text[stack[-1]]] != character:
            raise SourceError(f"this '{character}' closes nothing", source.span(position))
        else:
            stack.pop()
    if stack:
        raise SourceError(f"this '{text[stack[-1]]}' is never closed", source.span(stack[-1]))
    return "".join((*parts, text[done:]))


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _comment_above(text: str, start: int) -> str:
    lines = text[:start].split("\n")[:-1]
    found: list[str] = []
    while lines and lines[-1].lstrip().startswith("#"):
        found.append(lines.pop().lstrip().lstrip("#").strip())
    return "\n".join(reversed(found))


def _parse(start: str, source: Source, text: str, comment: str = "") -> Any:
    try:
        tree = Trees(source, comment).build(parser_of(start).parse(text))
    except UnexpectedCharacters as error:
        position = error.pos_in_stream or 0
        raise SourceError(f"the character '{text[position]}' cannot stand here", source.span(position)) from None
    except UnexpectedToken as error:
        token = error.token
        position = len(text.rstrip()) if token.type == "$END" else token.start_pos or 0
        what = (
            "the formula ends too early"
            if token.type == "$END"
            else f"'{str(token).strip() or 'end of line'}' cannot stand here"
        )
        wanted = sorted({WORDS.get(name, name) for name in error.accepts or error.expected} - {"the end"})
        hint = "expected " + (", ".join(wanted[:-1]) + " or " + wanted[-1] if len(wanted) > 1 else "".join(wanted))
        end = position + len(str(token)) if token.type != "$END" else position + 1
        raise SourceError(
            what, source.span(min(position, max(len(source.text) - 1, 0)), end), hint=hint if wanted else ""
        ) from None
    except UnexpectedEOF:
        raise SourceError("the formula ends too early", source.span(max(len(text) - 1, 0))) from None
    require_shallow(tree.equations if isinstance(tree, Operation) else tree)
    return tree
