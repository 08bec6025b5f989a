"""The lines of maps that are computed as one (``abreast.py``), some members at a time: of many examples one fills the cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symbprop.calculus.index import Extent, product
from symbprop.emit.blocks import Letters
from symbprop.emit.buffers import Buffers
from symbprop.emit.lines import Line
from symbprop.emit.loops import is_ufunc
from symbprop.emit.sizes import size
from symbprop.emit.value import Value


def finished(made: Sequence[Line], value: Value, members: str, note: str) -> list[Line]:
    """``made`` computes ``value``; here the last call writes it over the ``members`` that it is computed from."""
    *lines, last = made
    if is_ufunc(last.call):
        return [*lines, replace(last.into(members), head="", shape=(), note=note)]
    return [*lines, last, Line("", "np.copyto", (members, value.text), note)]


def some_at_a_time(
    lines: Sequence[Line],
    members: str,
    where: str,
    shape: Sequence[Extent],
    part: str,
    note: str,
    letters: Letters,
    buffers: Buffers,
) -> list[Line]:
    """The loop over ``where``, an array of this ``shape`` with the members along its first axis; ``part`` says which of them.

    ``members`` are some of them, and ``lines`` what is computed of those. What lies between two calls is as long as they are.
    """
    written: dict[str, bool] = {}
    inside: list[Line] = []
    for line in lines:
        into = line.head.removesuffix(" = ")
        if into and line.shape:
            written[into] = letters.used[into]
            line = replace(line.into(into), head="", shape=())
        inside.append(replace(line, depth=1))
    if not written:
        return [Line(f"{members} = {where}", note=note), *lines]
    count, *others = shape
    elements = product(((2 + len(written)) // 2, *others))  # of one member, in half of all arrays
    some = (f"_block({size(count)}, {size(elements)}, dtype)", *map(size, others))
    head = f"for {', '.join((part, *written))} in {buffers.blocks(size(count), some, written)}:"
    return [Line(head, note=note), Line(f"{members} = {where}[{part}]", depth=1), *inside]
