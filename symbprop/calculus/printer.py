"""Statements and equations for people, in index notation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sympy import Add, And, Basic, Expr, Integer, Mul, Not, Or, Pow, Rational, S, Symbol
from sympy.core.numbers import Pi

from symbprop.calculus.equations import Equation
from symbprop.calculus.functions import Detach, Floor, Select
from symbprop.calculus.index import Access, Affine, Extent
from symbprop.calculus.notation import LATEX, TEXT, Text
from symbprop.calculus.program import Role, Tensor
from symbprop.calculus.statement import Reduction, Statement, index_symbol, read_symbol

SUM, PRODUCT, ATOM = 1, 2, 3
Leaf = Callable[[Symbol], str]


def format_equation(equation: Equation, tensors: Mapping[str, Tensor], notation: Text = TEXT) -> str:
    """``z1[n,j] = Σₘ x[n,m] W1[m,j] + b1[j]``."""
    first = equation.statements[0]
    terms: list[Term] = []
    for each in equation.statements:
        terms.extend(_terms(each, first.target, tensors, notation))
    left = format_access(first.target, notation)
    relation = "+=" if any(True for _ in first.target.gathers()) else "="
    return f"{left} {relation} {_gathered(terms, notation)}"


def format_right_side(each: Statement, tensors: Mapping[str, Tensor], notation: Text = TEXT) -> str:
    """What a statement adds to its target."""
    return _gathered(_terms(each, each.target, tensors, notation), notation)


def format_access(access: Access, notation: Text = TEXT) -> str:
    """``W1[m,j]``."""
    return notation.access(access.tensor, [format_coordinate(each, notation) for each in access.index])


def format_coordinate(coordinate: Affine, notation: Text = TEXT) -> str:
    """``2·h + p``, ``label[n]``."""
    parts: list[str] = []
    for atom, coefficient in coordinate.terms:
        text = atom if isinstance(atom, str) else format_access(atom, notation)
        factor = format_extent(coefficient, notation)
        parts.append(text if factor == "1" else f"{notation.minus}{text}" if factor == "-1" else f"{factor}{notation.integer_times()}{text}")
    if coordinate.offset != 0 or not parts:
        parts.append(format_extent(coordinate.offset, notation))
    return "+".join(parts).replace("+" + notation.minus, notation.minus).replace("+-", notation.minus)


def format_extent(size: Extent, notation: Text = TEXT) -> str:
    """A size: ``64``, ``N``, ``N·T``."""
    if isinstance(size, int):
        return str(size)
    return format_expression(size, lambda symbol: symbol.name, notation)


def format_expression(expression: Basic, leaf: Leaf, notation: Text = TEXT) -> str:
    """A scalar expression; ``leaf`` writes its symbols."""
    return _Expression(leaf, notation).write(expression, 0)


@dataclass(frozen=True, slots=True)
class Term:
    """One additive term: ``sign · above / below``; ``below`` is empty where there is no denominator."""

    sign: int
    above: str
    below: str = ""
    binding: int = PRODUCT


def _gathered(terms: Sequence[Term], notation: Text) -> str:
    """Terms over one common denominator where they all have it, ``(p − δ) / N``, else side by side."""
    below = {term.below for term in terms}
    if len(terms) > 1 and len(below) == 1 and "" not in below:
        inside = _join([(term.sign, term.above) for term in terms], notation)
        above = inside if notation is LATEX else notation.parentheses(inside)
        return notation.fraction(above, below.pop())
    return _join([(term.sign, _whole(term, notation)) for term in terms], notation)


def _whole(term: Term, notation: Text) -> str:
    if not term.below:
        return term.above
    above = notation.parentheses(term.above) if term.binding == SUM and notation is not LATEX else term.above
    return notation.fraction(above, term.below)


def _terms(each: Statement, canonical: Access, tensors: Mapping[str, Tensor], notation: Text) -> list[Term]:
    names = _alignment(each, canonical)
    writer = _Expression(leaves(each, tensors, notation, names), notation)
    sign, expression = split_sign(_without_seeds(each, tensors))
    pairs = _delta_pairs(each, canonical, notation, names)
    kept = {str(c.bare) for c in canonical.index} if pairs else set(each.target.indices())
    reduced = [names[r.index] for r in each.domain if (names[r.index] if pairs else r.index) not in kept]
    delta = notation.times.join(notation.delta(*pair) for pair in pairs)
    if each.reduction is not Reduction.SUM:
        chosen = f"[{each.selects}]" if each.selects else ""
        body = writer.write(-expression if sign < 0 else expression, PRODUCT)
        return [Term(1, notation.reduction(each.reduction.value + chosen, reduced, body))]
    if reduced:
        body = notation.reduction("sum", reduced, writer.write(expression, PRODUCT))
        return [Term(sign, f"{body}{notation.times}{delta}".strip())]
    if isinstance(expression, Add) and not delta:
        return [_term(sign * s, term, "", writer) for s, term in map(split_sign, _ordered_terms(expression))]
    return [_term(sign, expression, delta, writer)]


def _term(sign: int, expression: Expr, delta: str, writer: _Expression) -> Term:
    """A term with its numerator and denominator apart; a delta multiplies the numerator."""
    numerator, denominator = _quotient(expression)
    binding = SUM if isinstance(numerator, Add) and not delta else PRODUCT
    above = writer.write(numerator, binding)
    if delta:
        above = delta if numerator == 1 else f"{above}{writer.notation.times}{delta}"
    below = "" if denominator == 1 else writer.write(denominator, 0 if writer.notation is LATEX else ATOM)
    return Term(sign, above, below, binding)


def _alignment(each: Statement, canonical: Access) -> dict[str, str]:
    """How the statement's indices are called in the equation's target."""
    names: dict[str, str] = {}
    for mine, theirs in zip(each.target.index, canonical.index, strict=True):
        if mine.bare is not None and theirs.bare is not None:
            names[mine.bare] = theirs.bare
    taken = set(names.values())
    for one in each.domain:
        if one.index not in names:
            name = one.index
            while name in taken:
                name += "'"
            names[one.index] = name
            taken.add(name)
    return names


def _delta_pairs(each: Statement, canonical: Access, notation: Text, names: Mapping[str, str]) -> list[tuple[str, str]]:
    pairs = []
    for mine, theirs in zip(each.target.index, canonical.index, strict=True):
        if mine.bare is None and theirs.bare is not None:
            pairs.append((theirs.bare, format_coordinate(_renamed(mine, names), notation)))
    return pairs


def _renamed(coordinate: Affine, names: Mapping[str, str]) -> Affine:
    return coordinate.substitute({old: Affine(((new, 1),)) for old, new in names.items() if old != new})


def leaves(each: Statement, tensors: Mapping[str, Tensor], notation: Text, names: Mapping[str, str] | None = None) -> Leaf:
    """Writes the symbols of a statement's expression."""
    table: dict[Symbol, str] = {}
    renamed = names or {}
    for symbol, access in each.read_positions():
        moved = Access(access.tensor, tuple(_renamed(c, renamed) for c in access.index)) if renamed else access
        table[symbol] = format_access(moved, notation)
    for position, one in enumerate(each.domain):
        table[index_symbol(position)] = renamed.get(one.index, one.index)
    return lambda symbol: table.get(symbol, symbol.name)


