"""A function of a logistic by one exponential that is kept from overflowing: W = exp(min(g, 43)), without |g| or branches.

σ(g) = W/(1 + W). From 43 on 1 + W is W to the last digit, and what tends to a limit other than 0 is as constant as it is
going to be: (x σ)′ = W (W + (1 + x))/(1 + W)² is 1 there, if x is kept where it is, too. To the left W goes to 0 by itself.
What tends to 0 on the right and not on the left is the same function of −g. All other steps are identities of algebra.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sympy import Add, Expr, Integer, Poly, Rational, Symbol, exp

from symbprop.accuracy.damping import FLOOR, GROWN, Split, from_linear_term
from symbprop.accuracy.functions import tail_exp
from symbprop.accuracy.pairs import logistic_terms
from symbprop.calculus.algebra import expand
from symbprop.calculus.functions import Held, larger, smaller
from symbprop.calculus.nodes import exchanged

WHOLE = Symbol("W", positive=True)
SQUARE = 2  # the highest power: exp(43)² is still a number in single precision
FINEST = 40  # bits of the number at which a variable is kept


def clamped(expression: Expr, split: Split, numbers: Mapping[Expr, Expr]) -> Iterator[Expr]:
    """A sum of products of a logistic and its complement by W; nothing if it is no such sum, or tends to 0 on both sides.

    As one quotient, and with what has the variable as a factor apart: (x σ)′ = W/(1 + W) (1 + x/(1 + W)). ``numbers`` are
    what the symbols of irrational numbers stand for.
    """
    terms = logistic_terms(expression, split.argument)
    if terms is None:
        return
    degree = max(sum(powers) for powers in terms)
    sign = next((s for s, powers in ((1, (degree, 0)), (-1, (0, degree))) if terms.get(powers, 0) != 0), None)
    if sign is None or degree > SQUARE:
        return
    parts = {(j if sign > 0 else k): c for (j, k), c in terms.items()}
    if split.bound is None:
        if not any(c.free_symbols & split.argument.free_symbols for c in parts.values()):
            argument = smaller(sign * split.argument, FLOOR)
            yield exchanged(_quotient(parts, degree), {WHOLE: Held(exp(argument))})
        return
    end = _end(split, numbers)
    if end is None or not any(c.has(split.variable) for c in parts.values()):
        return
    variable, limit = split.variable, Integer(split.bound)
    low, high = (-limit, end) if sign > 0 else (-end, limit)
    kept = Held(larger(smaller(variable, high), low))
    on_left = Held(larger(variable, low) if sign > 0 else smaller(variable, high))
    grown = from_linear_term(split.argument, variable).xreplace({variable: kept})
    argument = sign * grown
    meanings = {WHOLE: Held(exp(Held(larger(argument, -FLOOR)))), GROWN: grown}
    least = min(parts)

    def held(part: Mapping[int, Expr]) -> dict[int, Expr]:
        return {
            power: c.xreplace({variable: on_left})
            if power == degree
            else split.in_argument(c).xreplace({variable: kept})
            for power, c in part.items()
        }

    quotients = [_quotient(held(parts), degree)]
    still = {power: c.subs(variable, 0) for power, c in parts.items()}
    moving = {power: expand(c - still[power]) for power, c in parts.items()}
    if (apart := _apart(still, held(moving), degree)) is not None:
        quotients.append(apart)
    for each in quotients:
        yield exchanged(Held(each) * tail_exp(argument) ** least if least else each, meanings)


def _quotient(parts: Mapping[int, Expr], degree: int) -> Expr:
    """Σ cⱼ Wʲ/(1 + W)ᵏ; one term is divided first, as what multiplies it may be as large as any number."""
    least = min(parts)
    if len(parts) == 1:
        return Held(WHOLE**least / (1 + WHOLE) ** degree) * parts[least]
    return WHOLE**least * Held(_sum(parts, least)) / (1 + WHOLE) ** degree


def _apart(still: Mapping[int, Expr], moving: Mapping[int, Expr], degree: int) -> Expr | None:
    """Σ (aⱼ + bⱼ) Wʲ/(1 + W)ᵏ where Σ aⱼ Wʲ is divided by 1 + W as often as it can be."""
    least = min(still)
    rest, times = Poly(_sum(still, least), WHOLE), 0
    while times < degree:
        found, left = rest.div(Poly(1 + WHOLE, WHOLE))
        if not left.is_zero:
            break
        rest, times = found, times + 1
    if not times or rest.is_zero:
        return None
    other = Held(_sum(moving, least)) / (1 + WHOLE) ** times
    return WHOLE**least * Held(rest.as_expr() + other) / (1 + WHOLE) ** (degree - times)


def _sum(parts: Mapping[int, Expr], least: int) -> Expr:
    return Add(*((Held(c) if c.is_Add else c) * WHOLE ** (power - least) for power, c in parts.items()))


def _end(split: Split, numbers: Mapping[Expr, Expr]) -> Rational | None:
    """Where g is 43, or a little less."""
    argument = split.argument.xreplace(numbers)
    for bits in range(FINEST):
        steps = 0
        for power in reversed(range(FINEST)):
            if argument.subs(split.variable, Rational(steps + 2**power, 2**bits)) <= FLOOR:
                steps += 2**power
        if steps and argument.subs(split.variable, Rational(steps, 2**bits)) > FLOOR - Rational(1, 2):
            return Rational(steps, 2**bits)
    return None
