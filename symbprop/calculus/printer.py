"""Statements and equations for people, in index notation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sympy import Add, Basic, Expr, S, Symbol

from symbprop.calculus.equations import Equation
from symbprop.calculus.expression_printer import (
    ATOM,
    PRODUCT,
    SUM,
    ExpressionWriter,
    Leaf,
    join_terms,
    ordered_terms,
    quotient,
    split_sign,
)
from symbprop.calculus.index import Access, Affine, Extent
from symbprop.calculus.notation import LATEX, TEXT, Text
from symbprop.calculus.program import Role, Tensor
from symbprop.calculus.statement import Reduction, Statement, index_symbol, read_symbol


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
        parts.append(
            text
            if factor == "1"
            else f"{notation.minus}{text}"
            if factor == "-1"
            else f"{factor}{notation.integer_times()}{text}"
        )
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
    return ExpressionWriter(leaf, notation).write(expression, 0)


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
        inside = join_terms([(term.sign, term.above) for term in terms], notation)
        above = inside if notation is LATEX else notation.parentheses(inside)
        return notation.fraction(above, below.pop())
    return join_terms([(term.sign, _whole(term, notation)) for term in terms], notation)


def _whole(term: Term, notation: Text) -> str:
    if not term.below:
        return term.above
    above = notation.parentheses(term.above) if term.binding == SUM and notation is not LATEX else term.above
    return notation.fraction(above, term.below)


def _terms(each: Statement, canonical: Access, tensors: Mapping[str, Tensor], notation: Text) -> list[Term]:
    names = _alignment(each, canonical)
    writer = ExpressionWriter(leaves(each, tensors, notation, names), notation)
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
        return [_term(sign * s, term, "", writer) for s, term in map(split_sign, ordered_terms(expression))]
    return [_term(sign, expression, delta, writer)]


def _term(sign: int, expression: Expr, delta: str, writer: ExpressionWriter) -> Term:
    """A term with its numerator and denominator apart; a delta multiplies the numerator."""
    numerator, denominator = quotient(expression)
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


def leaves(
    each: Statement, tensors: Mapping[str, Tensor], notation: Text, names: Mapping[str, str] | None = None
) -> Leaf:
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
