"""SymPy's algebra, each expression treated once: the rooms try the same identities on the same expressions."""

from __future__ import annotations

from functools import cache

import sympy
import sympy.assumptions.wrapper  # SymPy would load these at the first comparison,
import sympy.sets.setexpr  # at the first exponential,
import sympy.tensor.tensor  # and at the first sum that anybody writes
from sympy import Basic, Expr, Pow, exp
from sympy.polys.polyerrors import PolificationFailed
from sympy.polys.polytools import parallel_poly_from_expr

from symbprop.calculus.nodes import distinct

cancel = cache(sympy.cancel)
factor = cache(sympy.factor)
factor_list = cache(sympy.factor_list)
together = cache(sympy.together)


@cache
def expand(expression: Expr, **hints: bool) -> Expr:
    """``sympy.expand``; of a polynomial or a quotient of such, only what there is to do."""
    if not hints and all(map(_is_of_whole_powers, distinct(expression))):
        hints = {"power_base": False, "power_exp": False, "log": False, "basic": False}
    return sympy.expand(expression, **hints)


def _is_of_whole_powers(node: Basic) -> bool:
    plain = node.is_Add or node.is_Mul or node.is_Symbol or node.is_Rational
    return bool(plain or (isinstance(node, Pow) and node.exp.is_Integer and not isinstance(node, exp)))


@cache
def lowest_terms(above: Expr, below: Expr) -> tuple[Expr, Expr]:
    """``fraction(cancel(above / below))``, but the quotient, of which SymPy would ask a lot, is not built."""
    _, top, bottom = sympy.cancel((above, below))
    if bottom.is_number or top.has(sympy.exp) or bottom.has(sympy.exp):
        top, bottom = sympy.fraction(top / bottom)
    return top, bottom


@cache
def numerator_and_denominator(expression: Expr) -> tuple[Expr, Expr]:
    """``fraction(cancel(together(expression)))``."""
    return lowest_terms(*expression.as_numer_denom())


@cache
def common_divisor(one: Expr, other: Expr) -> Expr:
    """``gcd(one, other)`` of two polynomials, whose values SymPy would first try to find out something about."""
    try:
        (f, g), _ = parallel_poly_from_expr((one, other))
    except PolificationFailed:  # they are numbers
        return sympy.gcd(one, other)
    return f.gcd(g).as_expr()
