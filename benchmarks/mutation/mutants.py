"""Mutants of a Python file: one comparison, operator, constant, condition or return changed in each."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

COMPARISONS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
OPERATORS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mutant:
    """The text of a file with one change, at ``line``: ``old`` became ``new``."""

    line: int
    kind: str
    old: str
    new: str
    text: str


def mutants(text: str) -> Iterator[Mutant]:
    """Every mutant of a file. Annotations and docstrings are no code, and are left alone."""
    tree = ast.parse(text)
    for number, node in enumerate(ast.walk(tree)):
        for kind, changed in _changes(node):
            fresh = ast.parse(text)
            old = list(ast.walk(fresh))[number]
            _Replace(old, changed).visit(fresh)
            ast.fix_missing_locations(fresh)
            line = getattr(node, "lineno", 0)
            yield Mutant(line, kind, ast.unparse(node), ast.unparse(changed), ast.unparse(fresh))


def _changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    made = copy.deepcopy(node)
    if isinstance(made, ast.Compare) and len(made.ops) == 1 and type(made.ops[0]) in COMPARISONS:
        made.ops = [COMPARISONS[type(made.ops[0])]()]
        yield "comparison", made
    elif isinstance(made, (ast.BinOp, ast.AugAssign)) and type(made.op) in OPERATORS and not _is_type(made):
        made.op = OPERATORS[type(made.op)]()
        yield "operator", made
    elif isinstance(made, ast.Constant) and type(made.value) is int:
        yield "constant", ast.copy_location(ast.Constant(made.value + 1), node)
    elif isinstance(made, ast.Constant) and isinstance(made.value, bool):
        yield "constant", ast.copy_location(ast.Constant(not made.value), node)
    elif isinstance(made, ast.UnaryOp) and isinstance(made.op, ast.Not):
        yield "not", made.operand
    elif isinstance(made, ast.BoolOp):
        made.op = ast.Or() if isinstance(made.op, ast.And) else ast.And()
        yield "logic", made
    elif isinstance(made, ast.Return) and made.value is not None and not isinstance(made.value, ast.Constant):
        yield "return", ast.copy_location(ast.Return(ast.Constant(None)), node)


def _is_type(node: ast.BinOp | ast.AugAssign) -> bool:
    """Whether an operator joins types: ``int | None``."""
    return isinstance(node.op, ast.BitOr)


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)
