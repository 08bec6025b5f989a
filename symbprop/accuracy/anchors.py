"""Means of what lies far from zero: computed from differences with the first element, and so as exact as those.

m = mean x is rounded at the size of x; where every reader of m is the same for x + τ and m + τ, whatever τ, it may as
well be given x − x₀ and their mean. With τ = −x₀ nothing is left of the offset: differences of near numbers are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sympy import Dummy, diff, simplify

from symbprop.calculus.gradient import Names
from symbprop.calculus.index import Access, Affine, product
from symbprop.calculus.program import Program, Role, Tensor
from symbprop.calculus.statement import Reduction, Statement, pointwise, read_symbol, statement


@dataclass(frozen=True, slots=True)
class Mean:
    """m[n] = mean x[n, k]: its statement, and the names of x − x₀ and of their mean."""

    source: Statement
    moved: str
    mean: str

    @property
    def read(self) -> Access:
        return self.source.reads[0]

    def rows(self, access: Access) -> tuple[Affine, ...]:
        """Where in m an element of x belongs."""
        kept = {coordinate.bare for coordinate in self.source.target.index}
        return tuple(here for own, here in zip(self.read.index, access.index, strict=True) if own.bare in kept)

    def shifted(self, reader: Statement, place: Access) -> list[Access]:
        """The reads of a reader that move together with its read ``place`` of m."""
        return [read for read in reader.reads if read.tensor == self.read.tensor and self.rows(read) == place.index]


def with_anchors(program: Program) -> tuple[Program, tuple[int, ...]]:
    """An equal program whose means are those of differences, and which statement each statement comes from."""
    names = Names(program.tensors)
    tensors = dict(program.tensors)
    made: dict[int, list[Statement]] = {}
    for position, each in enumerate(program.statements):
        mean = _mean(program, each, names)
        if mean is None or position in made:
            continue
        readers = [
            p for p, r in enumerate(program.statements) if any(read.tensor == each.target.tensor for read in r.reads)
        ]
        if any(p in made for p in readers):
            continue
        tensors[mean.moved] = Tensor(mean.moved, tensors[mean.read.tensor].shape, Role.VALUE)
        tensors[mean.mean] = Tensor(mean.mean, tensors[each.target.tensor].shape, Role.VALUE)
        made[position] = [each, *_differences(mean)]
        made.update((p, [_moved(program.statements[p], mean)]) for p in readers)
    statements = [
        (position, one) for position, each in enumerate(program.statements) for one in made.get(position, [each])
    ]
    if not made:
        return program, tuple(range(len(program.statements)))
    changed = replace(program, tensors=tensors, statements=tuple(one for _, one in statements))
    return changed, tuple(position for position, _ in statements)


def _mean(program: Program, source: Statement, names: Names) -> Mean | None:
    """What is to be moved where a statement is a mean, all of whose readers are the same for what is moved."""
    name = source.target.tensor
    is_sum = source.reduction is Reduction.SUM and bool(source.reduced) and len(source.reads) == 1
    if not is_sum or name in program.outputs or sum(each.target.tensor == name for each in program.statements) != 1:
        return None
    share = source.expr / read_symbol(0)
    if share * product(tuple(each.extent for each in source.reduced)) != 1:
        return None
    letters = [coordinate.bare for coordinate in source.reads[0].index]
    kept = [coordinate.bare for coordinate in source.target.index]
    in_order = [each for each in letters if each in kept]
    if None in letters or None in kept or len(set(letters)) != len(letters) or in_order != kept:
        return None
    if set(letters) != {each.index for each in source.domain}:
        return None
    readers = [each for each in program.statements if any(read.tensor == name for read in each.reads)]
    mean = Mean(source, "", "")
    if not readers or not all(_is_unmoved(each, mean) for each in readers):
        return None
    return Mean(source, names.fresh(f"{source.reads[0].tensor}_moved"), names.fresh(f"{name}_moved"))


def _is_unmoved(reader: Statement, mean: Mean) -> bool:
    """Whether a reader is the same when x and m are moved alike."""
    shift = Dummy("shift", real=True)
    together = _together(reader, mean)
    moved = reader.expr.xreplace({s: s + shift for s, read in reader.read_positions() if read in together})
    return bool(simplify(diff(moved, shift)) == 0)


def _together(reader: Statement, mean: Mean) -> list[Access]:
    places = [read for read in reader.reads if read.tensor == mean.source.target.tensor]
    return [*places, *(read for place in places for read in mean.shifted(reader, place))]


def _differences(mean: Mean) -> Sequence[Statement]:
    """X − x₀ and their mean."""
    source, reduced = mean.source, {each.index for each in mean.source.reduced}
    first = tuple(Affine(()) if coordinate.bare in reduced else coordinate for coordinate in mean.read.index)
    moved = Access(mean.moved, mean.read.index)
    reads = (mean.read, Access(mean.read.tensor, first))
    return [
        pointwise(moved, read_symbol(0) - read_symbol(1), reads, source.domain, label=source.label),
        statement(Access(mean.mean, source.target.index), source.expr, (moved,), source.domain, label=source.label),
    ]


def _moved(reader: Statement, mean: Mean) -> Statement:
    together = _together(reader, mean)
    new = {mean.read.tensor: mean.moved, mean.source.target.tensor: mean.mean}
    reads = tuple(replace(read, tensor=new[read.tensor]) if read in together else read for read in reader.reads)
    return replace(reader, reads=reads)
