"""Polynomials in E = exp(−|g|), written so that what is small is computed as what is small."""

from __future__ import annotations

from functools import cache

from sympy import Add, Expr, Integer, Poly, Symbol, log
from sympy.codegen.cfunctions import expm1

from symbprop.calculus.algebra import expand, factor, factor_list
from symbprop.calculus.functions import Held

LARGEST = 12  # denominator of a factor that is no trace of decimals whose denominators were cleared
SMALL = Symbol("E", positive=True)
HIGHEST = 24  # power of E; exp(1.0507009873554805 x) and exp(x) are powers of one E, but no polynomial of use


@cache
def polynomial(value: Expr) -> Expr:
    """A polynomial in E, its powers and its factors 1 − E taken out, the rest collected by E."""
    if not value.has(SMALL):
        return factor(value)
    constant, factors = factor_list(value)
    result: Expr = constant
    for base, power in factors:
        if power == 1 and result.is_Rational and result.q > LARGEST and base.is_Add:
            base, result = expand(result * base), Integer(1)  # decimals as they were: no division by 10⁵
        result *= _factor(base) ** power
    return result


def _factor(base: Expr) -> Expr:
    if base in (SMALL - 1, 1 - SMALL):
        return expm1(log(SMALL), evaluate=False) if base == SMALL - 1 else -expm1(log(SMALL), evaluate=False)
    if not base.has(SMALL):
        return base
    terms = [
        (signs_inside(_coefficient(coefficient)), exponent[0]) for exponent, coefficient in Poly(base, SMALL).terms()
    ]
    start = Add(*(Held(c) if c.is_Add else c for c, k in terms if not k))  # Held: (1 - y) - y E, not 1 - (y + y E)
    rest = Add(*(c * SMALL**k for c, k in terms if k))
    return start + (Held(rest) if rest.is_Add else rest)  # the small terms first: one rounding beside the large one


def _coefficient(value: Expr) -> Expr:
    """A coefficient factored, or as it stands where that would only clear its decimals: 0.3 x + 1."""
    factored = factor(value)
    return factored if factored.as_coeff_Mul()[0].q <= LARGEST else expand(value)


def signs_inside(value: Expr) -> Expr:
    """−(a + b) as −a − b."""
    sign, rest = value.as_coeff_Mul()
    return Add(*(-each for each in rest.args)) if sign == -1 and rest.is_Add else value


def is_no_degree(power: Expr) -> bool:
    """Whether a power is one of E that no polynomial of use has."""
    return power.base == SMALL and not (power.exp.is_Integer and abs(power.exp) <= HIGHEST)
