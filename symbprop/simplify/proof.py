"""Every rewriting of an expression is proved where it is used: both forms are computed at random points and must agree.

Where both forms are quotients of polynomials the points and the arithmetic are exact rationals: by the lemma of Schwartz
(1980) and Zippel (1979) two different ones agree at a random point of so large a set with a probability below 10⁻⁸, and
three points are tried. Otherwise it is 60 decimal digits, of which 45 must agree. A point where a form has no value (the
logarithm of a negative number, a division by zero) says nothing and is passed over.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from typing import Any

from mpmath import MPContext
from sympy import Basic, Expr, Pow, Symbol

from symbprop.calculus.arithmetic import Arithmetic, evaluator
from symbprop.calculus.functions import Detach, Floor, Select

POINTS = 3
TRIES = 12  # until that many points have a value
DIGITS = 60
AGREEING = 45
SIZE = 10**4  # numerators and denominators of the points

MP = MPContext()
MP.dps = DIGITS
NAMES = ("exp log sqrt sin cos tan sinh cosh tanh asin acos atan asinh acosh atanh erf erfc expm1 log1p").split()


def _real(name: str) -> Any:
    function = getattr(MP, name)

    def compute(x: Any) -> Any:
        value = function(x)
        if not isinstance(value, MP.mpf) or not MP.isfinite(value):
            raise ValueError(f"{name} has no real value here")
        return value

    return compute


def _power(base: Any, exponent: Any) -> Any:
    if base < 0 and exponent != int(exponent):
        raise ValueError("a root of a negative number")
    return base**exponent


EXACT = Arithmetic(Fraction, {"Floor": lambda x: x.numerator // x.denominator})
PRECISE = Arithmetic(
    lambda p, q: MP.mpf(p) / q,
    {**{name: _real(name) for name in NAMES}, "Floor": MP.floor, "Held": lambda x: x},
    MP.pi(),
    MP.e(),
    _power,
)


class WrongRewriting(AssertionError):
    """A rule has made another function of an expression. Always a fault of symbprop."""


@cache
def proved(before: Expr, after: Expr, meaning: tuple[tuple[Symbol, Expr], ...] = ()) -> Expr:
    """``after``, if it is the same function as ``before``; ``meaning`` gives what some of its symbols stand for.

    Raises ``WrongRewriting`` where the two differ.
    """
    if before == after:
        return after
    exact = all(map(_is_rational, (before, after, *(value for _, value in meaning))))
    arithmetic = EXACT if exact else PRECISE
    leaves = {symbol for each in (before, after, *(v for _, v in meaning)) for symbol in each.free_symbols}
    given = sorted(leaves - {symbol for symbol, _ in meaning}, key=lambda symbol: symbol.name)
    rng = random.Random(1)  # noqa: S311 - the points need no secrecy, and the same ones come every time
    found = 0
    for _ in range(TRIES):
        point = {symbol.name: _number(symbol, rng, exact) for symbol in given}
        try:
            for symbol, value in meaning:
                point[symbol.name] = evaluator(value, arithmetic)(point)
            one, other = (_finite(evaluator(each, arithmetic)(point), exact) for each in (before, after))
        except (ValueError, ZeroDivisionError, OverflowError):
            continue
        if not _agree(one, other, exact):
            raise WrongRewriting(f"{before} was rewritten as {after}, which is another function at {_shown(point)}")
        found += 1
        if found == POINTS:
            break
    return after


def _number(symbol: Symbol, rng: random.Random, exact: bool) -> Any:
    """A point: a whole number for an index or a size, otherwise a quotient of both signs around 1, unless it is positive."""
    value = Fraction(rng.randrange(1, SIZE), rng.randrange(SIZE // 4, SIZE))
    if symbol.is_integer:
        value = Fraction(rng.randrange(2, 40))
    elif not symbol.is_nonnegative and rng.random() < 0.5:
        value = -value
    return value if exact else MP.mpf(value.numerator) / value.denominator


def _finite(value: Any, exact: bool) -> Any:
    if not exact and not MP.isfinite(value):
        raise ValueError("no finite value here")
    return value


def _agree(one: Any, other: Any, exact: bool) -> bool:
    if exact:
        return bool(one == other)
    return bool(abs(one - other) <= MP.mpf(10) ** -AGREEING * (1 + abs(one) + abs(other)))


@cache
def _is_rational(node: Basic) -> bool:
    """Whether an expression is made of rationals, +, ·, whole powers and selections."""
    if isinstance(node, Pow) and not node.exp.is_Integer:
        return False
    plain = node.is_Add or node.is_Mul or node.is_Pow or node.is_Symbol or node.is_Rational or node.is_Relational
    plain = plain or isinstance(node, (Select, Detach, Floor)) or node.is_Boolean
    return bool(plain) and all(map(_is_rational, node.args))


def _shown(point: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in point.items())
