"""Second derivatives of the loss, forward over reverse: tangents of the gradient program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symbprop.calculus.jacobian import key, tangents_by_element
from symbprop.calculus.products import tangents
from symbprop.calculus.program import GradientProgram
from symbprop.calculus.requested import Requested, Result


def hessian_vector_product(gradient: GradientProgram, wrt: Sequence[str]) -> Requested:
    """H v for a vector v with the shapes of the parameters ``wrt``: the tangent of each gradient.

    ``gradient`` is the gradient program with 1 for the cotangent of the loss.
    """
    program = gradient.program
    bars = dict(gradient.gradients)
    made = tangents(program, list(wrt), list(dict.fromkeys(bars.values())))
    seeds = dict(zip(wrt, _seeds_of(made, wrt), strict=True))
    results = tuple(
        Result((name,), made.gradients.get(bars.get(name, "")), program.tensors[name].shape) for name in wrt
    )
    made = replace(made, gradients={r.keys[0]: r.tensor for r in results if r.tensor is not None}, zeros={})
    return Requested("hvp", made, results, {"vector": seeds}, "keys and shapes as in params")


def _seeds_of(made: GradientProgram, wrt: Sequence[str]) -> list[str]:
    """The seeds stand in the order of ``wrt``, ahead of every other tensor."""
    return list(made.tensors)[: len(wrt)]


def hessian(gradient: GradientProgram, wrt: Sequence[str]) -> Requested:
    """The Hessian, block by block. One of two transposed blocks is derived, the other is its transpose.

    A block [a][b] has the axes of a, then those of b.
    """
    program = gradient.program
    bars = dict(gradient.gradients)
    made = GradientProgram(program, {}, (), {})
    for position, second in enumerate(wrt):
        wanted: dict[str, str] = {}
        for first in wrt[position:]:
            if first in bars:
                wanted.setdefault(bars[first], key(first, second))
        if wanted:
            made = tangents_by_element(program, made, second, wanted)
    results = []
    for i, first in enumerate(wrt):
        for j, second in enumerate(wrt):
            a, b = program.tensors[first].shape, program.tensors[second].shape
            derived = made.gradients.get(key(first, second) if i >= j else key(second, first))
            order = () if i >= j or derived is None else (*range(len(b), len(b) + len(a)), *range(len(b)))
            results.append(Result((first, second), derived, (*a, *b), order))
    return Requested("hessian", made, tuple(results), {}, "a block has the axes of its two parameters, in this order")

