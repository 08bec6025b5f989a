"""Per-example gradients: every parameter read by example n is a copy of its own for n, and the copies are told apart.

Of the gradient program only the last sums change. ``W̄[k,j] += Σₙ x[n,k] z̄[n,j]`` adds up what each example
contributes; with a parameter that has one more, leading axis, ``W[n,k,j]``, the rule gives ``x[n,k] z̄[n,j]`` itself. The
cotangents of whatever is computed from parameters alone get the axis too, and what the loss owes to no example (a
penalty) is shared out evenly. So the rows add up to the gradient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from symbprop.calculus.gradient import gradient, influenced
from symbprop.calculus.index import Access, Extent, Range, at
from symbprop.calculus.products import with_seed_one
from symbprop.calculus.program import GradientProgram, Program
from symbprop.calculus.requested import Requested, Result
from symbprop.calculus.separability import Along, NotSeparable, examples, refuse
from symbprop.calculus.statement import Statement, statement

SUFFIX = "each_bar"


def per_example_gradient(program: Program, wrt: Sequence[str], batch: Extent) -> Requested:
    """The contribution of each example to the gradient of the loss, ``[N, *shape]`` for each parameter.

    Raises ``NotSeparable``, which names the statement, where the loss is not a sum over examples.
    """
    along = examples(program, batch)
    loss = program.loss
    if loss is None or loss not in along.totals:
        raise refuse(program, along, loss or "the loss", "there are no per-example gradients")
    suffix = "bar"
    while any(name.endswith(f"_{suffix}") for name in program.tensors):
        suffix += "_"
    made = with_seed_one(gradient(program, wrt, suffix=suffix))
    shared = [n for n in influenced(program, wrt) if not along.depends(n) and f"{n}_{suffix}" in made.tensors]
    lift = _Lift(program, along, {f"{name}_{suffix}": f"{name}_{SUFFIX}" for name in sorted(shared)}, batch, suffix)
    backward = tuple(lift.statement(each) for each in made.backward)
    tensors = {}
    for name, tensor in made.tensors.items():
        new = lift.renamed.get(name, name)
        tensors[new] = replace(tensor, name=new, shape=(batch, *tensor.shape)) if name in lift.renamed else tensor
    gradients = {name: lift.renamed[bar] for name, bar in made.gradients.items()}
    results = tuple(Result((name,), gradients.get(name), (batch, *program.tensors[name].shape)) for name in wrt)
    derived = GradientProgram(program, tensors, backward, gradients)
    return Requested("per_example_grad", derived, results, {}, "row n is the contribution of example n")


@dataclass(frozen=True, slots=True)
class _Lift:
    """Gives the cotangents in ``renamed`` a leading axis for the examples."""

    program: Program
    along: Along
    renamed: dict[str, str]
    batch: Extent
    suffix: str

    def statement(self, each: Statement) -> Statement:
        if each.target.tensor not in self.renamed:
            return each
        domain, expr = list(each.domain), each.expr
        index = self._example(each)
        if index is None:
            index = _fresh("n", [one.index for one in domain])
            domain.append(Range(index, self.batch))
            if not any(read.tensor in self.renamed for read in each.reads):
                expr = expr / self.batch
        reads = [self._longer(read, index) for read in each.reads]
        return statement(self._longer(each.target, index), expr, reads, domain, label=each.label)

    def _longer(self, access: Access, index: str) -> Access:
        if access.tensor not in self.renamed:
            return access
        return Access(self.renamed[access.tensor], (at(index), *access.index))

    def _example(self, each: Statement) -> str | None:
        """The index that runs over the examples: along the examples' axis of whatever the statement reads."""
        found: set[str | None] = set()
        for access in each.accesses():
            axis = self.along.axes.get(access.tensor.removesuffix(f"_{self.suffix}"))
            if access.tensor in self.along.axes or access.tensor.endswith(f"_{self.suffix}"):
                if axis is not None:
                    found.add(access.index[axis].bare)
        if None in found or len(found) > 1:
            raise NotSeparable("there are no per-example gradients: a statement reads one example by its number", each, "")
        return next(iter(found), None)


def _fresh(wish: str, taken: Sequence[str]) -> str:
    while wish in taken:
        wish += "'"
    return wish
