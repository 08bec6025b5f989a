"""Scalar expressions for people: one walker, two notations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from sympy import Add, And, Basic, Expr, Integer, Mul, Not, Or, Pow, Rational, S, Symbol
from sympy.core.numbers import Exp1, Pi

from symbprop.calculus.functions import Detach, Floor, Held, Select
from symbprop.calculus.nodes import long_power_of_two
from symbprop.calculus.notation import LATEX, Text

SUM, PRODUCT, ATOM = 1, 2, 3
Leaf = Callable[[Symbol], str]


@cache
def split_sign(expression: Expr) -> tuple[int, Expr]:
    """An expression as ±1 and the rest, a sum's sign by its first term in reading order."""
    if expression.is_Add:
        return 1, expression
    coefficient, _ = expression.as_coeff_Mul()
    return (-1, -expression) if coefficient.is_negative else (1, expression)


def join_terms(terms: Sequence[tuple[int, str]], notation: Text) -> str:
    """Signed terms side by side, a positive one first."""
    text = ""
    for sign, term in sorted(terms, key=lambda each: -each[0]) if terms and terms[0][0] < 0 else terms:
        if not text:
            text = term if sign > 0 else f"{notation.minus}{term}"
        else:
            text += f" {'+' if sign > 0 else notation.minus} {term}"
    return text or "0"


@cache
def ordered_terms(expression: Add) -> tuple[Expr, ...]:
    """The terms of a sum as a person writes them: positive ones first, constants last unless they lead alone."""
    terms = sorted(expression.args, key=lambda each: each.sort_key())
    positive = [each for each in terms if split_sign(each)[0] > 0]
    negative = [each for each in terms if split_sign(each)[0] < 0]
    numbers = [each for each in positive if each.is_number]
    others = [each for each in positive if not each.is_number]
    return (*(numbers if negative or any(each.is_Function for each in others) else []), *others,
            *([] if negative or any(each.is_Function for each in others) else numbers), *negative)  # fmt: skip


class ExpressionWriter:
    """Writes one expression. ``binding`` is what its surroundings need: 0 anything, 3 an atom."""

    def __init__(self, leaf: Leaf, notation: Text) -> None:
        self.leaf = leaf
        self.notation = notation

    def write(self, node: Basic, binding: int) -> str:
        text, own = self._write(node)
        return self.notation.parentheses(text) if own < binding else text

    def _write(self, node: Basic) -> tuple[str, int]:
        notation = self.notation
        if isinstance(node, Symbol):
            return self.leaf(node), ATOM
        if isinstance(node, Rational):
            return self._number(node)
        if node in (S.Infinity, S.NegativeInfinity):
            text = notation.constant("infinity")
            return (text, ATOM) if node is S.Infinity else (f"{notation.minus}{text}", SUM)
        if isinstance(node, Pi):
            return notation.constant("pi"), ATOM
        if isinstance(node, Exp1):
            return notation.constant("e"), ATOM
        if isinstance(node, Add):
            common, rest = node.primitive()
            if common != 1 and all(abs(each.as_coeff_Mul()[0]) == 1 for each in rest.args):
                return self._product(_unmultiplied([common, rest]))
            parts = [split_sign(each) for each in ordered_terms(node)]
            return join_terms(
                [(sign, self.write(term, SUM + 1 if sign < 0 else SUM)) for sign, term in parts], notation
            ), SUM
        if isinstance(node, Mul):
            return self._product(node)
        if isinstance(node, Pow):
            return self._power(node)
        if isinstance(node, Select):
            return self._select(node)
        if isinstance(node, (Detach, Held)):
            return self._write(node.args[0])
        if node.is_Relational:
            return notation.relation(self.write(node.args[0], 0), node.rel_op, self.write(node.args[1], 0)), 0
        if isinstance(node, (And, Or)):
            return notation.logical("and" if isinstance(node, And) else "or", [self._operand(e) for e in node.args]), 0
        if isinstance(node, Not):
            return notation.logical("not", ["", self._operand(node.args[0])]), 0
        name = "floor" if isinstance(node, Floor) else type(node).__name__
        return notation.call(name, [self.write(each, 0) for each in node.args]), ATOM

    def _operand(self, condition: Basic) -> str:
        text = self.write(condition, 0)
        return self.notation.parentheses(text) if isinstance(condition, (And, Or)) else text

    def _number(self, value: Rational) -> tuple[str, int]:
        text, own = self._magnitude(abs(value))
        return (f"{self.notation.minus}{text}", SUM) if value.is_negative else (text, own)

    def _magnitude(self, value: Rational) -> tuple[str, int]:
        """A number that is not negative, always exactly."""
        digits = decimal_places(value)
        if isinstance(value, Integer):
            long = long_power_of_two(value)
            if long is not None:
                return self.notation.power("2", str(long), True), ATOM
            return str(value), ATOM
        if digits is None:
            return self.notation.ratio(str(value.p), str(value.q)), PRODUCT
        figures = int(value * 10**digits)
        if digits <= 6 or value >= Rational(1, 1000):
            whole, part = divmod(figures, 10**digits)
            return f"{whole}.{part:0{digits}d}", ATOM
        power = self.notation.power("10", f"-{digits}", True)
        return (power, ATOM) if figures == 1 else (f"{figures}{self.notation.integer_times()}{power}", PRODUCT)

    def _product(self, node: Mul) -> tuple[str, int]:
        sign, node = split_sign(node)
        numerator, denominator = quotient(node)
        above = self._factors(numerator)
        prefix = self.notation.minus if sign < 0 else ""
        own = SUM if sign < 0 else PRODUCT
        if denominator == 1:
            return prefix + above, own
        wrap = 0 if self.notation is LATEX else PRODUCT
        above = above if not isinstance(numerator, Add) else self.write(numerator, wrap)
        below = self.write(denominator, 0 if self.notation is LATEX else ATOM)
        return prefix + self.notation.fraction(above, below), own

    def _factors(self, node: Expr) -> str:
        if not isinstance(node, Mul):
            return self.write(node, PRODUCT)
        factors = sorted(node.args, key=_factor_order)
        return self.notation.product([self.write(each, PRODUCT) for each in factors])

    def _power(self, node: Pow) -> tuple[str, int]:
        notation = self.notation
        if node.exp.is_negative and node.exp.is_number:
            below = Pow(node.base, -node.exp)
            return notation.fraction("1", self.write(below, 0 if notation is LATEX else ATOM)), PRODUCT
        if node.exp == Rational(1, 2):
            return notation.root(self.write(node.base, 0)), ATOM
        if node.exp.is_Integer:
            return notation.power(self.write(node.base, ATOM), str(node.exp), True), ATOM
        base = self.write(node.base, ATOM)
        if notation is LATEX:  # what stands raised needs no brackets, and a fraction there no bar
            whole = isinstance(node.exp, Rational)
            return notation.power(base, str(node.exp) if whole else self.write(node.exp, 0), False), PRODUCT
        return notation.power(base, self.write(node.exp, ATOM), False), PRODUCT

    def _select(self, node: Select) -> tuple[str, int]:
        condition, chosen, otherwise = node.args
        if (chosen, otherwise) == (1, 0):
            return self.notation.indicator(self.write(condition, 0)), ATOM
        if (chosen, otherwise) == (0, 1):
            return self.notation.indicator(self.write(Not(condition), 0)), ATOM
        if isinstance(otherwise, Select) and otherwise.args[2] == 0 and condition.is_Relational:
            left, right = condition.args
            flipped = otherwise.args[0]
            if right == 0 and flipped.is_Relational and flipped.args == condition.args:
                if chosen == left and otherwise.args[1] == -left:
                    return self.notation.absolute(self.write(left, 0)), ATOM
                if chosen == 1 and otherwise.args[1] == -1:
                    return self.notation.call("sign", [self.write(left, 0)]), ATOM
        if (
            condition.is_Relational
            and set(condition.args) == {chosen, otherwise}
            and condition.rel_op in ("<", "<=", ">", ">=")
        ):
            larger = (chosen == condition.args[0]) == (condition.rel_op[0] == ">")
            return self.notation.call(
                "max" if larger else "min", [self.write(each, 0) for each in (chosen, otherwise)]
            ), ATOM
        return self.notation.cases(*(self.write(each, 0) for each in node.args)), ATOM


