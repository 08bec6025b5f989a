"""The complementary error function: where 1 + erf would lose its digits, and what stands beside it."""

from __future__ import annotations

from sympy import Add, Basic, Expr, Mul, Symbol, erf, erfc

from symbprop.accuracy.functions import erfc_and_gauss, scaled_erfc, scaled_gauss
from symbprop.calculus.algebra import expand
from symbprop.calculus.factoring import factor_terms
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
    """s·erfc(u) as one function: erfc underflows before the product does, and a number s costs nothing inside."""

    def is_scaled(node: Basic) -> bool:
        return isinstance(node, Mul) and any(isinstance(each, erfc) for each in node.args)

    def scaled(node: Mul) -> Expr:
        tail = next(each for each in node.args if isinstance(each, erfc))
        return node if node == -tail else scaled_erfc(node / tail, tail.args[0])

    return replaced(expression, is_scaled, scaled)


def beside_gaussian(expression: Expr) -> Expr:
    """s·erfc(u) + t·exp(−u²) as one function, where s is a number: what is derived from u·erfc(u) is such a sum."""

    def is_pair(node: Basic) -> bool:
        return isinstance(node, Add) and _pair(node) is not None

    def joined(node: Add) -> Expr:
        tail, bell = _pair(node)  # type: ignore[misc]
        *scale, argument = tail.args
        both = erfc_and_gauss(Mul(*scale), bell.args[0], argument)
        return Add(*(each for each in node.args if each not in (tail, bell)), both)

    return replaced(expression, is_pair, joined)


def _pair(node: Add) -> tuple[Expr, Expr] | None:
    """The terms of a sum that are erfc(u), or that times a number, and what exp(−u²) multiplies."""
    tails = [each for each in node.args if isinstance(each, (erfc, scaled_erfc)) and Mul(*each.args[:-1]).is_number]
    bells = [each for each in node.args if isinstance(each, scaled_gauss)]
    pairs = ((tail, bell) for tail in tails for bell in bells if bell.args[1] in (tail.args[-1], -tail.args[-1]))
    return next(pairs, None)
