"""Per-example gradients: the ordinary gradient of a program in which every example reads a copy of the parameters of its own.

A parameter W and all that is computed from parameters alone get the batch as a leading axis, W[n, …], where the examples
read them. The gradient with respect to the copies is, row by row, what each example adds to the gradient. The copies
are equal, so what reads one in the end reads W.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from sympy import S

from symbprop.calculus.gradient import Names, gradient, influenced
from symbprop.calculus.index import Access, Extent, Range, at
from symbprop.calculus.linearize import CHOICE, linearize
from symbprop.calculus.program import GradientProgram, Program, Role, Tensor
from symbprop.calculus.separability import Along, examples, refuse
from symbprop.calculus.statement import Statement, index_symbol, statement


def per_example(program: Program, batch: Extent) -> GradientProgram:
    """The gradient of the loss by each example: ``gradients`` maps a parameter to a tensor with a leading axis ``batch``.

    The rows sum to the gradient; a part of the loss that belongs to no example (a penalty on weights) is shared equally.
    Raises :class:`NotSeparable` if the loss is no sum over the examples.
    """
    loss = program.loss
    assert loss is not None
    along = examples(program, batch)
    if loss not in along.totals:
        raise refuse(program, along, loss, "the loss has no gradient of single examples")
    parameters = [tensor.name for tensor in program.of(Role.PARAMETER)]
    moved = influenced(program, parameters)
    alone = [name for name in program.tensors if name in moved and not along.depends(name) and name != loss]
    names = Names(program.tensors)
    copies = {name: names.fresh(f"{name}_each") for name in alone}
    lift = _Lift(copies, along, batch, names)
    tensors = dict(program.tensors)
    for name, copy in copies.items():
        tensors[copy] = replace(program.tensors[name], name=copy, shape=(batch, *program.tensors[name].shape))
    statements = [made for each in program.statements for made in lift.statement(each)]
    lifted = Program(tensors, tuple(statements), program.outputs, loss)
    made = gradient(replace(lifted, tensors={**lifted.tensors, **lift.chosen}), [copies[name] for name in parameters])
    originals = {copy: name for name, copy in copies.items()}
    return GradientProgram(
        program,
        {**lift.chosen, **made.tensors},
        (*lift.choosing, *(_of_originals(each, originals) for each in made.backward)),
        {originals[copy]: bar for copy, bar in made.gradients.items()},
        {originals[copy]: reason for copy, reason in made.zeros.items()},
        made.seed,
    )


@dataclass(frozen=True, slots=True)
class _Lift:
    """Makes statements read and compute ``copies``.

    Which element of a parameter is the largest is the same for all copies: ``choosing`` are the statements that compute
    it, ``chosen`` their tensors.
    """

    copies: Mapping[str, str]
    along: Along
    batch: Extent
    names: Names
    choosing: list[Statement] = field(default_factory=list)
    chosen: dict[str, Tensor] = field(default_factory=dict)

    def statement(self, each: Statement) -> Iterable[Statement]:
        """The statement as it stands, or with reads of copies; and the statement of its target's copy."""
        target = each.target.tensor
        if target in self.copies:
            # The original stays too: integers are computed from it.
            yield each
            if each.reduced and each.reduction in CHOICE:
                linear = linearize(each, self.names.fresh)
                self.choosing.extend(linear.auxiliary)
                self.chosen.update((tensor.name, tensor) for tensor in linear.tensors)
                each = linear.statement
            yield self._shared(each, target=True)
        elif not any(read.tensor in self.copies for read in each.reads):
            yield each
        else:
            index = self._example(each)
            yield self._shared(each, target=False) if index is None else self._read(each, index)

    def _example(self, each: Statement) -> str | None:
        """The index of the statement that runs over the examples."""
        for access in each.accesses():
            if access.tensor in self.along.axes:
                return access.index[self.along.axes[access.tensor]].bare
        return None

    def _copy(self, access: Access, index: str) -> Access:
        if access.tensor not in self.copies:
            return access
        return Access(self.copies[access.tensor], (at(index), *access.index))

    def _read(self, each: Statement, index: str) -> Statement:
        return replace(each, reads=tuple(self._copy(read, index) for read in each.reads))

    def _shared(self, each: Statement, *, target: bool) -> Statement:
        """A statement without examples, at every example; what it adds to a total it adds in equal parts."""
        taken = {one.index for one in each.domain}
        index = "n"
        while index in taken:
            index += "'"
        made = self._read(each, index)
        domain = (Range(index, self.batch), *each.domain)
        # The numbers of the indices in the expression move on by one place.
        shifted = _shifted(made)
        if target:
            return replace(shifted, target=self._copy(each.target, index), domain=domain)
        return replace(shifted, expr=shifted.expr / (S.One * self.batch), domain=domain)


def _shifted(each: Statement) -> Statement:
    """``each`` with the number of every index one higher, for a domain with one more range in front."""
    moved = {index_symbol(p): index_symbol(p + 1) for p in range(len(each.domain))}
    return replace(each, expr=each.expr.xreplace(moved))


def _of_originals(each: Statement, originals: Mapping[str, str]) -> Statement:
    """A statement that reads what the copies are copies of."""

    def original(access: Access) -> Access:
        return Access(originals[access.tensor], access.index[1:]) if access.tensor in originals else access

    if not any(read.tensor in originals for read in each.reads):
        return each
    reads = [original(read) for read in each.reads]
    return statement(each.target, each.expr, reads, each.domain, each.reduction, selects=each.selects, label=each.label)
