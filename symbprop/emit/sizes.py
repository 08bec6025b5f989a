"""Numbers and sizes as Python text."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache

from sympy import Add, Expr, Integer, Mul, Pow, Rational, S, Symbol

from symbprop.calculus.index import Extent
from symbprop.calculus.nodes import long_power_of_two

NOMINAL = 64  # what a size that is free at run time counts as


def number(value: Expr) -> str:
    """An exact number as the shortest Python literal that has its float64 value."""
    power = long_power_of_two(value)
    if power is not None:
        return f"-(2.0**{power})" if value.is_negative else f"2.0**{power}"
    if isinstance(value, Integer):
        return str(int(value))
    if value in (S.Infinity, S.NegativeInfinity):
        return "np.inf" if value is S.Infinity else "-np.inf"
    if isinstance(value, Rational):
        return repr(value.p / value.q)
    return repr(float(value.evalf(25)))


def constant(value: Expr) -> str:
    """What a tensor is filled with: a number, or an infinity."""
    if value.is_infinite:
        return "np.inf" if value.is_extended_positive else "-np.inf"
    return number(value)


def size(value: Extent) -> str:
    """An extent as a Python expression of the sizes ``N``, ``T``, …"""
    return str(value) if isinstance(value, int) else _sum(value)


def nominal(extents: Iterable[Extent]) -> int:
    """About how many elements an array has, where that has to be said before the free sizes are known."""
    return math.prod(each if isinstance(each, int) else _nominal(each) for each in extents)


@cache
def _nominal(size: Expr) -> int:
    return int(size.subs(dict.fromkeys(size.free_symbols, NOMINAL)))


def _sum(value: Expr) -> str:
    if isinstance(value, Add):
        text = ""
        for term in value.as_ordered_terms():
            negative = term.could_extract_minus_sign()
            part = _product(-term if negative else term)
            text += (" - " if negative else " + ") + part if text else ("-" + part if negative else part)
        return text
    return _product(value)


def _product(value: Expr) -> str:
    if isinstance(value, Mul):
        return " * ".join(_atom(each) for each in value.args)
    return _atom(value)


def _atom(value: Expr) -> str:
    if isinstance(value, Symbol):
        return str(value.name)
    if isinstance(value, Pow):
        return f"{_atom(value.base)}**{_atom(value.exp)}"
    if isinstance(value, Add):
        return f"({_sum(value)})"
    return str(value)
