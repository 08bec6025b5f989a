"""The scalar functions of the language as SymPy expressions, and the guards against numbers that cannot be."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from fractions import Fraction

import sympy
from sympy import Expr, Number, Pow, Rational, S, Symbol, preorder_traversal
from sympy.core.numbers import ComplexInfinity, ImaginaryUnit, Infinity, NaN, NegativeInfinity

from symbprop.calculus.functions import Detach, Floor, absolute, larger, signum, smaller, without_sympy_kinks
from symbprop.language.source import SourceError, Span

MAXIMUM_BITS = 4096  # of an exact constant; beyond it a formula is a mistake or an attack
MAXIMUM_EXPONENT = 1000  # of a power of anything that is not a constant
LARGEST, SMALLEST = Rational(sys.float_info.max), Rational(sys.float_info.min)

FUNCTIONS: dict[str, Callable[..., Expr]] = {
    **{name: getattr(sympy, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{name: getattr(sympy, name) for name in ("asin", "acos", "atan", "asinh", "acosh", "atanh", "erf", "erfc")},
    "abs": absolute,
    "sign": signum,
    "log1p": lambda x: sympy.log(1 + x),
    "expm1": lambda x: sympy.exp(x) - 1,
    "floor": Floor,
    "ceil": lambda x: -Floor(-x),
    "detach": Detach,
}

CONSTANTS: dict[str, Expr] = {"pi": sympy.pi}

COMPARISONS: dict[str, Callable[[Expr, Expr], Expr]] = {
    "<": sympy.Lt,
    "<=": sympy.Le,
    ">": sympy.Gt,
    ">=": sympy.Ge,
    "==": sympy.Eq,
    "!=": sympy.Ne,
}


def power(base: Expr, exponent: Expr, span: Span) -> Expr:
    """``base ^ exponent``; a constant too large to write down is an error, found before it is computed."""
    if base.is_Rational and exponent.is_Rational:
        bits = max(abs(base.p).bit_length(), base.q.bit_length()) * abs(float(exponent))
        if bits > MAXIMUM_BITS and base not in (S.One, S.NegativeOne, S.Zero):
            raise SourceError(
                "this power is too large a constant", span, hint="write it as exp(…) or scale the formula"
            )
    elif base.is_number and exponent.is_number:
        value = abs(sympy.re(exponent.evalf(15)) * sympy.log(sympy.Abs(base)).evalf(15))
        if not value < MAXIMUM_BITS:
            raise SourceError("this power is too large a constant", span, hint="scale the formula")
    elif base.is_number and base.is_negative and not exponent.is_integer:
        raise SourceError("this is not a real number", span, hint="a negative number to a power that is no integer")
    result = base**exponent
    if isinstance(result, Pow) and result.exp.is_Rational and abs(result.exp) > MAXIMUM_EXPONENT:
        raise SourceError("this exponent is absurdly large", span, hint="scale the formula")
    return result


def elementwise(name: str, arguments: list[Expr]) -> Expr:
    """A built-in function of scalar expressions."""
    if name in ("max", "min"):
        choose = larger if name == "max" else smaller
        result = arguments[0]
        for each in arguments[1:]:
            result = choose(result, each)
        return result
    return without_sympy_kinks(FUNCTIONS[name](*arguments))


def real(expression: Expr, span: Span) -> Expr:
    """``expression``, or an error when it is not a finite real number or function."""
    if expression.has(ComplexInfinity, NaN, Infinity, NegativeInfinity):
        raise SourceError("this is not a finite number", span, hint="it divides by zero, or overflows")
    if expression.has(ImaginaryUnit) or (expression.is_number and expression.is_real is False):
        raise SourceError("this is not a real number", span, hint="the root or logarithm of a negative constant")
    if expression.is_number and not isinstance(expression, Rational):
        size = abs(complex(expression.evalf(15))) if _is_moderate(expression) else math.inf
        if size > 1e300:
            raise SourceError("this constant overflows a float64", span, hint="scale the formula")
        if expression.is_zero is False and size < SMALLEST:
            raise SourceError("this constant is too small for a float64", span, hint="scale the formula")
    return expression


def representable(expression: Expr, span: Span) -> None:
    """Raises ``SourceError`` if a number in ``expression`` overflows a float64, or vanishes in it."""
    for node in preorder_traversal(expression):
        if isinstance(node, Number) and isinstance(node, Rational):
            if abs(node) > LARGEST:
                raise SourceError("a constant of this formula overflows a float64", span, hint="scale the formula")
            if 0 < abs(node) < SMALLEST:
                raise SourceError(
                    "a constant of this formula is too small for a float64", span, hint="scale the formula"
                )
        elif isinstance(node, Expr) and node.args and node.is_number:
            real(node, span)


def _is_moderate(expression: Expr) -> bool:
    try:
        return bool(abs(sympy.log(sympy.Abs(expression.evalf(15)) + 1).evalf(8)) < 690)
    except (OverflowError, TypeError, ValueError):
        return False


def rational(value: Fraction) -> Expr:
    """An exact number."""
    return Rational(value.numerator, value.denominator)


def is_constant(expression: Expr) -> bool:
    """Whether an expression has no leaves but numbers and sizes."""
    return all(isinstance(each, Symbol) and each.is_positive for each in expression.free_symbols)
