"""Where a file can be changed, and the text that a change makes of it."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

from benchmarks.mutation.operators import Span, operators

OPERATORS = operators()


@dataclass(frozen=True, slots=True)
class Place:
    """A piece of a file with what may become of it: operators by name, each with its count of such places before."""

    span: Span
    choices: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Mutant:
    """The text of a file with one change, at ``line``, by an operator."""

    line: int
    kind: str
    old: str
    new: str
    text: str


def places(text: str, *, python: bool = True) -> list[Place]:
    """Every place of a file that is code; of a formula file (``python`` is false) every place."""
    lines = text.splitlines()
    ignored = [_span(node, lines) for node in _no_code(ast.parse(text))] if python else []
    count: Counter[str] = Counter()
    found: dict[Span, list[tuple[str, int]]] = {}
    for node in ast_nodes(get_ast(text)):
        for name, operator in OPERATORS.items():
            for span in operator.mutation_positions(node):
                if not _is_signature(node) and not any(start <= span[0] and span[1] <= end for start, end in ignored):
                    found.setdefault(span, []).append((name, count[name]))
                count[name] += 1
    return [Place(span, tuple(choices)) for span, choices in found.items()]


def mutant(text: str, place: Place, choice: tuple[str, int], *, python: bool = True) -> Mutant | None:
    """The file changed there by one operator; ``None`` if that is no program."""
    name, count = choice
    changed = mutate_code(text, OPERATORS[name], count)
    if changed is None or changed == text or (python and not _is_program(changed)):
        return None
    line = place.span[0][0]
    old, new = text.splitlines(), changed.splitlines()
    at = next((number for number, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), line - 1)
    return Mutant(line, name, old[at].strip(), new[at].strip(), changed)


def _is_program(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def _is_signature(node: Any) -> bool:
    """Whether this is the bare ``*`` or ``/`` among a function's parameters, which multiplies and divides nothing."""
    return node.type == "operator" and node.parent.type in ("parameters", "param", "lambdef")


def _no_code(tree: ast.Module) -> Iterator[ast.stmt | ast.expr]:
    """What decides no number: types, decorators, slots, what is asserted to the type checker, the text of an error."""
    for node in ast.walk(tree):
        match node:
            case ast.arg(annotation=ast.expr() as kind) | ast.AnnAssign(annotation=kind):
                yield kind
            case ast.FunctionDef(decorator_list=decorators, returns=kind):
                yield from decorators
                if kind is not None:
                    yield kind
            case ast.ClassDef(decorator_list=decorators):
                yield from decorators
            case ast.Assign(targets=[ast.Name(id="__slots__" | "__all__")]) | ast.If(test=ast.Name(id="TYPE_CHECKING")):
                yield node
            case ast.Assert():
                yield node
            case ast.Raise(exc=ast.expr() as error):
                yield error


def _span(node: ast.stmt | ast.expr, lines: list[str]) -> Span:
    """Where a node stands, its columns in letters: Python's syntax tree counts the bytes of UTF-8."""

    def letters(line: int, column: int) -> int:
        return len(lines[line - 1].encode()[:column].decode())

    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    start = node.lineno, letters(node.lineno, node.col_offset)
    return start, (node.end_lineno, letters(node.end_lineno, node.end_col_offset))
