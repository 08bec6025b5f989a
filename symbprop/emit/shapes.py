"""The shapes of expression nodes that lowering looks at: which selections are one ufunc, what may be masked."""

from __future__ import annotations

from sympy import Add, Basic, Expr, Rational, S, log

from symbprop.calculus.functions import Select


def is_log_of_one_plus(node: Basic) -> bool:
    """log(1 + x)."""
    return isinstance(node, log) and isinstance(node.args[0], Add) and S.One in node.args[0].args


def as_extreme(node: Select) -> tuple[str, Expr, Expr] | None:
    """``Select(a > b, a, b)`` as a maximum or minimum of its two operands."""
    condition, chosen, otherwise = node.args
    if not condition.is_Relational or condition.rel_op not in ("<", "<=", ">", ">="):
        return None
    left, right = condition.args
    if otherwise == -chosen and right == 0 and chosen in (left, -left):  # |x|
        return ("maximum" if (chosen == left) == (condition.rel_op[0] == ">") else "minimum"), chosen, otherwise
    inner = otherwise if isinstance(otherwise, Select) else None
    if inner is not None and inner.args[1:] == (-chosen, S.Zero) and {chosen, -chosen} == {left, -left} and right == 0:
        return ("maximum" if (chosen == left) == (condition.rel_op[0] == ">") else "minimum"), chosen, -chosen
    if {left, right} != {chosen, otherwise}:
        return None
    greater = condition.rel_op[0] == ">"
    return ("maximum" if (chosen == left) == greater else "minimum"), left, right


def is_indicator(node: Basic) -> bool:
    """1 where a condition holds, else 0."""
    return isinstance(node, Select) and node.args[1:] == (S.One, S.Zero)


def is_safe_to_mask(expression: Expr) -> bool:
    """Whether an expression is finite wherever its reads are, so that multiplying it by 0 gives 0."""
    if not expression.free_symbols:
        return expression.is_finite is not False
    return bool(expression.is_polynomial(*expression.free_symbols))


def is_third(coefficient: Rational) -> bool:
    """A small quotient that no float holds exactly: it stays one, so that exact arithmetic stays exact."""
    return bool(coefficient.q <= 12 and coefficient.q & (coefficient.q - 1))
