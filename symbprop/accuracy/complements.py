"""The complementary error function: where 1 + erf would lose its digits, and what stands beside it."""

from __future__ import annotations

from sympy import Basic, Expr, Mul, Symbol, erf, erfc

from symbprop.accuracy.functions import scaled_erfc
from symbprop.calculus.algebra import expand, factor_terms
from symbprop.calculus.nodes import replaced


def complement(expression: Expr) -> Expr:
    """1 + erf(u) as erfc(−u)."""
    if not expression.has(erf):
        return expression
    nodes = sorted(expression.atoms(erf), key=lambda each: each.sort_key())
    # Meanwhile a symbol: an erfc(−u) that SymPy builds anew it writes 2 − erfc(u), where every digit is lost.
    tails = {node: Symbol(f"tail{number}", real=True) for number, node in enumerate(nodes)}
    result = factor_terms(expand(expression.xreplace({node: tail - 1 for node, tail in tails.items()})))
    return result.xreplace({tail: erfc(-node.args[0], evaluate=False) for node, tail in tails.items()})


def scaled_complement(expression: Expr) -> Expr:
    """s·erfc(u) as one function: erfc underflows before the product does."""

    def is_scaled(node: Basic) -> bool:
        return isinstance(node, Mul) and any(isinstance(each, erfc) for each in node.args) and bool(node.free_symbols)

    def scaled(node: Mul) -> Expr:
        tail = next(each for each in node.args if isinstance(each, erfc))
        return scaled_erfc(node / tail, tail.args[0]) if (node / tail).free_symbols else node

    return replaced(expression, is_scaled, scaled)
