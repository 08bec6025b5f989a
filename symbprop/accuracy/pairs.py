"""A function of a logistic without branches: through F = exp(min(g, 0)) and G = exp(min(−g, 0)), none of which overflows.

σ(g) = F/(F + G) and 1 − σ(g) = G/(F + G) both keep their digits in their tails. So Σ cⱼ exp(j g)/(1 + exp(g))ᵏ, j from 0
to k, is Σ cⱼ Fʲ Gᵏ⁻ʲ/(F + G)ᵏ: (x σ)′ = F (F + (1 + x) G)/(F + G)². All steps are identities of algebra.

The larger of the two is 1, the other E = exp(−|g|). So one exponential gives both: F is {1 if g ≥ 0 else E}, G is
{1 if g < 0 else E}, F G = E and F + G = 1 + E.
"""

from __future__ import annotations

from sympy import Add, Expr, Function, Integer, Poly, S, Symbol, exp, log

from symbprop.accuracy.branches import is_bounded
from symbprop.accuracy.damping import FLOOR, GROWN, Split
from symbprop.accuracy.functions import tail_exp
from symbprop.accuracy.polynomials import HIGHEST, SMALL
from symbprop.calculus.algebra import cancel, factor_list, numerator_and_denominator
from symbprop.calculus.functions import Held, Select, absolute, larger, smaller
from symbprop.calculus.nodes import distinct, exchanged, replaced

WHOLE = Symbol("X", positive=True)  # exp(g)
BELOW, ABOVE, TAIL = (Symbol(name, positive=True) for name in ("F", "G", "T"))


def paired(expression: Expr, split: Split) -> Expr | None:
    """A sum of products of a logistic and its complement, written by F and G; nothing if it is no such sum."""
    terms = logistic_terms(expression, split.argument)
    if terms is None:
        return None
    degree = max(sum(powers) for powers in terms)
    least = min(power for power, _ in terms)
    inner = Add(*(_held(c, j, k, split) * BELOW ** (j - least) * ABOVE**k for (j, k), c in terms.items()))
    below = BELOW + ABOVE
    value = BELOW**least * (Held(inner) if inner.is_Add else inner) / below**degree
    if split.bound is None:
        argument = split.argument
        return exchanged(value, {BELOW: Held(exp(smaller(argument, Integer(0)))), **_other(argument)})
    argument = split.tame_argument()
    on_left = smaller(argument, Integer(0))
    main = Held(exp(Held(larger(on_left, -FLOOR))))
    tail = tail_exp(on_left if argument == split.argument else argument)  # of ∞ it is no number
    # What F multiplies may be large where F is no normal number: so its last factor comes last.
    whole = Held(value) * TAIL**least if least else value
    return exchanged(whole, {BELOW: main, TAIL: tail, GROWN: argument, **_other(argument)})


def chosen_pair(expression: Expr, split: Split) -> Expr | None:
    """The same sum by one exponential, where both F and G stand in it alone; nothing if one of them does not."""
    terms = logistic_terms(expression, split.argument)
    if terms is None or not any(j > k for j, k in terms) or not any(j < k for j, k in terms):
        return None
    size = Held(exp(-absolute(split.argument)))
    pair = {BELOW: Select(split.condition, S.One, size), ABOVE: Select(~split.condition, S.One, size), SMALL: size}
    inner = Add(
        *(c * SMALL ** min(j, k) * BELOW ** max(j - k, 0) * ABOVE ** max(k - j, 0) for (j, k), c in terms.items())
    )
    degree = max(sum(powers) for powers in terms)
    return exchanged(Held(inner) / (1 + SMALL) ** degree, pair)


def _other(argument: Expr) -> dict[Expr, Expr]:
    return {ABOVE: Held(exp(smaller(-argument, Integer(0))))}


def logistic_terms(expression: Expr, argument: Expr) -> dict[tuple[int, int], Expr] | None:
    """The coefficients of σʲ (1 − σ)ᵏ by j and k, which have one sum."""
    powers: Expr = replaced(
        expression,
        lambda node: isinstance(node, exp) and not is_bounded(node),
        lambda node: WHOLE ** cancel(node.args[0] / argument),
    )
    if powers.has(Select, log) or any(isinstance(each, Function) and each.has(WHOLE) for each in distinct(powers)):
        return None
    above, below = numerator_and_denominator(powers)
    constant, factors = factor_list(below, WHOLE)
    found = dict(factors)
    degree, shift = found.pop(WHOLE + 1, 0), found.pop(WHOLE, 0)
    if found or not 0 < degree <= HIGHEST or not above.is_polynomial(WHOLE):
        return None
    terms = {power - shift: c / constant for (power,), c in Poly(above, WHOLE).terms()}
    if not all(0 <= power <= degree for power in terms):
        return None
    return {(power, degree - power): c for power, c in terms.items()}


def _held(coefficient: Expr, j: int, k: int, split: Split) -> Expr:
    """The coefficient of Fʲ Gᵏ, its variable kept where these are not 0: F is on the left, G on the right."""
    if split.bound is None or not coefficient.has(split.variable):
        return coefficient
    variable, limit = split.variable, Integer(split.bound)
    if j and k:
        coefficient = split.in_argument(coefficient).xreplace({variable: split.held()})
    else:
        kept = Held(larger(variable, -limit) if j else smaller(variable, limit))
        coefficient = coefficient.xreplace({variable: kept})
    return Held(coefficient) if coefficient.is_Add else coefficient
