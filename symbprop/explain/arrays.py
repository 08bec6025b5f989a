"""Functions of whole arrays, element by element: products are ⊙, quotients ⊘, sums and functions as they are."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Basic, Expr, Mul, Pow, Rational, Symbol

from symbprop.calculus.expression_printer import ATOM, PRODUCT, ExpressionWriter, quotient
from symbprop.calculus.notation import LATEX, Text


class NoMatrixForm(Exception):
    """A statement that matrix notation cannot say honestly."""


class ArrayWriter(ExpressionWriter):
    """Writes an expression whose symbols stand for arrays of one shape.

    ``arrays`` gives the text of each such symbol and how strongly it binds; the other symbols are numbers.
    """

    def __init__(self, arrays: Mapping[Symbol, tuple[str, int]], scalars: Mapping[Symbol, str], notation: Text) -> None:
        super().__init__(lambda symbol: scalars.get(symbol) or notation.name(symbol.name), notation)
        self._arrays = arrays

    def is_array(self, node: Basic) -> bool:
        return any(symbol in self._arrays for symbol in node.free_symbols)

    def _write(self, node: Basic) -> tuple[str, int]:
        if isinstance(node, Symbol) and node in self._arrays:
            return self._arrays[node]
        if self.is_array(node) and isinstance(node, (Mul, Pow)) and not _is_root(node):
            return self._element_wise_product(node)
        return super()._write(node)

    def _element_wise_product(self, node: Expr) -> tuple[str, int]:
        coefficient, rest = node.as_coeff_Mul()
        if coefficient.is_negative:
            text, _ = self._write(-coefficient * rest)
            return f"{self.notation.minus}{text}", PRODUCT - 1
        numerator, denominator = quotient(node)
        above, below = self.split(numerator), self.split(denominator)
        text = joined(self._factors_of(above[1]), self.notation)
        for factor in self._factors_of(below[1]):
            text = f"{text or '1'} {hadamard_quotient(self.notation)} {factor}"
        scalar = "" if above[0] == 1 else self.write(above[0], PRODUCT)
        text = self.notation.product([part for part in (scalar, text) if part])
        if below[0] != 1:
            text = self.notation.fraction(text, self.write(below[0], 0 if self.notation is LATEX else ATOM))
        return text, PRODUCT

    def split(self, node: Expr) -> tuple[Expr, list[Expr]]:
        """A product as its numbers and its arrays; a square is two equal arrays."""
        numbers: list[Expr] = []
        arrays: list[Expr] = []
        for factor in Mul.make_args(node):
            if not self.is_array(factor):
                numbers.append(factor)
            elif isinstance(factor, Pow) and factor.exp == 2:
                arrays += [factor.base, factor.base]
            else:
                arrays.append(factor)
        return Mul(*numbers, evaluate=False) if len(numbers) > 1 else Mul(*numbers), arrays

    def _factors_of(self, arrays: list[Expr]) -> list[str]:
        return [self._power_of_elements(each) if isinstance(each, Pow) else self.write(each, ATOM) for each in arrays]

    def _power_of_elements(self, node: Pow) -> str:
        if _is_root(node):
            return self.write(node, ATOM)
        if not node.exp.is_Integer:
            raise NoMatrixForm
        base = self.write(node.base, ATOM)
        return rf"{{{base}}}^{{\odot {node.exp}}}" if self.notation is LATEX else f"{base}^⊙{node.exp}"


def _is_root(node: Basic) -> bool:
    return isinstance(node, Pow) and node.exp == Rational(1, 2)


def joined(factors: list[str], notation: Text) -> str:
    """Arrays of one shape multiplied element by element."""
    return (r" \odot " if notation is LATEX else " ⊙ ").join(factors)


def hadamard_quotient(notation: Text) -> str:
    """The sign of a quotient element by element."""
    return r"\oslash" if notation is LATEX else "⊘"


def ones(notation: Text) -> str:
    """The column of ones."""
    return r"\mathbf{1}" if notation is LATEX else "𝟏"


def transposed(text: str, notation: Text) -> str:
    """The transpose of a matrix, or of a column."""
    return rf"{{{text}}}^{{\top}}" if notation is LATEX else f"{text}ᵀ"
