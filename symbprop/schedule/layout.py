"""Layouts: in which order the axes of a tensor lie in memory, where that is not the order of its indices.

Three rules, each read off the shapes and accesses of a plan. A tensor that a loop takes step by step has the axis of the
steps first, so that one step is one block. Where windows slide over images the examples come last, so that what is
copied and added is long; a matrix that is seen as such images has them last, too. A matrix with few columns that something adds up or takes the largest of has its columns first,
so that this runs along memory, and so have all matrices that are computed from it, or it from them, element by element.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sympy import Expr

from symbprop.calculus.index import Access, Affine
from symbprop.schedule.plan import Alias, Fold, Loop, Map, Plan, accesses_of, flat

FEW = 32  # columns up to which they come first

Layout = tuple[int, ...]


def layouts(plan: Plan, owners: Mapping[str, str]) -> Mapping[str, Layout]:
    """The axes of each tensor that the plan stores otherwise than in the order of its indices, slowest first.

    What is given or handed out is stored as its indices are. ``owners``: the tensor whose memory each one lives in.
    """
    plain = {owners[name] for name in (*plan.results, *plan.shared)}
    stepped: dict[str, int] = {}
    slid: set[int] = set()
    for outer in plan.steps:
        for step in flat([outer]):
            for access in accesses_of(step):
                shape = plan.shape(access.tensor)
                for axis, coordinate in enumerate(access.index):
                    if isinstance(outer, Loop) and _is_step(coordinate):
                        stepped.setdefault(owners[access.tensor], axis)
                    elif _slides(coordinate) and len(shape) > 2 and isinstance(shape[0], Expr):
                        slid.add(len(shape))
    upright = _with_few_columns(plan) | _seen_as_images(plan, owners, slid)
    found: dict[str, Layout] = {}
    for name in plan.tensors:
        shape, owner = plan.shape(name), owners[name]
        if owner in plain or len(shape) < 2 or shape != plan.shape(owner):
            continue
        axes = range(len(shape))
        if owner in stepped:
            layout = (stepped[owner], *(axis for axis in axes if axis != stepped[owner]))
        elif len(shape) in slid and isinstance(shape[0], Expr):
            layout = (axes[-1], *axes[1:-1], 0)
        elif name in upright:
            layout = (1, 0)
        else:
            continue
        if layout != tuple(axes):
            found[name] = layout
    return found


def _with_few_columns(plan: Plan) -> set[str]:
    """Matrices with few columns that a fold runs over, and those that element-wise maps connect with them."""

    def fits(access: Access) -> bool:
        shape = plan.shape(access.tensor)
        few = len(shape) == 2 and isinstance(shape[0], Expr) and isinstance(shape[1], int) and 1 < shape[1] <= FEW
        return few and all(coordinate.bare is not None for coordinate in access.index)

    found, groups = set[str](), list[set[str]]()
    for step in flat(plan.steps):
        if isinstance(step, Fold) and fits(step.operand):
            if {each.index for each in step.reduced} == {step.operand.index[1].bare}:
                found.add(step.operand.tensor)
        elif isinstance(step, Map) and fits(step.target):
            groups.append({step.target.tensor, *(each.tensor for each in step.reads if fits(each))})
    known = -1
    while known != len(found):
        known = len(found)
        for group in groups:
            if group & found:
                found |= group
    return found


def _seen_as_images(plan: Plan, owners: Mapping[str, str], slid: Collection[int]) -> set[str]:
    """Matrices with a row for each example that a view makes images of: of as many axes as those that windows slide over."""
    views = (step for step in flat(plan.steps) if isinstance(step, Alias))
    found = {owners[step.target.tensor] for step in views if len(plan.shape(step.target.tensor)) in slid}
    return {name for name in found if len(plan.shape(name)) == 2 and isinstance(plan.shape(name)[0], Expr)}


def stored_indices(access: Access, layout: Layout | None) -> list[str]:
    """The indices of an access in the order in which their axes lie in memory."""
    order = range(len(access.index)) if layout is None else layout
    return list(dict.fromkeys(index for axis in order for index in access.index[axis].indices()))


def _is_step(coordinate: Affine) -> bool:
    """Whether a coordinate is the number of a step of a loop, perhaps with something added."""
    return isinstance(coordinate.offset, Expr) and not coordinate.terms


def _slides(coordinate: Affine) -> bool:
    return len(coordinate.terms) > 1 and all(isinstance(atom, str) for atom, _ in coordinate.terms)
