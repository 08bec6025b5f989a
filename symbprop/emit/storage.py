"""Where tensors live: new arrays, and views of others."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from sympy import Expr

from symbprop.calculus.index import Access, Extent, Range
from symbprop.calculus.program import Tensor
from symbprop.emit.lines import Line
from symbprop.emit.literals import tuple_display
from symbprop.emit.sizes import constant, size
from symbprop.emit.views import Views, aligned
from symbprop.schedule.order import mixed_radix, slice_of_step
from symbprop.schedule.plan import Alias, Allocate, Contract, Fold, Plan


def shape_text(extents: Sequence[Extent]) -> str:
    """A shape as a tuple display."""
    return tuple_display([size(each) for each in extents])


def broadcast_shape(domain: Sequence[Range], indices: Collection[str]) -> tuple[str, ...]:
    """The shape of an array that varies over some of the indices of ``domain`` and broadcasts against all of it."""
    order = [each.index for each in domain]
    first = min(order.index(index) for index in indices)
    return tuple(size(each.extent if each.index in indices else 1) for each in domain[first:])


def filled(step: Allocate, where: str, name: str) -> Line | None:
    """What an array that is kept is filled with before anything is written into it."""
    if not where or (step.fill == 0 and not step.zeros):
        return None
    return Line(f"{name}.fill({constant(step.fill)})")


def allocation(step: Allocate, tensor: Tensor, name: str, note: str) -> Line:
    """A new array: zeros, bare, or filled."""
    shape, dtype = tensor.shape, "np.intp" if tensor.integer else "dtype"
    if not shape:
        return Line(f"{name} = {dtype if tensor.integer else 'dtype.type'}(0)", note=note)
    if step.fill != 0:
        return Line(f"{name} = ", "np.full", (shape_text(shape), constant(step.fill), dtype), note)
    return Line(f"{name} = ", "np.zeros" if step.zeros else "np.empty", (shape_text(shape), dtype), note)


def is_block(step: Contract | Fold, plan: Plan, views: Views) -> bool:
    """Whether what belongs to a step of a loop is written whole, and lies in memory as one block."""
    access, layout = step.target, views.layouts.get(step.target.tensor)
    numbers = [axis for axis, each in enumerate(access.index) if isinstance(each.offset, Expr) and not each.terms]
    starts = layout is not None and numbers == [layout[0]]
    return starts and not step.accumulate and slice_of_step(access, step.domain, plan.shape(access.tensor))


def place_of(step: Contract | Fold, views: Views) -> str:
    """The target, or the part of it that belongs to the step of a loop."""
    if not any(isinstance(each.offset, Expr) and not each.terms for each in step.target.index):
        return views.names[step.target.tensor]
    view = views.basic(step.target, {each.index: each.extent for each in step.domain}, windows=False)
    assert view is not None
    return view.text


def alias(step: Alias, plan: Plan, views: Views, names: Mapping[str, str], note: str) -> Line:
    """A tensor seen through other indices."""
    extents = {each.index: each.extent for each in step.domain}
    view = views.view(step.read, step.domain)
    text = aligned(view, list(_target_order(step.target, extents)))
    if any(coordinate.bare is None for coordinate in step.target.index):
        text += f".reshape({', '.join(size(each) for each in plan.shape(step.target.tensor))})"
    return Line(f"{names[step.target.tensor]} = {text}", note=note)


def _target_order(target: Access, extents: Mapping[str, Extent]) -> Iterator[str]:
    """The indices of a target, slowest first inside each axis."""
    for coordinate in target.index:
        yield from mixed_radix(coordinate.terms, dict(extents)) or []
