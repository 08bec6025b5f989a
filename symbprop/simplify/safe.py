"""Safe forms: what is computed where the closed form, as it is printed, would overflow.

The rules go by the shape of an expression, never by a function's name. All write exponentials through
E = exp(−|u|) ∈ (0, 1], which cannot overflow:

- ``log(1 + exp(u))`` = max(u, 0) + log(1 + E);  ``log(cosh(u))`` = |u| + log(1 + E²) − log 2;
- a quotient of polynomials in exp(u), with a branch on the sign of u, is one in E;
- in the branch of a selection where u ≤ c, ``exp(u)`` = exp(min(u, c)), so the dead branch stays finite.
"""

from __future__ import annotations

from functools import cache

from sympy import Add, Expr, Integer, Pow, S, Symbol, cancel, cosh, exp, fraction, log, preorder_traversal, together

from symbprop.calculus.functions import Select, absolute, larger, smaller
from symbprop.simplify.cost import cost

LARGEST = 120  # operations; beyond it an expression is computed as it stands


@cache
def safe_form(expression: Expr) -> Expr:
    """An equal expression that is finite wherever its value is, as far as the rules reach."""
    if not expression.has(exp, cosh) or cost(expression) > LARGEST:
        return expression
    expression = expression.replace(_is_soft_maximum, _soft_maximum)
    expression = expression.replace(_is_log_cosh, _log_cosh)
    expression = expression.replace(lambda node: isinstance(node, Select), _bounded_branches)
    return _branched(expression)


def _is_soft_maximum(node: Expr) -> bool:
    """log(1 + exp(u))."""
    if not isinstance(node, log) or not isinstance(node.args[0], Add) or len(node.args[0].args) != 2:
        return False
    one, other = sorted(node.args[0].args, key=lambda each: isinstance(each, exp))
    return one == 1 and isinstance(other, exp) and not _is_bounded(other)


def _soft_maximum(node: Expr) -> Expr:
    argument = next(each.args[0] for each in node.args[0].args if isinstance(each, exp))
    return larger(argument, S.Zero) + log(1 + exp(-absolute(argument)))


def _is_log_cosh(node: Expr) -> bool:
    return isinstance(node, log) and isinstance(node.args[0], cosh)


def _log_cosh(node: Expr) -> Expr:
    size = absolute(node.args[0].args[0])
    return size + log(1 + exp(-2 * size)) - log(Integer(2))


def _bounded_branches(node: Select) -> Expr:
    """``Select(u > c, a, b(exp(u)))``: b is only chosen where u ≤ c."""
    condition, chosen, otherwise = node.args
    if not condition.is_Relational or not condition.args[1].is_number:
        return node
    variable, bound = condition.args
    safe = {
        each: exp(each.args[0] / variable * smaller(variable, bound))
        for each in node.atoms(exp)
        if (each.args[0] / variable).is_positive and (each.args[0] / variable).is_number
    }
    if condition.rel_op in (">", ">=") and bound <= 700:
        return Select(condition, chosen, otherwise.xreplace(safe))
    if condition.rel_op in ("<", "<=") and bound <= 700:
        return Select(condition, chosen.xreplace(safe), otherwise)
    return node


def _branched(expression: Expr) -> Expr:
    """A quotient in exp(u) by the sign of u, if an exponential that may overflow stands in a denominator."""
    risky = _exponentials_below(expression)
    if not risky:
        return expression
    argument = min(risky, key=lambda each: each.sort_key()).args[0]
    if argument.could_extract_minus_sign():
        argument = -argument
    small = Symbol("E", positive=True)
    ahead = _rational_in(expression, argument, small, -1)
    behind = _rational_in(expression, argument, small, 1)
    if ahead is None or behind is None:
        return expression
    (top, bottom), (other_top, other_bottom) = fraction(ahead), fraction(behind)
    condition = argument >= 0
    shared = bottom == other_bottom
    result = Select(condition, top, other_top) / bottom if shared else Select(condition, ahead, behind)
    return result.xreplace({small: exp(-absolute(argument))})


def _exponentials_below(expression: Expr) -> set[Expr]:
    found: set[Expr] = set()
    for node in preorder_traversal(expression):
        if isinstance(node, Pow) and not isinstance(node, exp) and node.exp.is_negative:
            found |= {each for each in node.base.atoms(exp) if not _is_bounded(each)}
    return found


def _is_bounded(exponential: Expr) -> bool:
    """Whether exp's argument cannot be positive: it is −|u|, or min(u, c)."""
    argument = exponential.args[0]
    return bool(argument.is_nonpositive) or argument.has(Select)


def _rational_in(expression: Expr, argument: Expr, small: Symbol, sign: int) -> Expr | None:
    """``expression`` with exp(k·argument) = E^(sign·k), cancelled; ``None`` if it is not rational in E."""
    others = [
        each for each in expression.atoms(exp) if not (each.args[0] / argument).is_Integer and not _is_bounded(each)
    ]
    if others:
        return None
    replaced = expression.replace(
        lambda node: isinstance(node, exp) and (node.args[0] / argument).is_Integer,
        lambda node: small ** (sign * (node.args[0] / argument)),
    )
    return cancel(together(replaced)) if not replaced.has(Select, log) else together(replaced)
