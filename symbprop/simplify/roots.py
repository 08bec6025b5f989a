"""Quotients by a root of 1 + x²: 1/√(1 + x²) − x²/(1 + x²)^(3/2) is (1 + x²)^(−3/2)."""

from __future__ import annotations

from sympy import Expr, Pow, Rational, Symbol

from symbprop.calculus.algebra import cancel, expand, factor, together
from symbprop.calculus.nodes import replaced
from symbprop.simplify.degrees import named_exponentials

ROOT = Symbol("r", positive=True)


def over_one_root(expression: Expr) -> Expr:
    """``expression`` as one quotient of polynomials in √v, x² replaced by what it is in terms of v = c + x².

    Proof: a substitution of equals and algebra of polynomials.
    """
    bases = {node.base for node in expression.atoms(Pow) if isinstance(node.exp, Rational) and node.exp.q == 2}
    if len(bases) != 1:
        return expression
    base = next(iter(bases))
    constant, square = base.as_coeff_Add()
    if not isinstance(square, Pow) or square.exp != 2 or not square.base.is_Symbol:
        return expression
    variable = square.base
    plain, meaning = named_exponentials(expression)
    named = together(replaced(plain, lambda n: isinstance(n, Pow) and n.base == base, lambda n: ROOT ** (2 * n.exp)))
    above, below = named.as_numer_denom()
    even = replaced(
        expand(above),
        lambda n: isinstance(n, Pow) and n.base == variable and n.exp.is_Integer,
        lambda n: (ROOT**2 - constant) ** (n.exp // 2) * variable ** (n.exp % 2),
    )
    found: Expr = factor(cancel(even / below)).xreplace({ROOT: Pow(base, Rational(1, 2))}).xreplace(meaning)
    return found
