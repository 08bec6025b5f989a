"""exp(−|g|) times what grows: kept finite where the exponential is 0, and exact where it underflows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Add, Basic, Expr, Integer, Mul, Poly, Symbol, degree, exp

from symbprop.accuracy.functions import tail_exp
from symbprop.accuracy.polynomials import SMALL
from symbprop.calculus.algebra import cancel, expand
from symbprop.calculus.functions import Held, absolute, larger, smaller

MAIN, TAIL = Symbol("M", positive=True), Symbol("T", positive=True)  # E = M·T, M no smaller than exp(−43)
GROWN = Symbol("G", real=True)  # g itself, of a higher degree than 1
FLOOR = Integer(43)  # exp(−43) and its square are normal numbers in single precision too


@dataclass(frozen=True, slots=True)
class Split:
    """A generator g, the condition under which it counts as positive, whether logarithms are taken near g = 0,

    the size of its variable from which on exp(−|g|) is 0 and so is all that it multiplies, and whether each power of
    the variable gets its own quotient.
    """

    argument: Expr
    condition: Basic
    near: bool = False
    bound: int | None = None
    apart: bool = False

    @property
    def variable(self) -> Symbol:
        """The one read that g depends on, where ``bound`` is given."""
        return next(each for each in self.argument.free_symbols if each.name.startswith("a"))

    def held(self) -> Expr:
        """The variable kept within the bound on both sides."""
        limit = Integer(self.bound)
        return Held(larger(smaller(self.variable, limit), -limit))

    def tame_argument(self) -> Expr:
        """G, its variable within the bound where a power of it might overflow."""
        if self.bound is None or _is_tame(self.argument, self.variable):
            return self.argument
        return from_linear_term(self.argument, self.variable).xreplace({self.variable: self.held()})

    def exponentials(self, tails: bool) -> Mapping[Expr, Expr]:
        """E, its two factors and g written out. A power of the variable might overflow: so it is kept within the bound."""
        argument = self.tame_argument()
        size = absolute(argument)
        if not tails:
            return {SMALL: Held(exp(-size)), MAIN: Held(exp(-size)), GROWN: argument}
        parts = split_exponential(-size)
        return {SMALL: Held(parts[MAIN] * parts[TAIL]), **parts, GROWN: argument}

    def in_argument(self, value: Expr) -> Expr:
        """``value`` with a multiple of g in each power of E named: what rounds g moves both alike, nearly as x does.

        1 + c x + 3 d x³ beside exp(−|c x + d x³|) is 1 + g + 2 d x³.
        """
        if self.bound is None or degree(self.argument, self.variable) == 1:
            return value
        parts = dict(Poly(self.argument, self.variable).terms())
        found: Expr = Integer(0)
        for (power,), coefficient in Poly(value, SMALL).terms():
            terms = dict(Poly(coefficient, self.variable).terms())
            if all(each in terms for each in parts):
                multiple = cancel(terms[1,] / parts[1,]) if (1,) in parts else Integer(0)
                coefficient = expand(coefficient - multiple * self.argument) + multiple * GROWN
            found += coefficient * SMALL**power
        return found


def from_linear_term(argument: Expr, variable: Symbol) -> Expr:
    """A cubic as c (x + d x³): nearly all of it is rounded twice and no more, when it is added to and when scaled."""
    terms = Poly(argument, variable).terms()
    if len(terms) < 2 or any(power % 2 == 0 for (power,), _ in terms):
        return argument
    scale = dict(terms).get((1,), terms[0][1])
    return scale * Held(Add(*(cancel(c / scale) * variable**power for (power,), c in terms)))


def split_exponential(argument: Expr) -> dict[Expr, Expr]:
    """exp(u) as a factor that does not underflow and the rest, which is 1 unless u < −43."""
    near = Held(larger(argument, -FLOOR))
    return {MAIN: Held(exp(near)), TAIL: tail_exp(argument)}


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
    if not (value / SMALL).has(variable, GROWN):
        return value
    rest = (value / SMALL**power).xreplace({variable: kept})
    return Held(MAIN**power * rest) * TAIL**power


def without_tail(bottom: Expr, plain: Expr, split: Split) -> Expr:
    """A denominator, E in it no smaller than exp(−43): 1 + exp(−43) is 1."""
    constant = plain.subs(SMALL, 0)
    safe = split.bound is not None and constant.is_number and constant != 0
    return bottom.xreplace({SMALL: MAIN}) if safe else bottom


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
