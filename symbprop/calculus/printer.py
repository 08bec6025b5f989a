"""Statements and equations for people, in index notation."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from sympy import Add, Basic, Expr, S, Symbol

from symbprop.calculus.equations import Equation, Run, is_bare, is_injective
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
from symbprop.calculus.index import Access, Affine, Extent, at, extent
from symbprop.calculus.notation import GREEK, LATEX, TEXT, Text, escaped
from symbprop.calculus.program import Role, Tensor
from symbprop.calculus.statement import Reduction, Statement, index_symbol, read_symbol

FRESH = "ijklmpqrstuvw"  # letters for the axis that a δ picks an element of


def format_equation(equation: Equation, tensors: Mapping[str, Tensor], notation: Text = TEXT) -> str:
    """``z1[n,j] = Σₘ x[n,m] W1[m,j] + b1[j]``.

    ``=`` stands where the right side is the whole value and ``+=`` where other equations add to the same elements.
    A target that is reached through an integer, or by several points at once (``x̄[n, h + p]``), is written for every
    element, with δ. Where an index runs over a part of its axis, the part follows in brackets. Elements that no
    equation gives are 0.
    """
    left = left_side(equation, tensors)
    if len(equation.statements) > 1 and not is_bare(equation.statements[-1].target) and limits(equation, tensors):
        # A δ would claim that its element is in the part that the index runs over.
        parts = [replace(equation, statements=(each,), shares=True) for each in equation.statements]
        return "; ".join(format_equation(each, tensors, notation) for each in parts)
    terms = [term for each in equation.statements for term in _terms(each, left, tensors, notation)]
    run = {each.index for each in equation.runs}
    tail = "".join(_format_limit(i, size, notation) for i, size in limits(equation, tensors) if i not in run)
    tail += "".join(_format_run(each, notation) for each in equation.runs)
    relation = "+=" if equation.shares else "="
    return f"{format_access(left, notation)} {relation} {gathered(terms, notation)}{tail}"


def format_right_side(each: Statement, tensors: Mapping[str, Tensor], notation: Text = TEXT) -> str:
    """What a statement adds to its target."""
    return gathered(_terms(each, each.target, tensors, notation), notation)


def format_access(access: Access, notation: Text = TEXT) -> str:
    """``W1[m,j]``."""
    return notation.access(access.tensor, [format_coordinate(each, notation) for each in access.index])


def format_coordinate(coordinate: Affine, notation: Text = TEXT) -> str:
    """``2·h+p``, ``label[n]``."""
    terms = [_coordinate_term(atom, coefficient, notation) for atom, coefficient in coordinate.terms]
    if coordinate.offset != 0 or not terms:
        sign, offset = _sign_and_size(coordinate.offset)
        terms.append((sign, format_extent(offset, notation)))
    return join_terms(terms, notation).replace(" ", "") if notation is not LATEX else join_terms(terms, notation)


def _coordinate_term(atom: str | Access, coefficient: Extent, notation: Text) -> tuple[int, str]:
    sign, size = _sign_and_size(coefficient)
    text = format_index(atom, notation) if isinstance(atom, str) else format_access(atom, notation)
    if size == 1:
        return sign, text
    factor = format_extent(size, notation)
    return sign, f"{_closed(factor, isinstance(size, Add), notation)}{notation.integer_times()}{text}"


def _sign_and_size(value: Extent) -> tuple[int, Extent]:
    if isinstance(value, int):
        return (-1, -value) if value < 0 else (1, value)
    sign, size = split_sign(value)
    return sign, extent(size)


def format_index(name: str, notation: Text = TEXT) -> str:
    """An index; in LaTeX several letters stand upright, a number becomes an index of the index."""
    if notation is not LATEX:
        return name
    plain = name.rstrip("'")
    letters = plain.rstrip("0123456789")
    digits, primes = plain[len(letters) :], name[len(plain) :]
    if letters in GREEK:
        text = f"\\{letters}"
    else:
        text = letters if len(letters) == 1 and letters.isalpha() else rf"\mathrm{{{escaped(letters)}}}"
    return text + (f"_{{{digits}}}" if digits else "") + primes


def format_extent(size: Extent, notation: Text = TEXT) -> str:
    """A size: ``64``, ``N``, ``N T``."""
    if isinstance(size, int):
        return str(size)
    return format_expression(size, lambda symbol: notation.name(symbol.name), notation)


def format_expression(expression: Basic, leaf: Leaf, notation: Text = TEXT) -> str:
    """A scalar expression; ``leaf`` writes its symbols."""
    return ExpressionWriter(leaf, notation).write(expression, 0)


def leaves(
    each: Statement, tensors: Mapping[str, Tensor], notation: Text, names: Mapping[str, str] | None = None
) -> Leaf:
    """Writes the symbols of a statement's expression; ``names`` renames its indices."""
    renamed = names or {}
    table: dict[Symbol, str] = {}
    for symbol, access in each.read_positions():
        table[symbol] = format_access(access.substitute(_replacement(renamed)), notation)
    for position, one in enumerate(each.domain):
        table[index_symbol(position)] = format_index(renamed.get(one.index, one.index), notation)
    return lambda symbol: table[symbol] if symbol in table else notation.name(symbol.name)


