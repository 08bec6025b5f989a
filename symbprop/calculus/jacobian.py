"""Jacobians: a Kronecker seed through the tangents of an input or the cotangents of an output, whichever is smaller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from symbprop.calculus.gradient import influenced
from symbprop.calculus.index import Extent, product
from symbprop.calculus.kronecker import Delta, differentiate_elements, letters_of
from symbprop.calculus.products import cotangents, joined, tangents
from symbprop.calculus.program import GradientProgram, Program, Role
from symbprop.calculus.requested import Requested, Result
from symbprop.calculus.separability import examples

NOMINAL = 64  # what a size that is free at run time counts as, where a direction has to be chosen before it is known


def jacobian(program: Program, batch: Extent) -> Requested:
    """The derivative of each real output with respect to each real input.

    Where every output belongs to one example, and depends on that example's inputs alone, the examples are rows:
    ``[N, out, in]``; else ``[out, in]`` with all axes of both.
    """
    inputs = [tensor.name for tensor in program.of(Role.INPUT) if not tensor.integer]
    outputs = [name for name in dict.fromkeys(program.outputs) if not program.tensors[name].integer]
    along = examples(program, batch)
    per_example = all(along.axes.get(name) == 0 for name in (*inputs, *outputs))
    size = {name: _count(program.tensors[name].shape[1 if per_example else 0 :]) for name in (*inputs, *outputs)}
    made = GradientProgram(program, {}, (), {})
    results: list[Result] = []
    for source in inputs:
        forward = [name for name in outputs if size[source] <= size[name]]
        made = _from_input(program, made, source, forward, per_example)
    for name in outputs:
        reverse = [source for source in inputs if size[source] > size[name]]
        made = _from_output(program, made, name, reverse, per_example)
    for name in outputs:
        for source in inputs:
            results.append(_result(program, made, name, source, per_example, size[source] <= size[name]))
    about = "row n is example n's" if per_example else "all axes of the output, then all of the input"
    return Requested("jacobian", made, tuple(results), {}, about)


def _count(shape: Sequence[Extent]) -> int:
    size = product(tuple(shape))
    return size if isinstance(size, int) else int(size.subs(dict.fromkeys(size.free_symbols, NOMINAL)))


def key(output: str, source: str) -> str:
    """What a derivative is called among the ``gradients`` of a program."""
    return f"{output} by {source}"


def _delta(program: Program, seed: str, name: str, per_example: bool) -> Delta:
    rank = len(program.tensors[name].shape)
    return Delta(seed, tuple(True if per_example and axis == 0 else None for axis in range(rank)))


def _from_input(
    program: Program, made: GradientProgram, source: str, outputs: list[str], per_example: bool
) -> GradientProgram:
    """The tangents of one input, its elements one by one."""
    reached = [name for name in outputs if name in influenced(program, [source])]
    if not reached:
        return made
    found = tangents(_beside(program, made), [source], reached, suffix=source)
    seed = next(name for name, tensor in found.tensors.items() if tensor.role is Role.SEED)
    lifted = _lifted(program, found, seed, source, per_example)
    gradients = {key(name, source): tensor for name, tensor in found.gradients.items()}
    return joined(made, replace(lifted, gradients=gradients, zeros={}))


def _from_output(
    program: Program, made: GradientProgram, output: str, sources: list[str], per_example: bool
) -> GradientProgram:
    """The cotangents of one output, its elements one by one."""
    reached = [name for name in sources if output in influenced(program, [name])]
    if not reached:
        return made
    found, seeds = cotangents(_beside(program, made), [output], reached, suffix=f"of_{output}")
    lifted = _lifted(program, found, seeds[output], output, per_example)
    gradients = {key(output, name): tensor for name, tensor in found.gradients.items()}
    return joined(made, replace(lifted, gradients=gradients, zeros={}))


def _beside(program: Program, made: GradientProgram) -> Program:
    """The program, with the names that are taken."""
    return replace(program, tensors={**program.tensors, **made.tensors})


def _lifted(program: Program, found: GradientProgram, seed: str, name: str, per_example: bool) -> GradientProgram:
    delta = _delta(program, seed, name, per_example)
    letters = letters_of(program, name)
    statements, tensors = differentiate_elements(
        found.backward,
        {name: tensor for name, tensor in found.tensors.items() if name not in program.tensors},
        linear_in(found),
        delta,
        [letters[axis] for axis in delta.free],
    )
    return replace(found, forward=program, backward=statements, tensors=tensors)


def linear_in(found: GradientProgram) -> set[str]:
    """The tangents or cotangents among the tensors of a derivative: what comes from a seed, not the integers beside it."""
    seeds = {name for name, tensor in found.tensors.items() if tensor.role is Role.SEED}
    linear = set(seeds)
    before = -1
    while before != len(linear):
        before = len(linear)
        for each in found.backward:
            if any(read.tensor in linear for read in each.reads):
                linear.add(each.target.tensor)
    return linear - seeds


def _result(
    program: Program, made: GradientProgram, output: str, source: str, per_example: bool, forward: bool
) -> Result:
    first = 1 if per_example else 0
    lead = program.tensors[output].shape[:first]
    out, into = program.tensors[output].shape[first:], program.tensors[source].shape[first:]
    shape = (*lead, *out, *into)
    tensor = made.gradients.get(key(output, source))
    order: tuple[int, ...] = ()
    if tensor is not None and not forward:
        # A cotangent has the axes of the input first.
        a, b = len(into), len(out)
        order = (*range(first), *range(first + a, first + a + b), *range(first, first + a))
    return Result((output, source), tensor, shape, order if order != tuple(range(len(order))) else ())


def tangents_by_element(
    program: Program, made: GradientProgram, wrt: str, of: Mapping[str, str]
) -> GradientProgram:
    """The derivatives of the tensors ``of`` with respect to every element of ``wrt``; keys as ``of`` gives them."""
    found = tangents(_beside(program, made), [wrt], list(of), suffix=wrt)
    seed = next(name for name, tensor in found.tensors.items() if tensor.role is Role.SEED)
    lifted = _lifted(program, found, seed, wrt, per_example=False)
    gradients = {of[name]: tensor for name, tensor in found.gradients.items()}
    return joined(made, replace(lifted, gradients=gradients, zeros={}))
