"""exp(−|g|) times what grows: kept finite where the exponential is 0, and exact where it underflows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Add, Basic, Expr, Integer, Mul, Poly, Symbol, degree, exp

from symbprop.accuracy.polynomials import SMALL
from symbprop.calculus.functions import Held, absolute, larger, smaller

MAIN, TAIL = Symbol("M", positive=True), Symbol("T", positive=True)  # E = M·T, M no smaller than exp(−43)
FLOOR = Integer(43)  # exp(−43) and its square are normal numbers in single precision too


@dataclass(frozen=True, slots=True)
class Split:
    """A generator g, the condition under which it counts as positive, whether logarithms are taken near g = 0,

    and the size of its variable from which on exp(−|g|) is 0 and so is all that it multiplies.
    """

    argument: Expr
    condition: Basic
    near: bool = False
    bound: int | None = None

    @property
    def variable(self) -> Symbol:
        """The one read that g depends on, where ``bound`` is given."""
        return next(each for each in self.argument.free_symbols if each.name.startswith("a"))

    def held(self) -> Expr:
        """The variable kept within the bound on both sides."""
        limit = Integer(self.bound)
        return Held(larger(smaller(self.variable, limit), -limit))

    def exponentials(self, tails: bool) -> Mapping[Expr, Expr]:
        """E and its two factors written out. A power of the variable might overflow: so it is kept within the bound."""
        argument = self.argument
        if self.bound is not None and not _is_tame(argument, self.variable):
            argument = by_horner(argument, self.variable).xreplace({self.variable: self.held()})
        size = absolute(argument)
        if not tails:
            return {SMALL: Held(exp(-size)), MAIN: Held(exp(-size))}
        parts = split_exponential(-size)
        return {SMALL: Held(parts[MAIN] * parts[TAIL]), **parts}


def by_horner(argument: Expr, variable: Symbol) -> Expr:
    """X (c + d x²) for a cubic: fewer roundings than c x (1 + e x²)."""
    terms = Poly(argument, variable).terms()
    if len(terms) < 2 or any(power % 2 == 0 for (power,), _ in terms):
        return argument
    return variable * Held(Add(*(c * variable ** (power - 1) for (power,), c in terms)))


def split_exponential(argument: Expr) -> dict[Expr, Expr]:
    """exp(u) as a factor that does not underflow and the rest, which is 1 unless u < −43."""
    near = Held(larger(argument, -FLOOR))
    return {MAIN: Held(exp(near)), TAIL: Held(exp(argument - near))}


def damped(value: Expr, split: Split, sign: int) -> Expr:
    """``value`` with the variable held at its bound wherever a power of E, which is 0 from there on, multiplies it.

    E is multiplied in two factors: it would lose digits to underflow before its product does.
    """
    if split.bound is None or not value.has(SMALL):
        return value
    if isinstance(value, Held):
        return Held(damped(value.args[0], split, sign))
    if isinstance(value, Add):
        return Add(*(damped(each, split, sign) for each in value.args))
    if not isinstance(value, Mul) or not any(each.as_base_exp()[0] == SMALL for each in value.args):
        return value
    variable, limit = split.variable, Integer(split.bound)
    if not _is_tame(split.argument, variable):
        kept = split.held()
    else:
        kept = Held(smaller(variable, limit) if sign > 0 else larger(variable, -limit))
    power = next(each.as_base_exp()[1] for each in value.args if each.as_base_exp()[0] == SMALL)
    if not (value / SMALL).has(variable):
        return value
    rest = (value / SMALL**power).xreplace({variable: kept})
    return Held(MAIN**power * rest) * TAIL**power


def _is_tame(argument: Expr, variable: Symbol) -> bool:
    """Whether g is no larger than its variable."""
    return bool(degree(argument, variable) == 1 and abs(argument.coeff(variable)) <= 1)


def bound_of(argument: Expr) -> int | None:
    """From which size of its one variable on exp(−|g|) is 0 in float64, for an odd polynomial g that grows."""
    reads = list(argument.free_symbols)
    if len(reads) != 1 or not argument.is_polynomial(*reads) or argument.subs(reads[0], -reads[0]) + argument != 0:
        return None
    bound = 1
    while abs(argument.subs(reads[0], bound)) < 760 and bound < 10**6:
        bound *= 2
    return bound if bound < 10**6 else None
