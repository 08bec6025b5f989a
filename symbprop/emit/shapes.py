"""The shapes of expression nodes that lowering looks at: what a node reads, and which selections are one ufunc."""

from __future__ import annotations

from sympy import Add, Basic, Expr, Mul, Pow, Rational, S, Symbol, erfc, exp, log

from symbprop.accuracy.functions import scaled_erfc
from symbprop.calculus.functions import Select
from symbprop.calculus.nodes import inverse, is_reciprocal, split_sign
from symbprop.emit.calls import with_square


def operands(node: Basic) -> tuple[Basic, ...]:
    """The subexpressions that lowering a node reads: not always its SymPy arguments."""
    if isinstance(node, (Symbol,)) or (isinstance(node, Expr) and node.is_number):
        return ()
    if isinstance(node, Mul):
        factors = (each for each in node.args if not each.is_number)
        return tuple(inverse(f) if is_reciprocal(f) else f.args[0] if is_indicator(f) else f for f in factors)
    if isinstance(node, Add):
        if len(node.args) == 2 and S.NegativeOne in node.args and any(isinstance(each, exp) for each in node.args):
            return tuple(each.args[0] for each in node.args if isinstance(each, exp))
        return tuple(split_sign(each)[1] for each in node.args)
    if isinstance(node, Pow):
        if is_reciprocal(node):
            return (inverse(node),)
        if node.exp == Rational(3, 2):
            return (node.base, Pow(node.base, Rational(1, 2)))
        return (node.base,) if node.exp.is_Rational else (node.base, node.exp)
    if is_log_of_one_plus(node):
        return (node.args[0] - 1,)
    if isinstance(node, (erfc, scaled_erfc)):
        return with_square(node)[: len(node.args)]
    if isinstance(node, Select):
        extreme = as_extreme(node)
        if extreme is not None:
            return extreme[1:]
        if node.args[2] == 0 and is_safe_to_mask(node.args[1]):
            return (node.args[0], node.args[1])
    found: tuple[Basic, ...] = node.args
    return found


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