def _without_seeds(each: Statement, tensors: Mapping[str, Tensor]) -> Expr:
    """The expression with the loss's own cotangent, which is 1, left out."""
    seeds = {
        read_symbol(p): S.One
        for p, access in enumerate(each.reads)
        if not access.index and access.tensor in tensors and tensors[access.tensor].role is Role.SEED
    }
    return each.expr.xreplace(seeds) if seeds else each.expr


def split_sign(expression: Expr) -> tuple[int, Expr]:
    """An expression as ±1 and the rest, a sum's sign by its first term in reading order."""
    if expression.is_Add:
        return 1, expression
    coefficient, _ = expression.as_coeff_Mul()
    return (-1, -expression) if coefficient.is_negative else (1, expression)


def _join(terms: Sequence[tuple[int, str]], notation: Text) -> str:
    text = ""
    for sign, term in sorted(terms, key=lambda each: -each[0]) if terms and terms[0][0] < 0 else terms:
        if not text:
            text = term if sign > 0 else f"{notation.minus}{term}"
        else:
            text += f" {'+' if sign > 0 else notation.minus} {term}"
    return text or "0"


def _ordered_terms(expression: Add) -> list[Expr]:
    """The terms of a sum as a person writes them: positive ones first, constants last unless they lead alone."""
    terms = sorted(expression.args, key=lambda each: each.sort_key())
    positive = [each for each in terms if split_sign(each)[0] > 0]
    negative = [each for each in terms if split_sign(each)[0] < 0]
    numbers = [each for each in positive if each.is_number]
    others = [each for each in positive if not each.is_number]
    return [*(numbers if negative or any(each.is_Function for each in others) else []), *others,
            *([] if negative or any(each.is_Function for each in others) else numbers), *negative]  # fmt: skip


