"""Reads outside a tensor: ``x[n, h + p - 1] else 0`` becomes a read of a larger tensor that is 0 around ``x``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sympy import Expr, S, Symbol

from symbprop.calculus.index import Access, Affine, Extent, add, at, constant, extent
from symbprop.calculus.statement import Reduction
from symbprop.language.extents import Extents
from symbprop.language.pending import Pending, mentioned
from symbprop.language.shapes import Shape
from symbprop.language.source import SourceError, Span

BOUNDS = {S.NegativeInfinity: Reduction.MAX, S.Infinity: Reduction.MIN}


@dataclass(frozen=True, slots=True)
class OutsideRead:
    """One read with ``else``: where it reads, what lies outside, and the access that stands for it until then."""

    tensor: str
    fill: Expr
    access: Access
    span: Span


@dataclass
class Outside:
    """The reads outside tensors of one set of equations."""

    reads: dict[Access, OutsideRead] = field(default_factory=dict)
    fills: dict[str, Expr] = field(default_factory=dict)  # of the padded tensors, by local name

    def read(self, shape: Shape, coordinates: tuple[Affine, ...], fill: Expr, span: Span) -> Access:
        """The access that stands for ``shape[coordinates] else fill`` until the extents are known."""
        if any(True for coordinate in coordinates for _ in coordinate.gathers()):
            raise SourceError("a position that is itself read from a tensor cannot have an else", span)
        access = Access(f"{shape.name} else {fill}", coordinates)
        self.reads.setdefault(access, OutsideRead(shape.name, fill, access, span))
        return access

    def settle(
        self,
        accesses: dict[Symbol, Access],
        shapes: dict[str, Shape],
        pending: list[Pending],
        extents: Extents,
        index: Callable[[str, Span], str],
        symbol: Callable[[Access], Symbol],
    ) -> None:
        """Turn every such read into one of a padded tensor, or of the tensor itself where it never leaves it."""
        symbols = {access: each for each, access in accesses.items()}
        groups: dict[tuple[str, Expr], list[OutsideRead]] = {}
        for each in self.reads.values():
            groups.setdefault((each.tensor, each.fill), []).append(each)
        for (tensor, fill), reads in groups.items():
            mine = {symbols[each.access] for each in reads if each.access in symbols}
            if fill in BOUNDS:
                _require_bound(mine, pending, BOUNDS[fill])
            sizes = tuple(extents.value(size) for size in shapes[tensor].axes if size is not None)
            margins = [_margin(axis, size, reads, extents) for axis, size in enumerate(sizes)]
            first = next((p for p, each in enumerate(pending) if each.expr.free_symbols & mine), len(pending))
            padded, shift = tensor, [constant(0)] * len(sizes)
            if any(margin != (0, 0) for margin in margins):
                padded = _fresh(f"{tensor}_pad", shapes)
                axes = [extent(size + before + after) for size, (before, after) in zip(sizes, margins, strict=True)]
                shapes[padded] = Shape(padded, list(axes), computed=True)
                self.fills[padded] = fill
                shift = [constant(before) for before, _ in margins]
                inner = [index(chr(ord("i") + axis % 18), reads[0].span) for axis in range(len(sizes))]
                for name, size in zip(inner, sizes, strict=True):
                    extents.known[name] = size
                coordinates = [at(name) for name in inner]
                target = Access(padded, tuple(add(c, s) for c, s in zip(coordinates, shift, strict=True)))
                value = symbol(Access(tensor, tuple(coordinates)))
                pending.insert(first, Pending(target, value, (), Reduction.SUM, reads[0].span))
            for each in reads:
                if each.access in symbols:
                    moved = tuple(add(c, s) for c, s in zip(each.access.index, shift, strict=True))
                    accesses[symbols[each.access]] = Access(padded, moved)


def _margin(axis: int, size: Extent, reads: list[OutsideRead], extents: Extents) -> tuple[Extent, Extent]:
    """How many elements the reads need before and after an axis."""
    before: Extent = 0
    after: Extent = 0
    for each in reads:
        low, high = extents.bounds(each.access.index[axis])
        before = _larger(before, extent(-low), each)
        after = _larger(after, extent(high - size + 1), each)
    return before, after


def _larger(left: Extent, right: Extent, each: OutsideRead) -> Extent:
    difference = extent(right - left)
    if isinstance(difference, int):
        return right if difference > 0 else left
    if difference.is_nonnegative:
        return right
    if difference.is_nonpositive:
        return left
    raise SourceError(
        f"how far this reads outside {each.tensor} depends on sizes that are free at run time: {difference}",
        each.span,
        hint="give the size in the description",
    )


def _require_bound(symbols: set[Symbol], pending: list[Pending], reduction: Reduction) -> None:
    """An infinity may only stand outside a tensor whose maximum (or minimum) is taken."""
    for each in pending:
        if each.expr.free_symbols & symbols and not (each.expr in symbols and each.reduction is reduction):
            kind = reduction.value
            raise SourceError(
                f"this infinity may stand outside a tensor only where its {kind} is taken", each.span,
                hint=f"as in {kind}(p, x[2*h + p] else {'-' if kind == 'max' else ''}infinity)",
            )  # fmt: skip


def _fresh(wish: str, shapes: Mapping[str, Shape]) -> str:
    name, count = wish, 1
    while name in shapes:
        count += 1
        name = f"{wish}{count}"
    return name


def needed_for(
    wanted: set[str],
    pending: Sequence[Pending],
    accesses: Mapping[Symbol, Access],
    outside: Mapping[Access, OutsideRead],
) -> list[Pending]:
    """The statements that the ``wanted`` tensors need, in order; what those read becomes wanted too.

    ``outside`` tells of the accesses that stand for a read with ``else``.
    """
    kept = []
    for each in reversed(pending):
        if each.target.tensor in wanted:
            kept.append(each)
            wanted |= mentioned(each, accesses)
            free = each.expr.free_symbols
            wanted |= {outside[a].tensor for symbol, a in accesses.items() if symbol in free and a in outside}
    return kept[::-1]
