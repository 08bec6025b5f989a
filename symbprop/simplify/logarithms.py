"""Logarithms of products and exponentials, split where the argument's signs allow it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from sympy import Expr, Mul, Pow, S, exp, log

from symbprop.calculus.algebra import cancel, together
from symbprop.calculus.nodes import replaced
from symbprop.simplify.degrees import named_exponentials
from symbprop.simplify.proof import proved


@cache
def split_logarithms(expression: Expr) -> Expr:
    """``log(exp(z)/s)`` as ``z − log(s)``. Proof: a factor known to be positive may leave the logarithm, since the

    other must then be positive too wherever the whole is real; and log(sⁿ) = n·log(s) for odd n for the same reason.
    """
    plain, meaning = named_exponentials(expression)
    exponentials = (exp, *meaning)
    made = replaced(plain, lambda node: isinstance(node, log), lambda node: _split(node.args[0], exponentials))
    return proved(expression, made.xreplace(meaning))


def _split(argument: Expr, exponentials: Sequence[object]) -> Expr:
    argument = cancel(together(argument)) if argument.has(*exponentials) else argument
    outside: list[Expr] = []
    inside: list[Expr] = []
    for factor in Mul.make_args(_as_product(argument, exponentials)):
        if isinstance(factor, exp):
            outside.append(factor.args[0])
        elif factor.is_positive and not factor.is_number:
            base, power = factor.as_base_exp()
            outside.append(power * log(base) if base.is_positive else log(factor))
        else:
            inside.append(factor)
    rest = Mul(*inside)
    if isinstance(rest, Pow) and rest.exp.is_Integer and rest.exp.is_odd:
        return sum(outside, start=rest.exp * log(rest.base))
    return sum(outside, start=S.Zero if rest == 1 else log(rest))


def _as_product(argument: Expr, exponentials: Sequence[object]) -> Expr:
    """A quotient with its numerator and denominator as factors."""
    numerator, denominator = argument.as_numer_denom()
    if denominator.is_positive is None and not isinstance(denominator, (Mul, Pow)) and not denominator.is_Symbol:
        return argument
    worth_it = numerator.has(*exponentials) or denominator.has(*exponentials)
    return numerator.factor() * Pow(denominator.factor(), -1) if worth_it else argument
