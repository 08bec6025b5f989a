"""Gradients written out down to the inputs and parameters: every definition put in where it is read."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping

from sympy import S, Symbol

from symbprop.calculus.equations import Equation
from symbprop.calculus.expression_printer import ATOM, PRODUCT, SUM, ExpressionWriter, join_terms, split_sign
from symbprop.calculus.index import Access, Affine, at
from symbprop.calculus.notation import TEXT, Text
from symbprop.calculus.printer import format_access, format_coordinate, format_index, is_seed, left_side
from symbprop.calculus.program import Program
from symbprop.calculus.recurrence import recurrent
from symbprop.calculus.statement import Reduction, Statement, index_symbol, read_symbol

MOST = 400  # definitions put in; beyond it a formula says nothing that its equations do not say better
LETTERS = "ijklmpqrstuvwabcdefgh"


class TooLong(Exception):
    """A formula that would be longer than anybody reads."""


def expanded(equation: Equation, program: Program, notation: Text) -> str:
    """``W̄[k,j] = Σₙ x[n,k] …``: the equation's right side with nothing computed left in it.

    What a recurrence computes keeps its name: written out, each step would hold all that came before it.

    Raises ``TooLong`` where more than ``MOST`` definitions would have to be put in.
    """
    left = left_side(equation, program.tensors)
    writer = _Expander(program, notation)
    right, _ = writer.value(left, set(left.indices()))
    opening, closing = ("(", ")") if notation is TEXT else (r"\left(", r"\right)")
    return f"{format_access(left, notation)} = {_without_doubles(right, opening, closing)}"


def _without_doubles(text: str, opening: str, closing: str) -> str:
    """``tanh((z))`` as ``tanh(z)``: parentheses right inside parentheses say nothing."""
    starts: list[int] = []
    pairs: dict[int, int] = {}
    for match in re.finditer(f"{re.escape(opening)}|{re.escape(closing)}", text):
        if match[0] == opening:
            starts.append(match.start())
        elif starts:
            pairs[starts.pop()] = match.start()
    doubled = [
        place for start, end in pairs.items()
        if pairs.get(start - len(opening)) == end + len(closing) for place in (start, end)
    ]  # fmt: skip
    for place in sorted(doubled, reverse=True):
        text = text[:place] + text[place + (len(opening) if text.startswith(opening, place) else len(closing)) :]
    return text


class _Expander:
    def __init__(self, program: Program, notation: Text) -> None:
        self._program = program
        self._notation = notation
        steps = recurrent(program.statements)
        self._definitions = {name: each for name, each in program.definitions().items() if name not in steps}
        self._count = 0

    def value(self, access: Access, taken: set[str]) -> tuple[str, int]:
        """One element of a tensor, and how tightly its text binds. ``taken`` are the indices in use around it."""
        statements = self._definitions.get(access.tensor)
        if statements is None:
            return format_access(access, self._notation), ATOM
        self._count += 1
        if self._count > MOST:
            raise TooLong
        terms = [self._term(each, access, taken) for each in statements]
        if len(terms) == 1:
            sign, text, binding = terms[0]
            return (text, binding) if sign > 0 else (f"{self._notation.minus}{text}", SUM)
        return join_terms([(sign, text) for sign, text, _ in terms], self._notation), SUM

    def _term(self, each: Statement, access: Access, taken: set[str]) -> tuple[int, str, int]:
        place: dict[str, Affine] = {}
        deltas: list[str] = []
        used = set(taken)
        late: list[tuple[Affine, Affine]] = []
        for mine, theirs in zip(each.target.index, access.index, strict=True):
            if mine.bare is not None and mine.bare not in place:
                place[mine.bare] = theirs
            else:
                late.append((mine, theirs))
        reduced = []
        for one in each.domain:
            if one.index not in place:
                name = next(_free(one.index, used))
                used.add(name)
                place[one.index] = at(name)
                reduced.append(name)
        for mine, theirs in late:
            pair = [format_coordinate(c, self._notation) for c in (theirs, mine.substitute(place))]
            deltas.append(self._notation.delta(*pair))
        sign, text, binding = self._written(each, place, used)
        factors = [text if binding >= PRODUCT or not deltas else self._notation.parentheses(text), *deltas]
        text = self._notation.product(factors)
        if not reduced:
            return sign, text, min(binding, PRODUCT) if deltas else binding
        closed = text if binding >= PRODUCT else self._notation.parentheses(text)
        letters = [format_index(name, self._notation) for name in reduced]
        kind = each.reduction.value if each.reduction is not Reduction.SUM else "sum"
        return sign, self._notation.reduction(kind, letters, closed), PRODUCT

    def _written(self, each: Statement, place: Mapping[str, Affine], used: set[str]) -> tuple[int, str, int]:
        """A statement's expression with every read written out."""
        seeds = {read_symbol(p): S.One for p, read in enumerate(each.reads) if is_seed(read, self._program.tensors)}
        sign, expression = split_sign(each.expr.xreplace(seeds)) if each.reduction is Reduction.SUM else (1, each.expr)
        numbers = {index_symbol(p): place[one.index] for p, one in enumerate(each.domain)}
        reads = {read_symbol(p): read.substitute(place) for p, read in enumerate(each.reads)}

        def leaf(symbol: Symbol) -> str:
            if symbol in reads:
                text, binding = self.value(reads[symbol], used)
                return text if binding == ATOM else self._notation.parentheses(text)
            if symbol in numbers:
                return format_coordinate(numbers[symbol], self._notation)
            return self._notation.name(symbol.name)

        text = ExpressionWriter(leaf, self._notation).write(expression, 0)
        if isinstance(expression, Symbol) and expression in reads:
            text, binding = self.value(reads[expression], used)
            return sign, text, binding
        return sign, text, SUM if expression.is_Add else PRODUCT


def _free(wish: str, used: set[str]) -> Iterator[str]:
    """Names for an index that nobody around it has."""
    numbered = (f"{wish}{count}" for count in itertools.count(1))
    return (name for name in itertools.chain([wish], LETTERS, numbered) if name not in used)
