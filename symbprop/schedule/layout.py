"""Layouts: in which order the axes of a tensor lie in memory, where that is not the order of its indices.

Three rules, each read off the shapes and accesses of a plan. A tensor that a loop takes step by step has the axis of the
steps first, so that one step is one block; where the loop takes rows in pieces (the gates of a recurrent layer), the
examples come last, so that a piece is one block, too. Where windows slide over images the examples come last, so that what is
copied and added is long; a matrix that is seen as such images has them last, too. A matrix with few columns that something adds up or takes the largest of has its columns first,
so that this runs along memory, and so have all matrices that are computed from it, or it from them, element by element.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from sympy import Expr

from symbprop.calculus.index import Access, Affine, Extent
from symbprop.schedule.plan import Alias, Fold, Loop, Map, Plan, Simple, accesses_of, flat, target_of

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
    lying = _in_pieces(plan, owners, plain)
    for made, source in _made_of(plan, owners, lying):
        if made not in plain and source in stepped and _has_examples(plan.shape(made)):
            lying.add(made)
            stepped.setdefault(made, stepped[source])
    upright = _with_few_columns(plan) | _seen_as_images(plan, owners, slid)
    found: dict[str, Layout] = {}
    for name in plan.tensors:
        shape, owner = plan.shape(name), owners[name]
        if owner in plain or len(shape) < 2 or shape != plan.shape(owner):
            continue
        axes = range(len(shape))
        first = [stepped[owner]] if owner in stepped else []
        if owner in lying:
            layout = (*first, *(axis for axis in axes[1:] if axis not in first), 0)
        elif first:
            layout = (*first, *(axis for axis in axes if axis not in first))
        elif len(shape) in slid and isinstance(shape[0], Expr):
            layout = (axes[-1], *axes[1:-1], 0)
        elif name in upright:
            layout = (1, 0)
        else:
            continue
        if layout != tuple(axes):
            found[name] = layout
    return found


def _in_pieces(plan: Plan, owners: Mapping[str, str], plain: Collection[str]) -> set[str]:
    """The tensors of loops that take pieces of rows, if all of them have the examples first and may lie otherwise.

    Loops that share a tensor go together.
    """
    groups: list[tuple[set[str], bool]] = []
    for loop in plan.steps:
        if not isinstance(loop, Loop):
            continue
        steps = list(flat([loop]))
        numbered = {
            (owners[each.tensor], axis)
            for step in steps for each in accesses_of(step)
            for axis, coordinate in enumerate(each.index) if _is_step(coordinate)
        }  # fmt: skip
        names = {name for name, _ in numbered} | {owners[target_of(step)] for step in steps}
        pieces = any(_takes_pieces(step, plan, owners, numbered) for step in steps)
        apart = []
        for others, theirs in groups:
            if names.isdisjoint(others):
                apart.append((others, theirs))
            else:
                names, pieces = names | others, pieces or theirs
        groups = [*apart, (names, pieces)]
    movable = [names for names, pieces in groups if pieces and not names & {*plain}]
    return {name for names in movable if all(_has_examples(plan.shape(each)) for each in names) for name in names}


def _made_of(plan: Plan, owners: Mapping[str, str], lying: Collection[str]) -> Iterator[tuple[str, str]]:
    """What is computed element by element from tensors that are ``lying``, for all steps at once, and one of those."""
    for step in plan.steps:
        if isinstance(step, Map):
            along = [tuple(each.indices()) for each in step.target.index]
            for read in step.reads:
                same = len(along) > 2 and [tuple(each.indices()) for each in read.index] == along
                if same and owners[read.tensor] in lying and owners[step.target.tensor] not in lying:
                    yield owners[step.target.tensor], owners[read.tensor]


def _has_examples(shape: Sequence[Extent]) -> bool:
    return len(shape) > 1 and isinstance(shape[0], Expr)


def _takes_pieces(step: Simple, plan: Plan, owners: Mapping[str, str], numbered: Collection[tuple[str, int]]) -> bool:
    """Whether a map reads or writes part of a row of what a loop takes step by step: along an axis that is not ``numbered``."""
    if not isinstance(step, Map):
        return False
    extents = {each.index: each.extent for each in step.domain}
    return any(
        any(map(_is_step, access.index))
        and axis > 0
        and (owners[access.tensor], axis) not in numbered
        and _is_piece(coordinate, plan.shape(access.tensor)[axis], extents)
        for access in (step.target, *step.reads)
        for axis, coordinate in enumerate(access.index)
    )


def _is_piece(coordinate: Affine, length: Extent, extents: Mapping[str, Extent]) -> bool:
    (atom, _), *others = coordinate.terms or ((None, 0),)
    return isinstance(atom, str) and not others and (coordinate.bare is None or extents[atom] != length)


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
