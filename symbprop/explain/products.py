"""Chains of matrices: ``Σ_k A[i,k] B[k,j]`` is ``A B``, found by following the index that two factors share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symbprop.calculus.notation import LATEX, Text
from symbprop.explain.arrays import NoMatrixForm, joined, ones, transposed


@dataclass(frozen=True, slots=True)
class Factor:
    """A matrix with two indices, or a column with one. ``text`` stands as it is in a product."""

    text: str
    indices: tuple[str, ...]


def matrix_product(factors: Sequence[Factor], axes: Sequence[str], notation: Text) -> str:
    """The product of ``factors``, summed over every index that is not one of ``axes`` (none, one or two).

    Raises :class:`NoMatrixForm` where the factors form no chain.
    """
    if not axes:
        scalar = _scalar_product(factors, notation)
        if scalar:
            return scalar
    chain = _Chain(_merged(factors, notation), notation)
    if not axes:
        text = chain.closed()
    else:
        parts, end = chain.follow(axes[0], axes)
        text = notation.product(parts)
        if len(axes) == 2 and end is None:  # an outer product
            column, _ = chain.follow(axes[1], axes)
            other = notation.product(column)
            text = notation.product(
                [text, transposed(notation.parentheses(other) if len(column) > 1 else other, notation)]
            )
        elif len(axes) == 2 and end != axes[1]:
            raise NoMatrixForm
    if chain.left:
        raise NoMatrixForm
    return text


def _scalar_product(factors: Sequence[Factor], notation: Text) -> str:
    """``‖x‖²`` or ``⟨a, b⟩`` of two arrays of one shape, ``tr(A)`` of a diagonal."""
    if len(factors) == 1 and len(factors[0].indices) == 2 and factors[0].indices[0] == factors[0].indices[1]:
        return notation.call("tr", [factors[0].text])
    if len(factors) != 2 or set(factors[0].indices) != set(factors[1].indices):
        return ""
    left, right = factors[0].text, _turned(factors[1], factors[0].indices, notation)
    latex = notation is LATEX
    if left == right:
        inside = _unbracketed(left)
        return rf"\left\lVert {inside} \right\rVert^{{2}}" if latex else f"‖{inside}‖²"
    if len(factors[0].indices) == 1:
        return notation.product([transposed(left, notation), right])
    inside = f"{_unbracketed(left)}, {_unbracketed(right)}"
    return rf"\left\langle {inside} \right\rangle" if latex else f"⟨{inside}⟩"


def _unbracketed(text: str) -> str:
    """``text`` without the brackets around the whole of it."""
    for opening, closing in ((r"\left(", r"\right)"), ("(", ")")):
        inside = text.removeprefix(opening).removesuffix(closing)
        if len(inside) == len(text) - len(opening) - len(closing) and _is_balanced(inside):
            return inside
    return text


def _is_balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0


def _turned(factor: Factor, indices: tuple[str, ...], notation: Text) -> str:
    return factor.text if factor.indices == indices else transposed(factor.text, notation)


def _merged(factors: Sequence[Factor], notation: Text) -> list[Factor]:
    """Factors over the same indices as one, multiplied element by element."""
    groups: dict[frozenset[str], list[Factor]] = {}
    for each in factors:
        if len(set(each.indices)) != len(each.indices) or not 1 <= len(each.indices) <= 2:
            raise NoMatrixForm
        groups.setdefault(frozenset(each.indices), []).append(each)
    merged = []
    for group in groups.values():
        first = group[0].indices
        text = joined([_turned(each, first, notation) for each in group], notation)
        merged.append(Factor(text if len(group) == 1 else notation.parentheses(text), first))
    return merged


class _Chain:
    """Factors that have not been used yet, followed from index to index."""

    def __init__(self, factors: list[Factor], notation: Text) -> None:
        self.left = factors
        self._notation = notation

    def follow(self, start: str, axes: Sequence[str]) -> tuple[list[str], str | None]:
        """The product that begins with the rows ``start``, and the axis of its columns; ``None`` if it is a column."""
        parts: list[str] = []
        here = start
        while True:
            following = [each for each in self.left if here in each.indices]
            if len(following) > 1 or (not following and not parts):
                raise NoMatrixForm
            if not following:
                return [*parts, ones(self._notation)], None
            factor = following[0]
            self.left.remove(factor)
            if len(factor.indices) == 1:
                return [*parts, factor.text], None
            row, column = factor.indices
            parts.append(factor.text if row == here else transposed(factor.text, self._notation))
            here = column if row == here else row
            if here in axes:
                if any(here in each.indices for each in self.left):
                    raise NoMatrixForm
                return parts, here

    def closed(self) -> str:
        """The product that is one number: it begins with a row, given or of ones."""
        counts: dict[str, int] = {}
        for each in self.left:
            for index in each.indices:
                counts[index] = counts.get(index, 0) + 1
        rows = {each.indices[0]: each for each in self.left if len(each.indices) == 1}
        starts = [*rows, *(index for index, count in counts.items() if count == 1 and index not in rows)]
        if not starts:
            raise NoMatrixForm
        # Begin where the first matrix need not be turned, if there is such an end.
        straight = {each.indices[0] for each in self.left if len(each.indices) == 2}
        start = next((index for index in starts if index in straight), starts[0])
        row = rows.get(start)
        first = ones(self._notation)
        if row is not None:
            self.left.remove(row)
            first = row.text
        parts = [ones(self._notation)]
        if row is None or counts[start] > 1:
            parts, _ = self.follow(start, ())
        return self._notation.product([transposed(first, self._notation), *parts])
