"""A formula with selections as plain formulas on neighbouring intervals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sympy import Basic, Expr, Integer, Poly, PolynomialError, Rational, Symbol, oo

from symbprop.calculus.functions import Select

MOST = 64  # pieces of one formula


@dataclass(frozen=True, slots=True)
class Piece:
    """``expression`` for ``low`` < x < ``high``."""

    low: Expr
    high: Expr
    expression: Expr

    @property
    def inside(self) -> Expr:
        """A point of the piece."""
        if self.low.is_finite and self.high.is_finite:
            return (self.low + self.high) / 2
        if self.low.is_finite:
            return self.low + 1
        return self.high - 1 if self.high.is_finite else Integer(0)


def pieces(expression: Expr, x: Symbol, low: Expr = -oo, high: Expr = oo) -> tuple[Piece, ...]:
    """The pieces of ``expression`` from left to right.

    A selection whose condition is not polynomial in x, or reads anything else, stays in its piece.
    """
    found: list[Piece] = []
    for each in _split(Piece(low, high, expression), x):
        if found and found[-1].expression == each.expression:
            found[-1] = replace(found[-1], high=each.high)
        else:
            found.append(each)
    return tuple(found) if len(found) <= MOST else (Piece(low, high, expression),)


def _split(piece: Piece, x: Symbol) -> Iterator[Piece]:
    for select in sorted(piece.expression.atoms(Select), key=lambda each: each.sort_key()):
        ends = None if select.condition.has(Select) else _ends(select.condition, x)
        if ends is None:
            continue
        inner = [each for each in ends if piece.low < each < piece.high]
        for low, high in zip([piece.low, *inner], [*inner, piece.high], strict=True):
            part = Piece(low, high, piece.expression)
            holds = select.condition.subs(x, part.inside)
            branch = select.chosen if holds == True else select.otherwise  # noqa: E712, a SymPy truth
            yield from _split(replace(part, expression=part.expression.xreplace({select: branch})), x)
        return
    yield piece


def _ends(condition: Basic, x: Symbol) -> list[Expr] | None:
    """Where the truth of a condition can change, in order; ``None`` if that is not known."""
    if condition.free_symbols != {x}:
        return None
    found: set[Expr] = set()
    for relation in _relations(condition):
        difference = relation.args[0] - relation.args[1]
        polynomial = difference.as_poly(x)
        if polynomial is None or not difference.has(x) or not all(each.is_real for each in polynomial.coeffs()):
            return None
        try:
            found.update(_roots(polynomial))
        except (NotImplementedError, PolynomialError):
            return None
    return sorted(found)


def _roots(polynomial: Poly) -> list[Expr]:
    if polynomial.degree() == 1:
        slope, constant = polynomial.all_coeffs()
        return [Rational(-constant / slope) if constant.is_Rational and slope.is_Rational else -constant / slope]
    return list(dict.fromkeys(polynomial.real_roots()))


def _relations(condition: Basic) -> Iterator[Basic]:
    if condition.is_Relational:
        yield condition
    else:
        for each in condition.args:
            yield from _relations(each)
