"""Text to syntax trees, by the rules of ``grammar.py``; no text is ever executed."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from symbprop.language.depth import require_shallow
from symbprop.language.grammar import Grammar
from symbprop.language.source import Source, SourceError
from symbprop.language.syntax import Argument, Equation, Expression, Operation
from symbprop.language.tokens import TOKENS, Unexpected
from symbprop.language.trees import Trees

LONGEST = 100_000  # characters of one formula
DEEPEST = 100  # levels of brackets
FAMILY = (1, 2, 3)  # how many axes the group in an operation's name may have
BRACKETS = {"(": ")", "[": "]"}


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
    for odd in re.finditer(r"[^\t\n\r -~]", text):
        if unicodedata.category(odd[0]) in ("Cc", "Cf", "Co", "Cs", "Cn"):
            message = f"the character U+{ord(odd[0]):04X} cannot stand in a formula"
            raise SourceError(message, source.span(odd.start()))
    text = re.sub(r"#[^\n]*", lambda match: " " * len(match[0]), text)
    characters = list(text)
    stack: list[int] = []
    for found in re.finditer(r"[()\[\]\n]", text):
        position, character = found.start(), found[0]
        if character in BRACKETS:
            stack.append(position)
            if len(stack) > DEEPEST:
                raise SourceError(f"brackets nest deeper than {DEEPEST} levels", source.span(position))
        elif character in BRACKETS.values():
            if not stack or BRACKETS[characters[stack[-1]]] != character:
                raise SourceError(f"this '{character}' closes nothing", source.span(position))
            stack.pop()
        elif stack:
            characters[position] = " "
    if stack:
        raise SourceError(f"this '{characters[stack[-1]]}' is never closed", source.span(stack[-1]))
    return "".join(characters)


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
        tree = Trees(source, comment).build(Grammar(text).whole(start))
    except Unexpected as error:
        raise _explained(error, source, text) from None
    require_shallow(tree.equations if isinstance(tree, Operation) else tree)
    return tree


def _explained(error: Unexpected, source: Source, text: str) -> SourceError:
    if error.found is None:
        message = f"the character '{text[error.start]}' cannot stand here"
        return SourceError(message, source.span(error.start))
    wanted = sorted({TOKENS[kind][1] for kind in error.wanted})
    hint = "expected " + (", ".join(wanted[:-1]) + " or " + wanted[-1] if len(wanted) > 1 else "".join(wanted))
    hint = hint if wanted else ""
    if not error.found:
        end = len(text.rstrip())
        span = source.span(min(end, max(len(source.text) - 1, 0)), end + 1)
        return SourceError("the formula ends too early", span, hint=hint)
    shown = error.found.strip() or "end of line"
    return SourceError(
        f"'{shown}' cannot stand here", source.span(error.start, error.start + len(error.found)), hint=hint
    )
