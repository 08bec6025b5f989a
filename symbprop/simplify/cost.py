"""What an expression costs to compute: the one measure by which a rewriting is accepted."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from sympy import Add, Basic, Expr, Function, Mul, Pow, S, Symbol, Tuple, exp, preorder_traversal

from symbprop.calculus.functions import Held
from symbprop.calculus.nodes import distinct, is_reciprocal

TRANSCENDENTAL = 10
DIVISION = 3


def transcendentals(expression: Expr) -> int:
    """The number of distinct exponentials, logarithms and the like."""
    return sum(map(_is_transcendental, distinct(expression)))


@cache
def cost(expression: Expr) -> int:
    """Operations of an expression, each distinct subexpression counted once."""
    nodes = [*distinct(expression), Tuple(expression)]
    return sum(map(_own_cost, nodes)) + DIVISION * len({below for node in nodes for below in _divisors(node)})


def _divisors(node: Basic) -> Iterator[frozenset[Basic]]:
    """What a node divides by: all denominators of a product at once."""
    below = frozenset(each for each in node.args if is_reciprocal(each) and not each.is_number)
    if isinstance(node, Mul):
        if below:
            yield below
    else:
        yield from (frozenset((each,)) for each in below)


@cache
def burden(expression: Expr) -> tuple[int, int]:
    """The cost, and among equals how often a symbol is written: u (1 − e) before u − u e."""
    return cost(expression), sum(node.is_Symbol for node in preorder_traversal(expression))


@cache
def operations(expression: Expr) -> int:
    """Operations as a person counts them in a formula: a quotient is one, and a common factor of a sum is written once."""
    return sum(map(_own_operations, distinct(expression)))


def _own_operations(node: Basic) -> int:
    if isinstance(node, Mul):
        above = [each for each in node.args if not is_reciprocal(each) and each != -1]
        return len(node.args) - (S.NegativeOne in node.args) - bool(above)
    if isinstance(node, Pow) and not isinstance(node, exp):
        return int(node.exp not in (-1, 1))
    return min(_own_cost(node), 1) if not isinstance(node, Add) else _own_cost(node)


def _own_cost(node: Basic) -> int:
    if isinstance(node, (Symbol, Held)) or not isinstance(node, Expr) or node.is_number:
        return 0
    if _is_transcendental(node):
        return TRANSCENDENTAL
    if isinstance(node, Pow):
        return int(bool(node.exp < -1)) + int(node.exp.q != 1) if is_reciprocal(node) else 1
    if isinstance(node, Add):
        return len(node.args) - 1 - _shared_numbers(node)
    if isinstance(node, Mul):
        return len(node.args) - 1 - (S.NegativeOne in node.args and isinstance(node, Mul))
    return 1


def _is_transcendental(node: Basic) -> bool:
    if isinstance(node, Pow) and not isinstance(node, exp):
        return not node.exp.is_Rational
    return isinstance(node, (Function, exp)) and not isinstance(node, Held) and not node.is_number


def _shared_numbers(total: Add) -> int:
    """The products saved by taking a number out of a sum, 2 a − 2 b, which SymPy always multiplies out."""
    common, rest = total.primitive()
    plain = common != 1 and all(abs(each.as_coeff_Mul()[0]) == 1 for each in rest.args)
    numbers = [each.as_coeff_Mul()[0] for each in total.args if each.is_Mul or each.is_number]
    return sum(1 for each in numbers if abs(each) != 1 and each != total) - 1 if plain and len(numbers) > 1 else 0
