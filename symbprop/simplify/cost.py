"""What an expression costs to compute: the one measure by which a rewriting is accepted."""

from __future__ import annotations

from functools import cache

from sympy import Add, Basic, Expr, Function, Mul, Pow, S, Symbol, exp, preorder_traversal

TRANSCENDENTAL = 10
DIVISION = 3


def transcendentals(expression: Expr) -> int:
    """The number of distinct exponentials, logarithms and the like."""
    return len({node for node in preorder_traversal(expression) if _is_transcendental(node)})


@cache
def cost(expression: Expr) -> int:
    """Operations of an expression, each distinct subexpression counted once."""
    return sum(_own_cost(node) for node in set(preorder_traversal(expression)))


def _own_cost(node: Basic) -> int:
    if isinstance(node, Symbol) or not isinstance(node, Expr) or node.is_number:
        return 0
    if _is_transcendental(node):
        return TRANSCENDENTAL
    if isinstance(node, Pow):
        return DIVISION if node.exp.is_negative else 1
    if isinstance(node, (Add, Mul)):
        return len(node.args) - 1 - (S.NegativeOne in node.args and isinstance(node, Mul))
    return 1


def _is_transcendental(node: Basic) -> bool:
    if isinstance(node, Pow) and not isinstance(node, exp):
        return not node.exp.is_Rational
    return isinstance(node, (Function, exp)) and not node.is_number