def decimal_places(value: Rational) -> int | None:
    """How many decimals write ``value`` exactly, if it reads best as a decimal: 0.01, but 1/2 and 1/3."""
    if value.q <= 12 and value.q != 10:
        return None
    rest, twos, fives = value.q, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    places = max(twos, fives)
    shorter = places + 2 <= len(f"{value.p}/{value.q}")
    return places if rest == 1 and places <= 20 and shorter else None


def _unmultiplied(factors: list[Expr]) -> Expr:
    """A product as it stands: SymPy would multiply 2·(a − b) out."""
    return Mul(*factors, evaluate=False) if len(factors) > 1 else Mul(*factors)


@cache
def quotient(node: Expr) -> tuple[Expr, Expr]:
    """Numerator and denominator by the signs of exponents alone; of a sum, 2 a − 2 b, the common number is taken out."""
    number: Expr = S.One
    above: list[Expr] = []
    below: list[Expr] = []
    for factor in Mul.make_args(node):
        if isinstance(factor, Pow) and factor.exp.is_number and factor.exp.is_negative:
            below.append(Pow(factor.base, -factor.exp))
        elif isinstance(factor, Rational):
            number *= factor
        elif isinstance(factor, Add):
            common, rest = factor.primitive()
            plain = all(abs(each.as_coeff_Mul()[0]) == 1 for each in rest.args)
            number, above = (number * common, [*above, rest]) if plain else (number, [*above, factor])
        else:
            above.append(factor)
    if not isinstance(number, Rational) or decimal_places(number) is not None:
        above.insert(0, number)
    else:
        above.insert(0, Integer(number.p))
        below.insert(0, Integer(number.q))
    return _unmultiplied([each for each in above if each != 1]), _unmultiplied([each for each in below if each != 1])


def _factor_order(factor: Expr) -> tuple[int, object]:
    """Numbers, sizes, reads, functions, sums."""
    if factor.is_number:
        return 0, factor.sort_key()
    if isinstance(factor, Symbol) or (isinstance(factor, Pow) and isinstance(factor.base, Symbol)):
        return 1, factor.sort_key()
    return (3 if isinstance(factor, (Add, Pow)) else 2), factor.sort_key()
