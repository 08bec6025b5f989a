"""Sums, maxima and minima over short windows: one pass over the places inside a window, all windows at once."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Mapping, Sequence

from sympy import Symbol

from symbprop.calculus.index import Access, Extent, Range, constant, product
from symbprop.calculus.statement import Reduction
from symbprop.emit.lines import Line
from symbprop.emit.literals import tuple_display
from symbprop.emit.sizes import size
from symbprop.emit.storage import shape_text
from symbprop.emit.variables import unused
from symbprop.emit.views import Views, aligned
from symbprop.schedule.plan import Fold

FOLDS = {Reduction.SUM: "np.sum", Reduction.MAX: "np.max", Reduction.MIN: "np.min", Reduction.PROD: "np.prod"}
QUICK = {  # without the wrappers, which cost more than a short sum
    Reduction.SUM: "np.add.reduce",
    Reduction.MAX: "np.maximum.reduce",
    Reduction.MIN: "np.minimum.reduce",
    Reduction.PROD: "np.multiply.reduce",
}
PAIRWISE = {Reduction.MAX: "np.maximum", Reduction.MIN: "np.minimum"}
CHOICES = {Reduction.ARGMAX: "argmax", Reduction.ARGMIN: "argmin"}
FEW = 16  # places up to which adding them one by one is faster than a sum over strided axes
SHORT = 4  # places up to which each has a line of its own
MOST = 64  # places in a window; beyond that NumPy's own reduction is as fast


def slides(step: Fold) -> int | None:
    """How many places the windows of a fold have, where it runs over windows, and few places."""
    reduced = {each.index: each.extent for each in step.reduced}
    sliding = {
        index for coordinate in step.operand.index if len(coordinate.terms) > 1 for index in coordinate.indices()
    }
    lengths = [length for length in reduced.values() if isinstance(length, int)]
    if not set(reduced) <= sliding or len(lengths) != len(reduced) or math.prod(lengths) > MOST:
        return None
    return math.prod(lengths)


def pairwise(step: Fold, views: Views, target: str, taken: Collection[str], note: str, place: str) -> list[Line] | None:
    """``np.maximum`` of one place after another into ``target``, or their sum; ``place`` is an array that it may be in."""
    places = slides(step)
    is_sum = step.reduction is Reduction.SUM
    if (
        places is None
        or (is_sum and places > FEW)
        or not (is_sum or (step.reduction in PAIRWISE and not step.accumulate))
    ):
        return None
    kept = [str(coordinate.bare) for coordinate in step.target.index]
    ranges = tuple(each for each in step.domain if each.index in kept)
    if not is_sum and 2 <= places <= SHORT:
        return _one_by_one(step, views, kept, ranges, target, note, place)
    names: dict[str, str] = {}
    for each in step.reduced:
        wishes = (each.index.replace("'", "_"), "p", "q", "r", *(f"p{count}" for count in range(1, 100)))
        names[each.index] = next(w for w in wishes if w not in taken and w not in names.values())
    at_first = views.view(_at(step.operand, dict.fromkeys(names, 0)), ranges)
    moving = {index: Symbol(name, integer=True, nonnegative=True) for index, name in names.items()}
    at_any = views.view(_at(step.operand, moving), ranges)
    if set(at_first.axes) != set(kept) or set(at_any.axes) != set(kept):
        return None
    lines = [Line(f"{target} = {place}", note=note)] if place else []
    if place:
        first = f"np.copyto({target}, {aligned(at_first, kept)})"
        lines.append(Line(f"{target}.fill(0)" if is_sum else first))
    elif is_sum and not step.accumulate:
        shape = shape_text([each.extent for each in _in_order(ranges, kept)])
        lines.append(Line(f"{target} = ", "np.zeros", (shape, "dtype"), note))
    elif not is_sum:
        lines.append(Line(f"{target} = {aligned(at_first, kept)}.copy()", note=note))
    for depth, each in enumerate(step.reduced):
        lines.append(Line(f"for {names[each.index]} in range({size(each.extent)}):", depth=depth))
    if is_sum:
        lines.append(Line(f"{target} += {aligned(at_any, kept)}", note=note * step.accumulate, depth=len(names)))
    else:
        call = (target, aligned(at_any, kept), f"out={target}")
        lines.append(Line("", PAIRWISE[step.reduction], call, depth=len(names)))
    return lines


def _one_by_one(
    step: Fold, views: Views, kept: Sequence[str], ranges: tuple[Range, ...], target: str, note: str, place: str
) -> list[Line] | None:
    """The largest of a few places, a line for each but the first."""
    lengths = [range(each.extent) for each in step.reduced if isinstance(each.extent, int)]
    places = [dict(zip((each.index for each in step.reduced), at, strict=True)) for at in itertools.product(*lengths)]
    found = [views.view(_at(step.operand, at), ranges) for at in places]
    if any(set(each.axes) != set(kept) for each in found):
        return None
    first, second, *others = (aligned(each, kept) for each in found)
    function = PAIRWISE[step.reduction]
    start = Line(f"{target} = ", function, (first, second), note)
    return [
        start.into(place) if place else start,
        *(Line("", function, (target, each, f"out={target}"), note) for each in others),
    ]


def _in_order(ranges: Sequence[Range], names: Sequence[str]) -> list[Range]:
    return sorted(ranges, key=lambda each: names.index(each.index))


def first_maximum(
    step: Fold,
    text: str,
    first: int,
    target: str,
    known: dict[tuple[Access, tuple[str, ...]], str],
    taken: set[str],
    largest: str = "",
) -> list[Line] | None:
    """The position of the first maximum of each window, ``text``'s windows starting at axis ``first``.

    All coordinates of it come from one pass: ``known`` keeps what that pass is called. ``largest`` are the maxima, if known.
    """
    if step.reduction is not Reduction.ARGMAX or slides(step) is None:
        return None
    summed = [each.index for each in step.reduced]
    axes = tuple_display([str(first + position) for position in range(len(summed))])
    call = (text, axes, largest) if largest else (text, axes)
    if len(summed) == 1:
        return [Line(f"{target} = ", "_argmax", call)]
    lines = []
    key = (step.operand, tuple(summed))
    if key not in known:
        known[key] = unused(target.removesuffix(f"_{step.selects}"), taken)
        lines.append(Line(f"{known[key]} = ", "_argmax", call))
    lengths = {each.index: each.extent for each in step.reduced}
    position = summed.index(step.selects)
    after = product(tuple(lengths[index] for index in summed[position + 1 :]))
    whole = f"{known[key]} // {size(after)}" if after != 1 else known[key]
    return [*lines, Line(f"{target} = {whole}{_remainder(lengths[step.selects]) if position else ''}")]


def _remainder(length: Extent) -> str:
    """Modulo a length: of a power of two the lowest bits, which are found ten times as fast."""
    if isinstance(length, int) and length & (length - 1) == 0:
        return f" & {length - 1}"
    return f" % {size(length)}"


def choice(step: Fold, text: str, kept: list[str], target: str) -> Line:
    """``argmax`` over all reduced axes of ``text`` as one, and from that the coordinate that is meant."""
    function, summed = CHOICES[step.reduction], [each.index for each in step.reduced]
    if len(summed) == 1:
        return Line(f"{target} = ", f"{text}.{function}", (f"axis={len(kept)}",))
    extents = {each.index: each.extent for each in step.domain}
    lead = [size(extents[index]) for index in kept]
    flat = f"{text}.reshape({', '.join([*lead, '-1'])})"
    after = size(product(tuple(extents[index] for index in summed[summed.index(step.selects) + 1 :])))
    tail = "" if after == "1" else f" // {after}" if after.isalnum() else f" // ({after})"
    if step.selects != summed[0]:
        tail += f" % {size(extents[step.selects])}"
    return Line(f"{target} = ", f"{flat}.{function}", (f"axis={len(kept)}",), tail=tail)


def _at(access: Access, values: Mapping[str, Extent]) -> Access:
    return access.substitute({index: constant(value) for index, value in values.items()})
