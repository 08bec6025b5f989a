"""Extents, affine coordinates and accesses: the index maps ``f`` and ``g`` of a statement."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from math import prod
from typing import TypeAlias

from sympy import Expr, Integer, Symbol, expand

# A size is an exact integer, or a polynomial in the sizes that stay free until run time (the batch N, a length T).
Extent: TypeAlias = int | Expr


@cache
def size_symbol(name: str) -> Symbol:
    """The one symbol of a size that is free at run time."""
    return Symbol(name, integer=True, positive=True)


def extent(value: int | Expr) -> Extent:
    """``value`` as a plain ``int`` where it is one, else expanded, so that equal extents compare equal."""
    return value if isinstance(value, (int, Symbol)) else _expanded(value)


@lru_cache(maxsize=1 << 14)
def _expanded(value: Expr) -> Extent:
    expanded = expand(value)
    return int(expanded) if isinstance(expanded, Integer) else expanded


@lru_cache(maxsize=1 << 14)
def before(value: Extent) -> Extent:
    """``value - 1``, the last position of an axis of that length."""
    return extent(value - 1)


def at_sizes(value: Extent, sizes: Mapping[str, int]) -> int:
    """An extent as a number, given the free sizes by name. Raises ``KeyError`` for one that is missing."""
    return value if isinstance(value, int) else int(value.subs({s: sizes[s.name] for s in value.free_symbols}))


def sum_of(left: Extent, right: Extent) -> Extent:
    """``left + right``."""
    return left + right if isinstance(left, int) and isinstance(right, int) else _sum(left, right)


def product(extents: tuple[Extent, ...]) -> Extent:
    """The number of points of a box with these extents."""
    return prod(extents) if all(isinstance(each, int) for each in extents) else _product(extents)


@lru_cache(maxsize=1 << 14)
def _sum(left: Extent, right: Extent) -> Extent:
    return extent(left + right)


@lru_cache(maxsize=1 << 14)
def _product(extents: tuple[Extent, ...]) -> Extent:
    total: Extent = 1
    for each in extents:
        total = extent(total * each)
    return total


@dataclass(frozen=True, slots=True)
class Range:
    """The index ``index`` runs over 0 … extent − 1."""

    index: str
    extent: Extent


@dataclass(frozen=True, slots=True)
class Affine:
    """``offset + Σ coefficient · atom``, where an atom is an index or a read of an integer tensor."""

    terms: tuple[tuple[str | Access, Extent], ...]
    offset: Extent = 0

    @property
    def bare(self) -> str | None:
        """The index, when the coordinate is one index and nothing else."""
        if len(self.terms) == 1 and self.offset == 0:
            atom, coefficient = self.terms[0]
            if coefficient == 1 and isinstance(atom, str):
                return atom
        return None

    @property
    def gather(self) -> Access | None:
        """The integer tensor's element, when the coordinate is one such read and nothing else."""
        if len(self.terms) == 1 and self.offset == 0:
            atom, coefficient = self.terms[0]
            if coefficient == 1 and isinstance(atom, Access):
                return atom
        return None

    def indices(self) -> Iterator[str]:
        """Every index the coordinate depends on, also through integer reads; an index may come twice."""
        for atom, _ in self.terms:
            if isinstance(atom, str):
                yield atom
            else:
                yield from atom.indices()

    def gathers(self) -> Iterator[Access]:
        """Every integer read in the coordinate."""
        for atom, _ in self.terms:
            if isinstance(atom, Access):
                yield atom

    def substitute(self, replacement: Mapping[str, Affine]) -> Affine:
        """The coordinate with indices replaced by coordinates."""
        if not any(index in replacement for index in self.indices()):
            return self
        result = Affine((), self.offset)
        for atom, coefficient in self.terms:
            if isinstance(atom, Access):
                part = Affine(((atom.substitute(replacement), 1),))
            else:
                part = replacement.get(atom, Affine(((atom, 1),)))
            result = add(result, scale(part, coefficient))
        return result


@dataclass(frozen=True, slots=True)
class Access:
    """``tensor[g(r)]``: one element of a tensor, as a function of the indices."""

    tensor: str
    index: tuple[Affine, ...]
    _indices: tuple[str, ...] | None = field(default=None, init=False, repr=False, compare=False)

    def indices(self) -> Iterator[str]:
        """Every index that it depends on; found once, as every pass asks for them."""
        if self._indices is None:
            found = tuple(index for coordinate in self.index for index in coordinate.indices())
            object.__setattr__(self, "_indices", found)
        assert self._indices is not None
        return iter(self._indices)

    def gathers(self) -> list[Access]:
        """Every integer read in the coordinates."""
        return [atom for coordinate in self.index for atom, _ in coordinate.terms if not isinstance(atom, str)]

    def substitute(self, replacement: Mapping[str, Affine]) -> Access:
        if not any(index in replacement for index in self.indices()):
            return self
        return Access(self.tensor, tuple(coordinate.substitute(replacement) for coordinate in self.index))

    def retarget(self, rename: Callable[[str], str]) -> Access:
        """The same element of a renamed tensor, integer reads in its coordinates renamed too."""
        return Access(rename(self.tensor), tuple(_retarget(coordinate, rename) for coordinate in self.index))


def _retarget(coordinate: Affine, rename: Callable[[str], str]) -> Affine:
    if not any(True for _ in coordinate.gathers()):
        return coordinate
    terms = tuple((a.retarget(rename) if isinstance(a, Access) else a, c) for a, c in coordinate.terms)
    return Affine(terms, coordinate.offset)


def at(index: str) -> Affine:
    """The coordinate that is one bare index."""
    return Affine(((index, 1),))


def constant(value: Extent) -> Affine:
    """A coordinate that does not move."""
    return Affine((), value)


def add(left: Affine, right: Affine) -> Affine:
    """Sum of two coordinates, equal atoms merged, in order of first appearance."""
    coefficients: dict[str | Access, Extent] = dict(left.terms)
    for atom, coefficient in right.terms:
        coefficients[atom] = sum_of(coefficients.get(atom, 0), coefficient)
    terms = tuple((atom, coefficient) for atom, coefficient in coefficients.items() if coefficient != 0)
    return Affine(terms, sum_of(left.offset, right.offset))


def scale(coordinate: Affine, factor: Extent) -> Affine:
    """A coordinate times an integer."""
    if factor == 1:
        return coordinate
    if factor == 0:
        return Affine(())
    return Affine(tuple((a, product((c, factor))) for a, c in coordinate.terms), product((coordinate.offset, factor)))
