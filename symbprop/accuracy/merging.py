"""Two branches as one expression, what they share taken out of the choice between them."""

from __future__ import annotations

from sympy import Add, Basic, Expr, Integer, Mul

from symbprop.accuracy.polynomials import signs_inside
from symbprop.calculus.functions import Select


def merged(condition: Basic, ahead: tuple[Expr, Expr], behind: tuple[Expr, Expr]) -> Expr:
    """One expression out of two quotients, what they share outside the choice."""
    (top, bottom), (other_top, other_bottom) = ahead, behind
    if bottom == other_bottom:
        return chosen(condition, top, other_top) / bottom
    return chosen(condition, top / bottom, other_top / other_bottom)


def chosen(condition: Basic, one: Expr, other: Expr) -> Expr:
    """``Select(condition, one, other)`` with common terms and common factors taken out."""
    if one == other:
        return one
    one, other = signs_inside(one), signs_inside(other)
    common = [each for each in Add.make_args(one) if each in Add.make_args(other)]
    if common and (one.is_Add or other.is_Add):
        shared = Add(*common)
        return shared + chosen(condition, one - shared, other - shared)
    factors = [each for each in _factors(one) if each in _factors(other)]
    if factors and one != 0 and other != 0:
        shared = Mul(*factors)
        return shared * _choice(condition, one / shared, other / shared)
    return _choice(condition, one, other)


def _choice(condition: Basic, one: Expr, other: Expr) -> Expr:
    """A selection, a 1 first: {1 if z < 0 else E} is the larger of two, as {1 if z ≥ 0 else E} is."""
    return Select(~condition, other, one) if other == 1 != one else Select(condition, one, other)


def _factors(product: Expr) -> tuple[Expr, ...]:
    """The factors of a product that may leave a choice: not a sign, and a power whole."""
    return tuple(each for each in Mul.make_args(product) if not isinstance(each, Integer))
