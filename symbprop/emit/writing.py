"""Writing into part of a tensor: a slice, a reshaped view, or elements that integers choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from symbprop.calculus.index import Access, Extent
from symbprop.emit.lines import Line
from symbprop.emit.loops import is_ufunc
from symbprop.emit.scatter import as_rows, scatter
from symbprop.emit.value import Value
from symbprop.emit.views import Views, aligned
from symbprop.schedule.plan import Map


def write_through(
    views: Views, step: Map, value: Value, lines: list[Line], note: str, *, sign: int, filled: bool
) -> None:
    """Append to ``lines``, which compute ``value``, what writes it into the target of ``step``, or adds it there.

    ``filled`` says that the last line computes just what goes there, so that it may write it itself.
    """
    target, domain, accumulate, text = step.target, step.domain, step.accumulate, value.text
    operator = ("+=" if sign > 0 else "-=") if accumulate else "="
    extents: Mapping[str, Extent] = {each.index: each.extent for each in domain}
    indices = [each.index for each in domain]
    view = views.basic(target, extents, windows=False)
    name = views.names[target.tensor]
    if view is not None:
        place = aligned(view, indices)
        place += "" if place.endswith("]") else "[...]"
        if filled and not accumulate and lines and is_ufunc(lines[-1].call):
            lines[-1] = replace(lines[-1].into(place), head="", note=note, shape=())
        else:
            lines.append(Line(f"{place} {operator} {text}", note=note))
        return
    parts = [views.positions(each, indices, extents) for each in target.index]
    if _is_injective(target, indices) or not accumulate:
        lines.append(Line(f"{name}[{', '.join(parts)}] {operator} {text}", note=note))
    else:
        full = value.indices == frozenset(indices)
        shape = views.tensors[target.tensor].shape
        flat = target.tensor not in views.layouts
        rows = as_rows(target, indices, shape, extents) if full and flat and sign > 0 else None
        if rows is not None:
            views.helpers.add("rows")
            lines.append(Line("", "_add_rows", (name, views.positions(target.index[0], rows, extents), text), note))
            return
        function = "np.add.at" if sign > 0 else "np.subtract.at"
        arguments = scatter(name, parts, shape, text, full=full, rank=len(indices), flat=flat)
        lines.append(Line("", function, arguments, note))


def _is_injective(target: Access, indices: Sequence[str]) -> bool:
    """Whether different points write different elements: every index has an axis of its own."""
    bare = {coordinate.bare for coordinate in target.index}
    return set(indices) <= bare
