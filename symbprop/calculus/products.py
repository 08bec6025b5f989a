"""Products with a Jacobian: tangents of some tensors (jvp), cotangents of some tensors (vjp), and a fixed seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sympy import S

from symbprop.calculus.dependence import needed_among
from symbprop.calculus.gradient import Names, gradient, jvp
from symbprop.calculus.index import Access, Range, at
from symbprop.calculus.program import GradientProgram, Program, Role, Tensor
from symbprop.calculus.statement import Statement, read_symbol, statement


def tangents(
    program: Program, wrt: Sequence[str], of: Sequence[str], *, suffix: str = "dot"
) -> tuple[GradientProgram, Mapping[str, str]]:
    """The tangent statements of ``of`` behind those of the program; and the seed that is the tangent of each of ``wrt``.

    ``gradients`` maps a tensor to its tangent. A tensor whose tangent is identically zero is in ``zeros``.
    """
    longer, found = jvp(program, wrt, suffix=suffix)
    new = [each for each in longer.statements if each.target.tensor not in program.tensors]
    results = {name: found[name] for name in of if name in found and name not in wrt}
    results.update((name, found[name]) for name in of if name in wrt)
    kept = needed_among(new, tuple(results.values()))
    tensors = {name: tensor for name, tensor in longer.tensors.items() if name not in program.tensors}
    zeros = {name: f"{name} does not depend on {', '.join(wrt)}" for name in of if name not in results}
    seeds = {name: found[name] for name in wrt}
    return GradientProgram(program, tensors, kept, results, zeros), seeds


def cotangents(
    program: Program, of: Sequence[str], wrt: Sequence[str], *, suffix: str = "bar"
) -> tuple[GradientProgram, Mapping[str, str]]:
    """The cotangents of ``wrt`` for given cotangents of the tensors ``of``; and the seed that stands for each of those.

    They are the gradient of Σ o · ō with ō held constant.
    """
    names = Names(program.tensors)
    pairing = names.fresh("pairing")
    seeds = {name: names.fresh(f"{name}_given") for name in of}
    tensors = dict(program.tensors)
    tensors[pairing] = Tensor(pairing, (), Role.VALUE)
    paired: list[Statement] = []
    for name, seed in seeds.items():
        shape = program.tensors[name].shape
        tensors[seed] = Tensor(seed, shape, Role.SEED)
        domain = [Range(f"o{axis}", size) for axis, size in enumerate(shape)]
        index = tuple(at(one.index) for one in domain)
        reads = [Access(name, index), Access(seed, index)]
        paired.append(statement(Access(pairing, ()), read_symbol(0) * read_symbol(1), reads, domain))
    whole = Program(tensors, (*program.statements, *paired), program.outputs, pairing)
    made = with_seed_one(gradient(whole, wrt, suffix=suffix))
    return _without_copies(program, made, seeds)


def with_seed_one(made: GradientProgram) -> GradientProgram:
    """The gradient program with 1 for the cotangent of the loss."""
    tensors = {name: tensor for name, tensor in made.tensors.items() if name != made.seed}
    return replace(made, tensors=tensors, backward=tuple(_one(each, made.seed) for each in made.backward), seed="")


def _one(each: Statement, seed: str) -> Statement:
    ones = {symbol: S.One for symbol, read in each.read_positions() if read.tensor == seed}
    if not ones:
        return each
    # Every index stands in some other read or in the target, or else was counted when the statement was made.
    expr = each.expr.xreplace(ones)
    return statement(each.target, expr, each.reads, each.domain, each.reduction, selects=each.selects, label=each.label)


def _without_copies(
    program: Program, made: GradientProgram, seeds: Mapping[str, str]
) -> tuple[GradientProgram, Mapping[str, str]]:
    """A cotangent that is the given one and nothing else is the seed itself, not a copy of it."""
    writers: dict[str, list[Statement]] = {}
    for each in made.backward:
        writers.setdefault(each.target.tensor, []).append(each)
    tensors = {name: tensor for name, tensor in made.tensors.items() if name not in program.tensors}
    final = dict(seeds)
    dropped: set[str] = set()
    for name, seed in seeds.items():
        copies = [s for group in writers.values() for s in group if any(read.tensor == seed for read in s.reads)]
        bar = copies[0].target.tensor if copies else ""
        if len(copies) == 1 and len(writers[bar]) == 1 and copies[0].expr == read_symbol(0):
            final[name] = bar
            dropped.add(bar)
            tensors[bar] = Tensor(bar, program.tensors[name].shape, Role.SEED)
        else:
            tensors[seed] = Tensor(seed, program.tensors[name].shape, Role.SEED)
    backward = tuple(each for each in made.backward if each.target.tensor not in dropped)
    backward = needed_among(backward, tuple(made.gradients.values()))
    return GradientProgram(program, tensors, backward, made.gradients, made.zeros), final


def joined(first: GradientProgram, second: GradientProgram) -> GradientProgram:
    """Two derivatives of one program as one; their tensors have different names."""
    return GradientProgram(
        first.forward,
        {**first.tensors, **second.tensors},
        (*first.backward, *second.backward),
        {**first.gradients, **second.gradients},
        {**first.zeros, **second.zeros},
    )
