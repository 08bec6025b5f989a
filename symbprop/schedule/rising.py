"""Functions that never fall: f(a) ≤ f(b) where a ≤ b."""

from __future__ import annotations

from functools import cache

from sympy import Add, Expr, Mul, Symbol, atan, exp, tanh
from sympy.core.relational import GreaterThan, Relational, StrictGreaterThan

from symbprop.calculus.functions import Select

RISING = (exp, tanh, atan)


@cache
def rises(expr: Expr, variable: Symbol) -> bool:
    """Whether an expression surely never falls as ``variable`` rises and all others stay.

    >>> from sympy import symbols
    >>> x, y = symbols("x y", real=True)
    >>> rises(Select(x > 0, x, x / 100) + y, x), rises(y - x, x)
    (True, False)
    """
    if expr == variable or variable not in expr.free_symbols:
        return True
    if isinstance(expr, (Add, *RISING)):
        return all(rises(each, variable) for each in expr.args)
    if isinstance(expr, Mul):
        number, rest = expr.as_coeff_Mul()
        return bool(number.is_positive) and rest != expr and rises(rest, variable)
    return isinstance(expr, Select) and _joined(expr, variable)


def _joined(choice: Select, variable: Symbol) -> bool:
    """Whether both branches rise, and the upper one starts no lower than the other ends."""
    condition, above, below = choice.args
    if not isinstance(condition, Relational):
        return False
    condition = condition.reversed if condition.lhs.is_number else condition
    if not condition.rhs.is_number:
        return False
    if not isinstance(condition, (GreaterThan, StrictGreaterThan)):
        above, below = below, above
    switch, bound = condition.lhs, condition.rhs
    if not rises(switch, variable) or not rises(above, variable) or not rises(below, variable):
        return False
    if switch == variable:
        return bool((above.subs(variable, bound) - below.subs(variable, bound)).is_nonnegative)
    return bool((above == switch and below == bound) or (below == switch and above == bound))
