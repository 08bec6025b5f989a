"""Two programs of one network: the one that trains and the one that infers, with the same parameters and names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from symbprop.calculus.check import check
from symbprop.calculus.dependence import needed
from symbprop.calculus.index import Extent
from symbprop.calculus.program import Program, Role, Tensor
from symbprop.network.axes import name_axes

KEPT = (Role.PARAMETER, Role.STATE)  # what both programs are given, whether they read it or not


def with_same_givens(training: Program, inference: Program) -> tuple[Program, Program]:
    """Both programs with the parameters and states of either, in one order. Metrics are those of inference."""
    kept: dict[str, Tensor] = {}
    for program in (training, inference):
        for tensor in program.tensors.values():
            if tensor.role in KEPT:
                kept.setdefault(tensor.name, tensor)

    def completed(program: Program) -> Program:
        others = {name: tensor for name, tensor in program.tensors.items() if name not in kept}
        return replace(program, tensors={**kept, **others})

    training = training if not training.metrics else without_what_nothing_needs(replace(training, metrics={}))
    return completed(training), without_what_nothing_needs(replace(completed(inference), updates={}))


def without_what_nothing_needs(program: Program) -> Program:
    """The program without statements whose value no result needs, and without the noise that only those read."""
    statements = needed(program, program.results)
    read = {name for each in statements for name in (each.target.tensor, *each.sources())}
    given = (*KEPT, Role.INPUT, Role.TARGET)
    tensors = {name: tensor for name, tensor in program.tensors.items() if tensor.role in given or name in read}
    return replace(program, tensors=tensors, statements=statements)


def name_axes_of_modes(
    training: Program, inference: Program | None, batch: Extent
) -> tuple[Program, Program | None, Mapping[str, str]]:
    """:func:`name_axes` over both programs together, so that an axis has one letter in both."""
    if inference is None:
        named, axes = name_axes(training, batch)
        return named, None, axes
    both = replace(
        training,
        tensors={**inference.tensors, **training.tensors},
        statements=(*training.statements, *inference.statements),
    )
    named, axes = name_axes(both, batch)
    count = len(training.statements)
    return (
        replace(training, statements=named.statements[:count]),
        check(replace(inference, statements=named.statements[count:])),
        axes,
    )