def left_side(equation: Equation, tensors: Mapping[str, Tensor]) -> Access:
    """The target as it is printed: an index of its own in the place of a coordinate that is not a unique one."""
    first = equation.statements[0]
    injective = is_injective(first)
    letters = _fresh({one.index for each in equation.statements for one in each.domain}, tensors)
    index = []
    for coordinate in first.target.index:
        gathers = any(True for _ in coordinate.gathers())
        moved = gathers or not (injective or coordinate.bare is not None or not coordinate.terms)
        index.append(at(next(letters)) if moved else coordinate)
    return Access(first.target.tensor, tuple(index))


def _fresh(indices: Collection[str], tensors: Mapping[str, Tensor]) -> Iterator[str]:
    """Names for indices that are neither an index nor a tensor."""
    numbered = (f"i{count}" for count in itertools.count(1))
    return (name for name in itertools.chain(FRESH, numbered) if name not in indices and name not in tensors)


def limits(equation: Equation, tensors: Mapping[str, Tensor]) -> list[tuple[str, Extent]]:
    """The indices that run over the first part of their axis only, with the size of that part."""
    first = equation.statements[0]
    if first.target.tensor not in tensors:
        return []
    extents = {one.index: one.extent for one in first.domain}
    shape = tensors[first.target.tensor].shape
    pairs = [(c.bare, size) for c, size in zip(first.target.index, shape, strict=True) if c.bare is not None]
    return [(index, extents[index]) for index, size in pairs if extents[index] != size]


def _format_run(run: Run, notation: Text) -> str:
    """``for t = 0 … T − 1``, the steps of a recurrence in the order in which they are computed."""
    ends = ["0", format_extent(extent(run.extent - 1), notation)]
    first, last = reversed(ends) if run.reverse else ends
    if notation is LATEX:
        return rf"\quad \text{{for }} {format_index(run.index, notation)} = {first}, \ldots, {last}"
    return f"   for {run.index} = {first} … {last}"


def _format_limit(index: str, size: Extent, notation: Text) -> str:
    space = r"\quad " if notation is LATEX else "   "
    return f"{space}({notation.relation(format_index(index, notation), '<', format_extent(size, notation))})"


@dataclass(frozen=True, slots=True)
class Term:
    """One additive term: ``sign · above / below``; ``below`` is empty where there is no denominator."""

    sign: int
    above: str
    below: str = ""
    is_sum: bool = False


def gathered(terms: Sequence[Term], notation: Text) -> str:
    """Terms over one common denominator where they all have it, ``(p − δ) / N``, else side by side."""
    below = {term.below for term in terms}
    if len(terms) > 1 and len(below) == 1 and "" not in below:
        inside = join_terms([(term.sign, term.above) for term in terms], notation)
        return notation.fraction(_closed(inside, notation is not LATEX, notation), below.pop())
    if len(terms) == 1 and terms[0].sign > 0 and not terms[0].below:
        return terms[0].above
    return join_terms([(term.sign, _whole(term, notation)) for term in terms], notation)


def _whole(term: Term, notation: Text) -> str:
    """The term without its sign, in brackets where it is a sum that something may stand next to."""
    above = _closed(term.above, term.is_sum and not (term.below and notation is LATEX), notation)
    return notation.fraction(above, term.below) if term.below else above


def _closed(text: str, needed: bool, notation: Text) -> str:
    return notation.parentheses(text) if needed else text


def _terms(each: Statement, left: Access, tensors: Mapping[str, Tensor], notation: Text) -> list[Term]:
    names = alignment(each, left)
    writer = ExpressionWriter(leaves(each, tensors, notation, names), notation)
    sign, expression = split_sign(without_seeds(each, tensors))
    deltas = deltas_of(each, left, names, notation)
    reduced = reduced_indices(each, left, names)
    if each.reduction is not Reduction.SUM and reduced:
        return [Term(1, _extremum(each, names, reduced, writer.write(sign * expression, PRODUCT), notation))]
    if not deltas and not reduced:
        return [_term(s, part, (), writer) for s, part in separated(sign, expression)]
    term = _term(sign, expression, deltas, writer)
    return [Term(sign, format_sum(reduced, _whole(term, notation), notation))] if reduced else [term]


