"""Quotients of polynomials in x and |x|, by the sign of x: the derivative of x/(1 + |x|) is 1/(1 + |x|)²."""

from __future__ import annotations

from sympy import Expr, Symbol

from symbprop.calculus.algebra import cancel, factor, together
from symbprop.calculus.functions import Select, absolute
from symbprop.simplify.degrees import named_exponentials

SIZE = Symbol("m", positive=True)


def by_sign_of_reads(expression: Expr) -> Expr:
    """``expression`` with x = ±|x| in each branch, if both branches then are the same.

    Proof: what is equal for x > 0 and for x < 0 is equal for every x where both sides are continuous.
    """
    for variable in sorted(_signed(expression), key=lambda each: each.sort_key()):
        branches = [_branch(expression, variable, sign) for sign in (1, -1)]
        if branches[0] == branches[1] and not branches[0].has(Select):
            joined = branches[0].xreplace({SIZE: absolute(variable)})
            if _agrees_at_zero(expression, joined, variable):
                expression = joined
    return expression


def _signed(expression: Expr) -> set[Symbol]:
    """The reads of which the expression takes the absolute value."""
    return {
        each.args[1] for each in expression.atoms(Select) if each.args[1].is_Symbol and each == absolute(each.args[1])
    }


def _branch(expression: Expr, variable: Symbol, sign: int) -> Expr:
    value = sign * SIZE
    plain, meaning = named_exponentials(expression.xreplace({absolute(variable): SIZE}).subs(variable, value))
    found: Expr = factor(cancel(together(plain))).xreplace(meaning)
    return found


def _agrees_at_zero(expression: Expr, joined: Expr, variable: Symbol) -> bool:
    return bool((expression.subs(variable, 0) - joined.subs(variable, 0)).equals(0))
