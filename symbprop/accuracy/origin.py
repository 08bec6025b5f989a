"""Functions that vanish at zero because large terms cancel, x − tanh x: there, a quotient of polynomials.

Taylor's coefficients are an integral over a circle around zero (Cauchy 1831), which the trapezoidal rule gives to all
digits; the quotient that shares them, Padé's (1892), is exact to the last digit over a whole interval. It is derived from
the expression alone and proved on use: against the expression itself, in many digits, at points that lie dense.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from mpmath import MPContext
from mpmath.libmp import mpf_mul, mpf_sub, mpf_sum
from sympy import Expr, Integer, Rational, S, Symbol

from symbprop.calculus.arithmetic import Arithmetic, evaluator
from symbprop.calculus.functions import Held, Select, absolute, larger, smaller

MP = MPContext()
MP.dps = 80
CIRCLE = 64  # points
KNOWN = CIRCLE // 2  # coefficients
RADIUS = MP.mpf(1) / 8
NOTHING = MP.mpf(10) ** -40  # a coefficient smaller than this is 0
RANGES = (S.One, S.Half, Rational(1, 8))  # how far the quotient may be used
DEGREES = range(2, 8)
SURE = MP.mpf(2) ** -58  # relative to the truth, at every point
PROBES = 24
NAMES = ("exp log sqrt sin cos tan sinh cosh tanh asin acos atan asinh acosh atanh erf erfc expm1").split()
COMPLEX = Arithmetic(
    lambda p, q: MP.mpf(p) / q,
    {
        **{name: getattr(MP, name) for name in NAMES},
        "Held": lambda x: x,
        "log1p": lambda x: MP.log(1 + x),
        "hypot": lambda a, b: MP.sqrt(a * a + b * b),
    },
    MP.pi(),
    MP.e(),
)
Function = Callable[[Any], Any]


def near_zero(expression: Expr) -> Iterator[Expr]:
    """Forms of a function of one read that vanishes at 0: by a quotient of polynomials near it, as it stands elsewhere."""
    reads = list(expression.free_symbols)
    if len(reads) != 1 or not reads[0].name.startswith("a") or expression.has(Select):
        return
    variable = reads[0]
    if not expression.subs(variable, 0).is_zero:
        return
    for within, quotient in _quotients(expression, variable):
        kept = Held(larger(smaller(variable, within), -within))
        yield Select(absolute(variable) <= within, quotient.xreplace({variable: kept}), expression)


@cache
def _quotients(expression: Expr, variable: Symbol) -> tuple[tuple[Rational, Expr], ...]:
    """How far xᵏ P/Q is the function to more than double precision, and that quotient, of the least degree."""
    try:
        inner = evaluator(expression, COMPLEX)
        coefficient = _taylor(lambda x: inner({variable.name: x}))
        truths = {within: _probes(lambda x: inner({variable.name: x}), within) for within in RANGES}
    except (ArithmeticError, KeyError, TypeError, ValueError):
        return ()
    order = next((n for n in range(KNOWN) if abs(coefficient(n)) > NOTHING), 0)
    if order < 1:
        return ()
    step = 2 if all(abs(coefficient(n)) < NOTHING for n in range(order + 1, KNOWN, 2)) else 1
    found: dict[Rational, Expr] = {}
    for degree in DEGREES:
        places = range(order, KNOWN, step)[: 2 * degree + 1]
        if len(found) == len(RANGES) or len(places) < 2 * degree + 1:
            break
        series = [coefficient(n) for n in places]
        try:
            above, below = MP.pade(series, degree, degree)
        except ZeroDivisionError:
            continue
        for within, pairs in truths.items():
            if within not in found and all(_agrees(above, below, order, step, *pair) for pair in pairs):
                power = variable**step
                found[within] = variable**order * _polynomial(above, power) / _polynomial(below, power)
    return tuple(found.items())


def _taylor(function: Function) -> Callable[[int], Any]:
    """The coefficients at 0 of a function that is real on the real line, and so has conjugate values in conjugates.

    So only the real part of each product is computed, and that of its conjugate is the same; the sum is exact until it
    is rounded.
    """
    turns = _turns()
    values = [MP.mpc(function(RADIUS * turn))._mpc_ for turn in turns[: CIRCLE // 2 + 1]]
    factors = [turn._mpc_ for turn in turns]
    precision, mode = MP._prec_rounding

    @cache
    def coefficient(power: int) -> Any:
        parts = []
        for n, (real, imaginary) in enumerate(values):
            cosine, sine = factors[-n * power % CIRCLE]
            parts.append(mpf_sub(mpf_mul(real, cosine), mpf_mul(imaginary, sine), precision, mode))
        total = MP.make_mpf(mpf_sum([*parts, *reversed(parts[1:-1])], precision, mode))
        return total / CIRCLE / RADIUS**power

    return coefficient


@cache
def _turns() -> list[Any]:
    """The points of the unit circle."""
    return [MP.expjpi(MP.mpf(2 * n) / CIRCLE) for n in range(CIRCLE)]


def _probes(function: Function, within: Rational) -> list[tuple[Any, Any]]:
    """A function at Chebyshev's points, which lie dense towards the ends."""
    angles = [MP.mpf(2 * n + 1) / (2 * PROBES) for n in range(PROBES)]
    return [(x, function(x)) for x in (MP.cospi(angle) * within.p / within.q for angle in angles)]


def _agrees(above: Sequence[Any], below: Sequence[Any], order: int, step: int, x: Any, truth: Any) -> bool:
    value = x**order * MP.polyval(above[::-1], x**step) / MP.polyval(below[::-1], x**step)
    return bool(abs(value - truth) <= SURE * abs(truth))


def _polynomial(coefficients: Sequence[Any], power: Expr) -> Expr:
    """Horner's scheme, with the numbers that double precision has."""
    result: Expr = Integer(0)
    for each in reversed(coefficients):
        result = Rational(float(each)) + power * result
        result = Held(result) if result.is_Add else result
    return result
