"""What an expression costs to compute: the one measure by which a rewriting is accepted."""

from __future__ import annotations

from functools import cache

from sympy import Add, Basic, Expr, Function, Mul, Pow, S, Symbol, exp, preorder_traversal

from symbprop.calculus.statement import Statement, index_symbol

TRANSCENDENTAL = 10
DIVISION = 3


def transcendentals(expression: Expr) -> int:
    """The number of distinct exponentials, logarithms and the like."""
    return len({node for node in preorder_traversal(expression) if _is_transcendental(node)})


@cache
def cost(expression: Expr) -> int:
    """Operations of an expression, each distinct subexpression counted once."""
    return sum(_own_cost(node) for node in set(preorder_traversal(expression)))


def wide_cost(source: Statement) -> int:
    """Operations of an element-wise statement on arrays as large as its domain; on smaller ones they cost little."""
    domain = {one.index for one in source.domain}
    sets = {symbol: set(access.indices()) for symbol, access in source.read_positions()}
    sets.update({index_symbol(p): {one.index} for p, one in enumerate(source.domain)})

    def is_wide(node: Basic) -> bool:
        return set[str]().union(*(sets.get(symbol, set()) for symbol in node.free_symbols)) >= domain

    total = 0
    for node in set(preorder_traversal(source.expr)):
        if not isinstance(node, Expr) or not is_wide(node) or isinstance(node, Symbol):
            continue
        if isinstance(node, (Add, Mul)):
            wide = sum(is_wide(argument) for argument in node.args)
            total += max(wide - 1, 0) + (wide < len(node.args) and node.args != (S.NegativeOne, node.args[-1]))
        else:
            total += _own_cost(node)
    return total


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
