"""The statement: the one kind of thing a program is made of.

    T[f(r)]  +=  e( A₁[g₁(r)], A₂[g₂(r)], … )        for all r in a box of index ranges

The scalar function ``e`` is kept apart from what it reads: it is a SymPy expression over the canonical dummies
``read_symbol(0)``, ``read_symbol(1)``, … (the reads, in order), ``index_symbol(0)``, … (the indices of the domain used
as numbers) and sizes. Two layers of the same kind so share one SymPy object, whatever their names: it is differentiated,
simplified and lowered once, and SymPy never sees a name that a user wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cache

from sympy import Expr, Symbol
from sympy.core.sympify import _sympify

from symbprop.calculus.index import Access, Affine, Range
from symbprop.calculus.nodes import renamed, symbols_of
from symbprop.calculus.showing import Shown


class Reduction(Enum):
    """How the points of a domain that share one target element are combined."""

    SUM = "sum"
    PROD = "prod"
    MAX = "max"
    MIN = "min"
    ARGMAX = "argmax"  # the value of index ``selects`` at the first maximum, an integer
    ARGMIN = "argmin"


@cache
def read_symbol(position: int) -> Symbol:
    """The dummy that stands for the ``position``-th read of a statement."""
    return Symbol(f"a{position}", real=True)


@cache
def index_symbol(position: int) -> Symbol:
    """The dummy that stands for the number of the ``position``-th index of a statement's domain."""
    return Symbol(f"i{position}", integer=True, nonnegative=True)


@dataclass(frozen=True, slots=True)
class Statement(Shown):
    """``target[f(r)] += expr`` for every point r of ``domain``.

    Indices in ``domain`` that do not occur in ``target`` are reduced with ``reduction``. Several statements with one
    target add up; ``label`` says where the statement comes from.
    """

    target: Access
    expr: Expr
    reads: tuple[Access, ...]
    domain: tuple[Range, ...]
    reduction: Reduction = Reduction.SUM
    selects: str = ""
    label: str = ""
    _sources: tuple[str, ...] | None = field(default=None, init=False, repr=False, compare=False)
    _reduced: tuple[Range, ...] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def reduced(self) -> tuple[Range, ...]:
        """The ranges that are summed (or otherwise reduced) over; found once, as every pass asks for them."""
        if self._reduced is None:
            kept = set(self.target.indices())
            object.__setattr__(self, "_reduced", tuple(each for each in self.domain if each.index not in kept))
        assert self._reduced is not None
        return self._reduced

    def read_positions(self) -> Iterator[tuple[Symbol, Access]]:
        """Each read with the dummy that stands for it."""
        for position, access in enumerate(self.reads):
            yield read_symbol(position), access

    def accesses(self) -> Iterator[Access]:
        """Target and reads, and the integer reads in their coordinates."""
        for access in (self.target, *self.reads):
            yield access
            yield from access.gathers()

    def sources(self) -> tuple[str, ...]:
        """Every tensor whose elements the statement needs: values and integer reads in coordinates; found once."""
        if self._sources is None:
            gathers = [gather for access in (self.target, *self.reads) for gather in access.gathers()]
            found = [access.tensor for access in self.reads] + [name for each in gathers for name in _gathered(each)]
            object.__setattr__(self, "_sources", tuple(found))
        assert self._sources is not None
        return self._sources


def _gathered(access: Access) -> Iterator[str]:
    yield access.tensor
    for inner in access.gathers():
        yield from _gathered(inner)


def statement(
    target: Access,
    expr: Expr,
    reads: Sequence[Access],
    domain: Sequence[Range],
    reduction: Reduction = Reduction.SUM,
    *,
    selects: str = "",
    label: str = "",
) -> Statement:
    """A statement in normal form: no read twice or unused, no index that nothing depends on."""
    expr, kept_reads = _compact_reads(_sympify(expr), reads)
    used = set(target.indices()) | {index for read in kept_reads for index in read.indices()} | {selects}
    free = symbols_of(expr)
    kept: list[Range] = []
    renumber: dict[Symbol, Symbol] = {}
    for position, each in enumerate(domain):
        symbol = index_symbol(position)
        if each.index in used or symbol in free:
            if len(kept) != position:
                renumber[symbol] = index_symbol(len(kept))
            kept.append(each)
        elif reduction is Reduction.SUM:
            expr = expr * each.extent
        elif reduction is Reduction.PROD:
            expr = expr**each.extent
    if renumber:
        expr = expr.xreplace(renumber)
    return Statement(target, expr, kept_reads, tuple(kept), reduction, selects, label)


def pointwise(
    target: Access, expr: Expr, reads: Sequence[Access], domain: Sequence[Range], *, label: str = ""
) -> Statement:
    """``target = expr`` element by element: indices of ``domain`` that it does not depend on are not summed over."""
    # A maximum over an index that nothing depends on drops the index, where a sum would multiply by its extent.
    return replace(statement(target, expr, reads, domain, Reduction.MAX, label=label), reduction=Reduction.SUM)


def _compact_reads(expr: Expr, reads: Sequence[Access]) -> tuple[Expr, tuple[Access, ...]]:
    """Merge equal reads, drop unused ones, renumber the rest in order."""
    merged: dict[Access, int] = {}
    positions = [merged.setdefault(access, position) for position, access in enumerate(reads)]
    if len(merged) != len(reads):
        moved = ((old, new) for old, new in enumerate(positions) if new != old)
        expr = renamed(expr, tuple((read_symbol(old), read_symbol(new)) for old, new in moved))
    free = symbols_of(expr)
    used = [position for position in merged.values() if read_symbol(position) in free]
    if used != list(range(len(used))):
        expr = renamed(expr, tuple((read_symbol(old), read_symbol(new)) for new, old in enumerate(used)))
    return expr, tuple(reads[position] for position in used)


def reindex(source: Statement, replacement: Mapping[str, Affine], domain: Sequence[Range]) -> Statement:
    """``source`` with its indices replaced by coordinates over ``domain``.

    An index whose number the expression uses becomes the number of its coordinate: an index again, a shifted one, or
    an integer read.
    """
    reads = [access.substitute(replacement) for access in source.reads]
    order = {each.index: position for position, each in enumerate(domain)}
    numbers: dict[Symbol, Expr] = {}
    for position, each in enumerate(source.domain):
        if index_symbol(position) not in source.expr.free_symbols:
            continue
        coordinate = replacement.get(each.index, Affine(((each.index, 1),)))
        value: Expr = _sympify(coordinate.offset)
        for atom, coefficient in coordinate.terms:
            if isinstance(atom, str):
                value += coefficient * index_symbol(order[atom])
            else:
                value += coefficient * read_symbol(len(reads))
                reads.append(atom)
        numbers[index_symbol(position)] = value
    expr = source.expr.xreplace(numbers) if numbers else source.expr
    target = source.target.substitute(replacement)
    selects = source.selects
    return statement(target, expr, reads, domain, source.reduction, selects=selects, label=source.label)
