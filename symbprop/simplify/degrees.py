"""Exponentials that are powers of one another of a degree beyond use: exp(2.101401974710961 x) beside exp(x)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import gcd, lcm

from sympy import Expr, Rational, Symbol, exp

HIGHEST = 1000  # numerator or denominator; algebra of polynomials writes down as many coefficients


def named_exponentials(
    expression: Expr, such: Callable[[Expr], bool] = lambda _: True
) -> tuple[Expr, Mapping[Expr, Expr]]:
    """``expression`` with such exponentials as symbols, and what these stand for.

    SymPy takes exp(p/q·u) for the p-th power of exp(u/q). Where p or q is large, all exp(c·u) are named: as whole powers
    of one symbol if their degrees then are no higher than that, else each by a symbol of its own.

    >>> x, c = Symbol("x", real=True), Rational(2101401974710961, 10**15)
    >>> named_exponentials(exp(c * x) + exp(2 * c * x))[0], named_exponentials(exp(c * x) + exp(x))[0]
    (e0**2 + e0, e0 + e1)
    >>> named_exponentials(exp(x) + exp(2 * x))[0]
    exp(2*x) + exp(x)
    """
    groups: dict[Expr, dict[Expr, Rational]] = {}
    for node in sorted(filter(such, expression.atoms(exp)), key=lambda each: each.sort_key()):
        factor, rest = _primitive(node.args[0])
        groups.setdefault(rest, {})[node] = factor
    names: dict[Expr, Expr] = {}
    meaning: dict[Expr, Expr] = {}
    for rest, factors in groups.items():
        if all(max(abs(each.p), each.q) <= HIGHEST for each in factors.values()):
            continue
        common = Rational(gcd(*(each.p for each in factors.values())), lcm(*(each.q for each in factors.values())))
        together = all(abs(each / common) <= HIGHEST for each in factors.values())
        for node, factor in factors.items():
            unit = common if together else factor
            symbol = Symbol(f"e{len(meaning)}", positive=True)
            symbol = next((known for known, value in meaning.items() if value == exp(unit * rest)), symbol)
            meaning[symbol] = exp(unit * rest)
            names[node] = symbol ** (factor / unit)
    return expression.xreplace(names), meaning


def _primitive(argument: Expr) -> tuple[Rational, Expr]:
    """An argument as a rational times the rest, whose sign does not depend on that of the argument."""
    factor, rest = argument.primitive() if argument.is_Add else argument.as_coeff_Mul(rational=True)
    return (-factor, -rest) if rest.could_extract_minus_sign() else (factor, rest)
