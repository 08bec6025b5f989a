"""Constant cotangents, inlined: the weights of a sum of losses need no equation of their own, nor do 1s for a trace."""

from __future__ import annotations

from dataclasses import replace

from symbprop.calculus.program import GradientProgram
from symbprop.calculus.statement import Statement
from symbprop.simplify.definitions import Definition, definitions
from symbprop.simplify.inline import substituted


def inline_scalar_cotangents(gradient: GradientProgram) -> GradientProgram:
    """``L̄₁ = 1/2`` is written out where it is read. Proof: a substitution of equals."""
    known = definitions(gradient.program)
    constant = {
        name: each
        for name, each in known.items()
        if name in gradient.tensors and name not in gradient.gradients.values()
    }
    done: dict[str, Definition] = {}
    backward: list[Statement] = []
    for each in gradient.backward:
        for read in each.reads:
            if read.tensor in done:
                each = substituted(each, read, done[read.tensor])
        if each.target.tensor in constant and all(read.tensor == gradient.seed for read in each.reads):
            done[each.target.tensor] = Definition(each)
        backward.append(each)
    return replace(gradient, backward=tuple(backward))