@cache
def separated(sign: int, expression: Expr) -> tuple[tuple[int, Expr], ...]:
    """The signed terms of a sum, or of a sum over a denominator, each over that denominator."""
    numerator, denominator = quotient(expression)
    if not isinstance(numerator, Add):
        return ((sign, expression),)
    terms = tuple((sign * s, term / denominator) for s, term in map(split_sign, ordered_terms(numerator)))
    # (K a − b) / K is not taken apart into a − b / K, which would be another formula.
    return terms if all(quotient(term)[1] == denominator for _, term in terms) else ((sign, expression),)


def reduced_indices(each: Statement, left: Access, names: Mapping[str, str]) -> list[str]:
    """The statement's indices that the printed target does not have, by their printed names."""
    kept = set(left.indices())
    return [names[one.index] for one in each.domain if names[one.index] not in kept]


def format_sum(indices: Sequence[str], body: str, notation: Text) -> str:
    """``Σₙₘ body``, or the body itself where nothing is summed over."""
    letters = [format_index(index, notation) for index in indices]
    return notation.reduction("sum", letters, body) if letters else body


def _extremum(each: Statement, names: Mapping[str, str], reduced: Sequence[str], body: str, notation: Text) -> str:
    """A maximum, a product; of an argmax over several indices, the component that is meant."""
    kind = each.reduction.value
    text = notation.reduction(kind, [format_index(index, notation) for index in reduced], body)
    if not each.selects or len(reduced) == 1:
        return text
    selected = format_index(names[each.selects], notation)
    return rf"\left[{text}\right]_{{{selected}}}" if notation is LATEX else f"[{text}]_{selected}"


def _term(sign: int, expression: Expr, deltas: Sequence[str], writer: ExpressionWriter) -> Term:
    """A term with its numerator and denominator apart; a δ multiplies the numerator."""
    numerator, denominator = quotient(expression)
    is_sum = isinstance(numerator, Add) and not deltas
    factors = [] if numerator == 1 and deltas else [writer.write(numerator, SUM if is_sum else PRODUCT)]
    below = "" if denominator == 1 else writer.write(denominator, 0 if writer.notation is LATEX else ATOM)
    return Term(sign, writer.notation.product([*factors, *deltas]), below, is_sum)


def alignment(each: Statement, left: Access) -> dict[str, str]:
    """How the statement's indices are called in the equation's target."""
    names: dict[str, str] = {}
    for mine, theirs in zip(each.target.index, left.index, strict=True):
        if len(mine.terms) == len(theirs.terms):
            for (index, _), (name, _) in zip(mine.terms, theirs.terms, strict=True):
                if isinstance(index, str) and isinstance(name, str) and (mine.bare is None) == (theirs.bare is None):
                    names.setdefault(index, name)
    taken = set(names.values()) | set(left.indices())
    for one in each.domain:
        if one.index not in names:
            name = one.index
            while name in taken:
                name += "'"
            names[one.index] = name
            taken.add(name)
    return names


def deltas_of(each: Statement, left: Access, names: Mapping[str, str], notation: Text) -> list[str]:
    """``δ[m,label[n]]`` for each coordinate of the target that the printed target has an index for."""
    found = []
    for mine, theirs in zip(each.target.index, left.index, strict=True):
        if mine.bare is None and theirs.bare is not None:
            place = format_coordinate(mine.substitute(_replacement(names)), notation)
            found.append(notation.delta(format_index(theirs.bare, notation), place))
    return found


def _replacement(names: Mapping[str, str]) -> dict[str, Affine]:
    return {old: at(new) for old, new in names.items() if old != new}


def without_seeds(each: Statement, tensors: Mapping[str, Tensor]) -> Expr:
    """The expression with the loss's own cotangent, which is 1, left out."""
    seeds = {read_symbol(p): S.One for p, access in enumerate(each.reads) if is_seed(access, tensors)}
    return each.expr.xreplace(seeds) if seeds else each.expr


def is_seed(access: Access, tensors: Mapping[str, Tensor]) -> bool:
    """Whether an access is the cotangent of the loss; the tangent of a scalar (``x_dot``) is no such thing."""
    tensor = tensors.get(access.tensor)
    return tensor is not None and tensor.role is Role.SEED and not access.index and "_dot" not in tensor.name
