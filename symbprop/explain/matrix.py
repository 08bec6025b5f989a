"""Matrix notation, recognised by which indices the factors of an equation share.

A tensor with two axes is a matrix, one with one axis a column; the rows of a matrix over the batch are examples.
Functions act on each element, and a number may stand for an array that is filled with it (``1 − h ⊙ h``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sympy import Expr, Mul, Symbol

from symbprop.calculus.equations import Equation
from symbprop.calculus.expression_printer import ATOM, PRODUCT, quotient, split_sign
from symbprop.calculus.index import Access, Affine, at
from symbprop.calculus.notation import LATEX, TEXT, Text
from symbprop.calculus.printer import Term, alignment, gathered, left_side, separated, without_seeds
from symbprop.calculus.program import Tensor
from symbprop.calculus.statement import Reduction, Statement, index_symbol
from symbprop.explain.arrays import ArrayWriter, NoMatrixForm, ones, transposed
from symbprop.explain.products import Factor, matrix_product

Places = Mapping[Symbol, tuple[str, tuple[str, ...]]]  # what a symbol reads: the tensor as it is written, its indices


def matrix_form(equation: Equation, tensors: Mapping[str, Tensor], notation: Text = TEXT) -> str | None:
    """``W̄2 = hᵀ z̄2``, or ``None`` where the equation has no honest matrix form."""
    left = left_side(equation, tensors)
    axes = [str(coordinate.bare) for coordinate in left.index]
    if equation.shares or equation.runs or len(axes) > 2 or len(set(axes)) != len(axes) or "None" in axes:
        return None
    try:
        terms = [term for each in equation.statements for term in _Reader(each, left, tensors, notation).terms(axes)]
    except NoMatrixForm:
        return None
    return f"{notation.name(equation.tensor)} = {gathered(terms, notation)}"


class _Reader:
    """One statement, with its indices named as in the equation's target."""

    def __init__(self, each: Statement, left: Access, tensors: Mapping[str, Tensor], notation: Text) -> None:
        if each.reduction is not Reduction.SUM:
            raise NoMatrixForm
        self.notation = notation
        self.sign, self.expression = split_sign(without_seeds(each, tensors))
        if self.expression.free_symbols & {index_symbol(p) for p in range(len(each.domain))}:
            raise NoMatrixForm
        names = alignment(each, left)
        self._shapes = {names[one.index]: one.extent for one in each.domain}
        self._tensors = tensors
        moves = {old: at(new) for old, new in names.items()}
        self.selections: list[Factor] = []
        self.axes_of_target = [
            self._column(mine.substitute(moves), axis.bare or "", tensors[left.tensor], position)
            for position, (mine, axis) in enumerate(zip(each.target.index, left.index, strict=True))
        ]
        self.places: dict[Symbol, tuple[str, tuple[str, ...]]] = {}
        for symbol, read in each.read_positions():
            if symbol in self.expression.free_symbols:
                self.places[symbol] = self._place(read.substitute(moves), alone=self._is_factor(symbol))

    def _is_factor(self, symbol: Symbol) -> bool:
        """Whether the whole expression is proportional to the symbol."""
        return bool(self.expression.as_independent(symbol, as_Add=False)[1] == symbol)

    def _place(self, read: Access, alone: bool) -> tuple[str, tuple[str, ...]]:
        tensor = self._tensors[read.tensor]
        indices = []
        for position, coordinate in enumerate(read.index):
            if coordinate.gather is not None and not alone:
                raise NoMatrixForm
            indices.append(self._column(coordinate, f"{read.tensor} {position}", tensor, position))
        if len(indices) > 2:
            raise NoMatrixForm
        return self.notation.name(read.tensor), tuple(indices)

    def _column(self, coordinate: Affine, axis: str, tensor: Tensor, position: int) -> str:
        """The index a coordinate stands for. An integer read selects from ``axis``: a factor of zeros and ones."""
        if coordinate.bare is not None:
            if self._shapes[coordinate.bare] != tensor.shape[position]:
                raise NoMatrixForm
            return coordinate.bare
        rows = None if coordinate.gather is None else [one.bare for one in coordinate.gather.index]
        if coordinate.gather is None or rows is None or len(rows) != 1 or rows[0] is None:
            raise NoMatrixForm
        text = self.notation.call("onehot", [self.notation.name(coordinate.gather.tensor)])
        self.selections.append(Factor(text, (rows[0], axis)))
        return axis

    def terms(self, axes: Sequence[str]) -> list[Term]:
        """What the statement adds to the target; each term over its denominator."""
        if self.axes_of_target != list(axes):
            raise NoMatrixForm
        summed = {index for _, indices in self.places.values() for index in indices} - set(axes)
        if self.selections or summed or len(set(self._shapes) - set(axes)) > 0:
            return [self._product(self.sign, self.expression, axes)]
        if len(axes) == 2 and self._is_outer(axes):
            return [self._product(self.sign, self.expression, axes)]
        return [self._element_wise(sign, each, axes) for sign, each in self._separated()]

    def _is_outer(self, axes: Sequence[str]) -> bool:
        """Whether every factor is a column over one axis, and both axes have one."""
        writer = self._writer(axes)
        _, arrays = writer.split(quotient(self.expression)[0])
        sets = {self._indices(each) for each in arrays}
        return sets == {(axes[0],), (axes[1],)} and not writer.is_array(quotient(self.expression)[1])

    def _separated(self) -> list[tuple[int, Expr]]:
        """The terms of a sum, unless they stand over an array."""
        if self._writer(()).is_array(quotient(self.expression)[1]):
            return [(self.sign, self.expression)]
        return list(separated(self.sign, self.expression))

    def _element_wise(self, sign: int, expression: Expr, axes: Sequence[str]) -> Term:
        writer = self._writer(axes)
        numerator, denominator = quotient(expression)
        if writer.is_array(denominator):
            return Term(sign, writer.write(expression, PRODUCT))
        return Term(sign, writer.write(numerator, PRODUCT), self._below(writer, denominator))

    def _product(self, sign: int, expression: Expr, axes: Sequence[str]) -> Term:
        """Factors over different indices, summed over those that the target does not have."""
        numerator, denominator = quotient(expression)
        every = self._writer(())
        above, arrays = every.split(numerator)
        below, divisors = every.split(denominator)
        factors = [*self.selections, *self._arrays(arrays, divisors, bool(axes))]
        if not factors or not set(self._shapes) <= {index for each in factors for index in each.indices}:
            raise NoMatrixForm
        text = matrix_product(factors, axes, self.notation)
        if above != 1:
            text = self.notation.product([every.write(above, PRODUCT), text])
        return Term(sign, text, self._below(every, below))

    def _arrays(self, arrays: Sequence[Expr], divisors: Sequence[Expr], keep: bool) -> list[Factor]:
        """Factors over the same indices as one array, but the two of a square or an inner product as two."""
        groups: dict[frozenset[str], list[Expr]] = {}
        for each in (*arrays, *(1 / divisor for divisor in divisors)):
            groups.setdefault(frozenset(self._indices(each)), []).append(each)
        pair = not keep and len(groups) == 1 and len(arrays) == 2 and not divisors
        parts = list(arrays) if pair else [Mul(*group) for group in groups.values()]
        found = []
        for each in parts:
            indices = self._indices(each)
            found.append(Factor(self._writer(indices).write(each, ATOM), indices))
        return found

    def _below(self, writer: ArrayWriter, denominator: Expr) -> str:
        return "" if denominator == 1 else writer.write(denominator, 0 if self.notation is LATEX else ATOM)

    def _indices(self, expression: Expr) -> tuple[str, ...]:
        """The indices of a factor, in the order in which the read with most of them has them."""
        found = [indices for symbol, (_, indices) in self.places.items() if symbol in expression.free_symbols]
        longest = max(found, key=len)
        if {index for each in found for index in each} != set(longest):
            raise NoMatrixForm
        return longest

    def _writer(self, axes: Sequence[str]) -> ArrayWriter:
        """Writes arrays over ``axes``; with none, arrays are only told apart from numbers."""
        arrays: dict[Symbol, tuple[str, int]] = {}
        scalars: dict[Symbol, str] = {}
        for symbol, (text, indices) in self.places.items():
            if not indices:
                scalars[symbol] = text
            else:
                arrays[symbol] = self._spread(text, indices, axes) if axes else (text, ATOM)
        return ArrayWriter(arrays, scalars, self.notation)

    def _spread(self, text: str, indices: tuple[str, ...], axes: Sequence[str]) -> tuple[str, int]:
        """A tensor as an array over ``axes``: a column repeated along the rows, or as the rows; a matrix turned."""
        if list(indices) == list(axes):
            return text, ATOM
        if list(indices) == list(reversed(axes)):
            return transposed(text, self.notation), ATOM
        one = ones(self.notation)
        if len(axes) == 2 and indices == (axes[0],):
            return self.notation.product([text, transposed(one, self.notation)]), PRODUCT
        if len(axes) == 2 and indices == (axes[1],):
            return self.notation.product([one, transposed(text, self.notation)]), PRODUCT
        return text, ATOM  # of another factor: never written by this writer
