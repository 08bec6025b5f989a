"""Matrices that the steps of a loop multiply by, transposed once before it: BLAS takes twice as long for a small A·Bᵀ."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from symbprop.emit.buffers import Buffers
from symbprop.emit.lines import Line
from symbprop.emit.sizes import size
from symbprop.emit.variables import unused
from symbprop.schedule.plan import Loop, Plan, targets_of

TURNED = re.compile(r"(\w+)\.T")
STEPS = 8  # of a loop from which on a copy of the matrix pays


def upright(
    lines: Sequence[Line], step: Loop, plan: Plan, names: Mapping[str, str], taken: set[str], buffers: Buffers | None
) -> tuple[list[Line], list[Line]]:
    """What comes before the loop, and its ``lines``: a product with the transpose of what never changes takes a copy.

    ``names`` are the variables of the tensors; new ones are added to ``taken``.
    """
    if isinstance(step.extent, int) and step.extent < STEPS:
        return [], list(lines)
    changing = set(targets_of(step))
    matrices = {
        variable: tuple(map(size, plan.shape(name)))
        for name, variable in names.items()
        if name in plan.tensors and len(plan.shape(name)) == 2 and name not in changing
    }
    copies: dict[str, str] = {}
    ahead: list[Line] = []
    found: list[Line] = []
    for line in lines:
        match = TURNED.fullmatch(line.arguments[1]) if line.call == "np.dot" else None
        if match is None or match[1] not in matrices:
            found.append(line)
            continue
        name = match[1]
        if name not in copies:
            copies[name] = unused(f"{name}_T", taken)
            note = f"{name}ᵀ, as one block"
            if buffers is None:
                ahead.append(Line(f"{copies[name]} = {name}.T.copy()", note=note))
            else:
                where = buffers.named(copies[name], matrices[name][::-1])
                ahead.append(Line(f"{copies[name]} = {where}"))
                ahead.append(Line("", "np.copyto", (copies[name], f"{name}.T"), note))
        found.append(replace(line, arguments=(line.arguments[0], copies[name], *line.arguments[2:])))
    return ahead, found
