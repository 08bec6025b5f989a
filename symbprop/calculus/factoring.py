"""Common factors taken out of sums, as SymPy's ``factor_terms`` does it, each subexpression treated once.

The rooms ask it of many expressions that share most of what they are made of, and SymPy walks through each anew.
"""

from __future__ import annotations

from functools import cache
from math import gcd

import sympy
from sympy import Add, Basic, Dummy, Expr, Function, Mul, Pow, S, Symbol, exp, gcd_terms
from sympy.core.mul import _keep_coeff


@cache
def factor_terms(expression: Expr) -> Expr:
    """``sympy.factor_terms(expression)``.

    >>> x, y = sympy.symbols("x y")
    >>> factor_terms(x + x * (2 + 4 * y) ** 3)
    x*(8*(2*y + 1)**3 + 1)
    """
    if expression.is_Atom:
        return expression
    if expression.is_Pow or expression.is_Function or not hasattr(expression, "args_cnc"):
        args = tuple(map(factor_terms, expression.args))
        return expression if args == expression.args else expression.func(*args)
    if not isinstance(expression, (Add, Mul)):
        return sympy.factor_terms(expression)
    content, inner = expression.as_content_primitive(radical=False, clear=False)
    if inner.is_Add:
        content, inner = _gathered(content, [factor_terms(each) for each in inner.args])
    elif inner.args:
        inner = inner.func(*map(factor_terms, inner.args))
    return _keep_coeff(content, inner, clear=False, sign=True)


def _gathered(content: Expr, terms: list[Expr]) -> tuple[Expr, Expr]:
    """A number, and a number times a sum of terms: a sign that all terms have goes to the number in front."""
    if all(each.as_coeff_Mul()[0].extract_multiplicatively(-1) is not None for each in terms):
        content, terms = -content, [-each for each in terms]
    special: dict[Expr, Expr] = {}  # exp(−(x + 2)), of which gcd_terms would make exp(−x − 2)
    for place, each in enumerate(terms):
        power = each.as_base_exp()[1]
        if power.is_Mul and power != Mul(*power.args):
            terms[place] = Dummy()
            special[terms[place]] = each
    if special:
        return content, _divided(Add._from_args(terms)).xreplace(special)
    return content, Add(*terms) if _have_nothing_in_common(terms) else _divided_once(Add._from_args(terms))


def _divided(total: Add) -> Expr:
    return gcd_terms(total, isprimitive=True, clear=False, fraction=False)


_divided_once = cache(_divided)


def _have_nothing_in_common(terms: list[Expr]) -> bool:
    """Whether terms are products of simple factors and whole numbers none of which divides them all."""
    numbers, shared = [], None
    for each in terms:
        number, rest = each.as_coeff_Mul()
        factors = {_base(factor) for factor in Mul.make_args(rest)}
        if not number.is_Integer or None in factors:
            return False
        numbers.append(int(number))
        shared = factors if shared is None else shared & factors
    return len(terms) > 1 and gcd(*numbers) == 1 and not shared - {S.One}  # type: ignore[operator]


def _base(factor: Basic) -> Basic | None:
    """What a factor is a whole power of, if that is simple: a symbol, or a function of one value."""
    base = factor.base if isinstance(factor, Pow) and factor.exp.is_Integer and not isinstance(factor, exp) else factor
    simple = isinstance(base, Symbol) or base is S.One or (isinstance(base, Function) and not isinstance(base, exp))
    return base if simple else None
