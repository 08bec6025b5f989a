"""What is added up window by window along several axes: along one of them first, into bands that are then added up along the others.

ȳ[n, c+g, a+f, j] += Σ_b K[g, f, j, b] z̄[n, c, a, b] is a product for each (g, f), of matrices with few rows. With the bands
r[i, f, j, a, n] = Σ_g Σ_b K[g, f, j, b] z̄[n, i−g, a, b] it is a product for each g, with a row for each (f, j).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Expr

from symbprop.calculus.index import Access, Affine, Extent, Range, at, product
from symbprop.schedule.order import inside_window, mixed_radix

NARROW = 16  # elements beside the windows, a row of a product for each; with more of them such a product is as fast as larger ones


@dataclass(frozen=True, slots=True)
class Stages:
    """The ``ranges`` of the bands, slowest first; ``into`` them what is added up along one axis, ``out`` of them to the target."""

    ranges: tuple[Range, ...]
    into: tuple[Affine, ...]
    out: tuple[Affine, ...]


def stages(target: Access, domain: Sequence[Range], shape: Sequence[Extent]) -> Stages | None:
    """How to write a target with the examples first and windows along two or more axes, the first of them at a time."""
    extents: dict[str, Extent] = {each.index: each.extent for each in domain}
    examples, *axes = target.index or (Affine(()),)
    if examples.bare is None or not isinstance(shape[0], Expr):
        return None
    sliding = [axis for axis, each in enumerate(axes, start=1) if inside_window(each, extents) is not None]
    if any(mixed_radix(target.index[axis].terms, extents) is not None for axis in sliding):
        return None  # windows side by side, which are no more than a view
    others = [each for axis, each in enumerate(axes, start=1) if axis not in sliding]
    indices = list(target.indices())
    if len(sliding) < 2 or any(each.bare is None for each in others) or len(set(indices)) != len(indices):
        return None
    rows = product(tuple(extents[index] for each in others for index in each.indices()))
    if not isinstance(rows, int) or rows > NARROW:
        return None
    lead, *rest = sliding
    inside = [inside_window(target.index[axis], extents) for axis in rest]
    bases = [index for axis in rest for index in target.index[axis].indices() if index not in inside]
    (row,) = (index for index in target.index[lead].indices() if index != inside_window(target.index[lead], extents))
    names = [*(each for each in inside if each), *(str(each.bare) for each in others), *bases, examples.bare]
    length = Range(row, shape[lead])
    into = (target.index[lead], *map(at, names))
    out = tuple(at(row) if axis == lead else each for axis, each in enumerate(target.index))
    return Stages((length, *(Range(each, extents[each]) for each in names)), into, out)
