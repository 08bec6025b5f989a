"""One branch of an expression in exponentials, where g has one sign: a quotient in E = exp(−|g|), its logarithms named.

Each step is kept: the forms of one expression share them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from sympy import Basic, Expr, Function, Pow, S, Symbol, exp, log
from sympy.codegen.cfunctions import log1p
from sympy.polys.polyerrors import PolynomialError

from symbprop.accuracy.polynomials import SMALL, is_no_degree, polynomial
from symbprop.calculus.algebra import cancel, expand, factor, factor_list, numerator_and_denominator
from symbprop.calculus.factoring import factor_terms
from symbprop.calculus.functions import Select, absolute
from symbprop.calculus.nodes import distinct, replaced


def is_bounded(exponential: Expr) -> bool:
    """Whether exp's argument cannot be positive: it is −u², −|u|, or min(u, c)."""
    return bool(exponential.args[0].is_nonpositive) or exponential.args[0].has(Select)


def sizes_of(expression: Expr, argument: Expr) -> list[tuple[Select, Expr]]:
    """The nodes that are |c·g|, each with |c|."""
    ratios = {node: _ratio_to_size(node, argument) for node in distinct(expression) if isinstance(node, Select)}
    found = [(node, ratio) for node, ratio in ratios.items() if ratio is not None]
    return sorted(found, key=lambda each: each[0].sort_key())


def _ratio_to_size(node: Select, argument: Expr) -> Expr | None:
    if isinstance(node.otherwise, Select) and node == absolute(node.chosen):
        ratio = cancel(node.chosen / argument)
        return abs(ratio) if ratio.is_number else None
    return None


@cache
def in_powers(expression: Expr, argument: Expr, condition: Basic, sign: int) -> Expr | None:
    """The expression where sign·g ≥ 0, each exponential of g as a power of ``SMALL``.

    ``None`` if another choice is left, or a function other than a logarithm depends on it: that is no quotient in E.
    """
    resolved = expression.xreplace({node: ratio * sign * argument for node, ratio in sizes_of(expression, argument)})
    resolved = replaced(
        resolved,
        lambda node: isinstance(node, Select) and node.args[0] == condition,
        lambda node: node.args[1 if sign > 0 else 2],
    )
    powers: Expr = replaced(
        resolved,
        lambda node: isinstance(node, exp) and not is_bounded(node),
        lambda node: SMALL ** (-sign * cancel(node.args[0] / argument)),
    )
    return None if powers.has(Select) or any(map(_is_beyond, distinct(powers))) else powers


def _is_beyond(node: Basic) -> bool:
    """Whether a node keeps what holds it from being a quotient of polynomials in E and in logarithms of such."""
    if isinstance(node, Function):
        return node.has(SMALL) and not isinstance(node, log)
    return isinstance(node, Pow) and is_no_degree(node)


@cache
def quotient(powers: Expr, size: Expr, near: bool) -> tuple[Expr, Expr, dict[Symbol, Expr]] | None:
    """Numerator and denominator in ``SMALL`` and symbols for logarithms, with what these stand for. ``size`` is |g|."""
    logarithms: dict[Expr, Symbol] = {}

    def named(value: Expr) -> Symbol:
        return logarithms.setdefault(value, Symbol(f"l{len(logarithms)}", real=True))

    bare = replaced(
        powers,
        lambda node: isinstance(node, log) and node.has(SMALL),
        lambda node: _logarithm(node.args[0], size, near, named),
    )
    if any(isinstance(node, log) and node.has(SMALL) for node in distinct(bare)):
        return None
    above, below = numerator_and_denominator(bare)
    content = below.as_coeff_Mul()[0] if below.is_Mul else S.One
    content *= factor_terms(below / content).as_coeff_Mul()[0]
    values = {symbol: value for value, symbol in logarithms.items()}
    return expand(above / content), expand(below / content), values


def _positive_at_zero(constant: Expr, factors: list[tuple[Expr, int]]) -> tuple[Expr, list[tuple[Expr, int]]]:
    """Factors with the sign that they have at E = 0 taken out. Raises where the constant left has no logarithm."""
    found = []
    for base, power in factors:
        negative = base.subs(SMALL, 0).is_negative
        found.append((-base if negative else base, power))
        constant *= (-1) ** power if negative else 1
    if constant.is_number and not constant.is_positive:
        raise PolynomialError("the logarithm of a negative number")
    return constant, found


def _logarithm(value: Expr, size: Expr, near: bool, named: Callable[[Expr], Symbol]) -> Expr:
    """Log of a quotient in E, ``size`` being |g| in this branch."""
    above, below = numerator_and_denominator(value)
    if near and (above - below).subs(SMALL, 1).equals(0):
        ratio = polynomial(factor(above - below)) / polynomial(below)
        return named(log1p(ratio))
    total: Expr = S.Zero
    for part, side in ((above, 1), (below, -1)):
        constant, factors = _positive_at_zero(*factor_list(part, SMALL))
        total += side * log(constant)
        for base, power in factors:
            if base == SMALL:
                total -= side * power * size
                continue
            start = base.subs(SMALL, 0)
            if start.is_number and start.is_positive:
                total += side * power * (log(start) + named(log1p(polynomial(base / start - 1))))
            else:
                total += side * power * named(log(polynomial(base)))
    return total
