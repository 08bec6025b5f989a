"""The constants of an emitted module: shapes, ranges, formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symbprop.calculus.functions import Detach
from symbprop.calculus.index import Extent
from symbprop.calculus.least import least_sizes
from symbprop.calculus.program import GradientProgram, Program, Role, Tensor
from symbprop.emit.literals import string, table, tuple_display
from symbprop.emit.modes import Modes
from symbprop.emit.sizes import size

SHAPES = "dict[str, tuple[int | str, ...]]"


def constants(
    program: Program,
    forward: Program,
    gradient: GradientProgram | None,
    modes: Modes,
    formulas: Mapping[str, str],
) -> list[tuple[str, str]]:
    """Each constant's name and type, and its value as text. ``formulas`` are those of the gradients."""
    outputs = [program.tensors[name] for name in forward.outputs]
    inputs, targets = list(program.of(Role.INPUT)), list(program.of(Role.TARGET))
    integers = {t.name: size(t.classes) for t in (*inputs, *targets) if t.integer and t.classes is not None}
    ranges = {t.name: repr(t.interval) for t in program.tensors.values() if t.interval is not None}
    kept = [(name, tensors) for name, tensors in modes.tables(program) if tensors]
    zeros = {} if gradient is None else gradient.zeros
    least = {name: str(size) for name, size in least_sizes(program).items()}
    detached = any(each.expr.has(Detach) for each in forward.statements)
    return [
        *([("DETACHED: bool", "= True  # the gradient treats part of the loss as constant")] if detached else []),
        (f"PARAMETERS: {SHAPES}", f"= {table(_shapes(list(program.of(Role.PARAMETER))))}"),
        (f"INPUTS: {SHAPES}", f"= {table(_shapes(inputs))}"),
        (f"TARGETS: {SHAPES}", f"= {table(_shapes(targets))}"),
        (f"OUTPUTS: {SHAPES}", f"= {table(_shapes(outputs))}"),
        *((f"{name}: {SHAPES}", f"= {table(_shapes(tensors))}") for name, tensors in kept),
        ("INTEGERS: dict[str, int]", f"= {table(integers)}"),
        *([("SMALLEST: dict[str, int]", f"= {table(least)}")] if least else []),
        ("RANGES: dict[str, tuple[float, float]]", f"= {table(ranges)}"),
        ("FORMULAS: dict[str, str]", f"= {table({k: string(v) for k, v in formulas.items()})}"),
        ("ZERO_GRADIENTS: dict[str, str]", f"= {table({k: string(v) for k, v in zeros.items()})}"),
    ]


def _shapes(tensors: Sequence[Tensor]) -> dict[str, str]:
    return {t.name: _tuple(t.shape) for t in tensors}


def _tuple(shape: tuple[Extent, ...]) -> str:
    parts = [size(each) if isinstance(each, int) else string(size(each)) for each in shape]
    return tuple_display(parts)