class _Expression:
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
        if isinstance(node, Pi):
            return notation.constant("pi"), ATOM
        if isinstance(node, Add):
            parts = [split_sign(each) for each in _ordered_terms(node)]
            return _join([(sign, self.write(term, SUM + 1 if sign < 0 else SUM)) for sign, term in parts], notation), SUM
        if isinstance(node, Mul):
            return self._product(node)
        if isinstance(node, Pow):
            return self._power(node)
        if isinstance(node, Select):
            return self._select(node)
        if isinstance(node, Detach):
            return self._write(node.args[0])
        if node.is_Relational:
            return notation.relation(self.write(node.args[0], 0), node.rel_op, self.write(node.args[1], 0)), 0
        if isinstance(node, (And, Or, Not)):
            word = {"And": " and ", "Or": " or "}.get(type(node).__name__)
            parts_ = [self.write(each, 0) for each in node.args]
            return (word.join(parts_) if word else f"not {parts_[0]}"), 0
        name = "floor" if isinstance(node, Floor) else type(node).__name__
        return notation.call(name, [self.write(each, 0) for each in node.args]), ATOM

    def _number(self, value: Rational) -> tuple[str, int]:
        sign = self.notation.minus if value.is_negative else ""
        value = abs(value)
        if isinstance(value, Integer):
            return f"{sign}{value}", ATOM if not sign else SUM
        if value.q > 12:
            return f"{sign}{float(value):.12g}", ATOM if not sign else SUM
        return sign + self.notation.fraction(str(value.p), str(value.q)), PRODUCT if not sign else SUM

    def _product(self, node: Mul) -> tuple[str, int]:
        sign, node = split_sign(node)
        numerator, denominator = _quotient(node)
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
        return self.notation.times.join(self.write(each, PRODUCT) for each in factors)

    def _power(self, node: Pow) -> tuple[str, int]:
        notation = self.notation
        if node.exp.is_negative and node.exp.is_number:
            below = Pow(node.base, -node.exp)
            return notation.fraction("1", self.write(below, 0 if notation is LATEX else ATOM)), PRODUCT
        if node.exp == Rational(1, 2):
            return notation.root(self.write(node.base, 0)), ATOM
        if node.exp.is_Integer:
            return notation.power(self.write(node.base, ATOM), str(node.exp), True), ATOM
        return notation.power(self.write(node.base, ATOM), self.write(node.exp, ATOM), False), PRODUCT

    def _select(self, node: Select) -> tuple[str, int]:
        condition, chosen, otherwise = node.args
        if (chosen, otherwise) == (1, 0):
            return self.notation.indicator(self.write(condition, 0)), ATOM
        if isinstance(otherwise, Select) and otherwise.args[2] == 0 and condition.is_Relational:
            left, right = condition.args
            flipped = otherwise.args[0]
            if right == 0 and flipped.is_Relational and flipped.args == condition.args:
                if chosen == left and otherwise.args[1] == -left:
                    return self.notation.absolute(self.write(left, 0)), ATOM
                if chosen == 1 and otherwise.args[1] == -1:
                    return self.notation.call("sign", [self.write(left, 0)]), ATOM
        if condition.is_Relational and set(condition.args) == {chosen, otherwise} and condition.rel_op in ("<", "<=", ">", ">="):
            larger = (chosen == condition.args[0]) == (condition.rel_op[0] == ">")
            return self.notation.call("max" if larger else "min", [self.write(each, 0) for each in (chosen, otherwise)]), ATOM
        return self.notation.cases(*(self.write(each, 0) for each in node.args)), ATOM


def _quotient(node: Expr) -> tuple[Expr, Expr]:
    """Numerator and denominator by the signs of exponents alone; nothing is expanded."""
    above: list[Expr] = []
    below: list[Expr] = []
    for factor in Mul.make_args(node):
        if isinstance(factor, Pow) and factor.exp.is_number and factor.exp.is_negative:
            below.append(Pow(factor.base, -factor.exp))
        elif isinstance(factor, Rational) and not isinstance(factor, Integer) and factor.q <= 12:
            above.append(Integer(factor.p))
            below.append(Integer(factor.q))
        else:
            above.append(factor)
    return Mul(*[each for each in above if each != 1]), Mul(*below)


def _factor_order(factor: Expr) -> tuple[int, object]:
    """Numbers, sizes, reads, functions, sums."""
    if factor.is_number:
        return 0, factor.sort_key()
    if isinstance(factor, Symbol) or (isinstance(factor, Pow) and isinstance(factor.base, Symbol)):
        return 1, factor.sort_key()
    return (3 if isinstance(factor, (Add, Pow)) else 2), factor.sort_key()
