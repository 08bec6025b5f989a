"""The functions that may be asked for beside the gradient: each derived by the rule, then simplified as the gradient is."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from symbprop.calculus.gradient import gradient
from symbprop.calculus.index import Extent
from symbprop.calculus.jacobian import jacobian
from symbprop.calculus.per_example import per_example_gradient
from symbprop.calculus.products import cotangents, tangents, with_seed_one
from symbprop.calculus.program import GradientProgram, Program, Role
from symbprop.calculus.requested import Requested, Result
from symbprop.calculus.second import hessian, hessian_vector_product
from symbprop.simplify.passes import simplify_gradient


@dataclass(frozen=True, slots=True)
class Subject:
    """What the functions are of: a simplified forward program, its batch axis, and the passes to leave out."""

    program: Program
    batch: Extent
    without: Collection[str] = ()

    @property
    def parameters(self) -> list[str]:
        return [tensor.name for tensor in self.program.of(Role.PARAMETER)]

    @property
    def inputs(self) -> list[str]:
        """The inputs that have derivatives: those that are not integers."""
        return [tensor.name for tensor in self.program.of(Role.INPUT) if not tensor.integer]

    @property
    def outputs(self) -> list[str]:
        found = dict.fromkeys(self.program.outputs)
        return [name for name in found if not self.program.tensors[name].integer]


class NotAvailable(Exception):
    """A function that the network has no use for: a Hessian without a loss."""


def request(name: str, subject: Subject) -> Requested:
    """The function ``name`` of ``subject``, simplified.

    Raises ``NotAvailable``, or ``NotSeparable`` for per-example gradients of a loss that is no sum over examples.
    """
    derive, needs_loss = FUNCTIONS[name]
    if needs_loss and subject.program.loss is None:
        raise NotAvailable(f"{name} is a derivative of the loss, and there is none")
    if name in ("hvp", "hessian", "per_example_grad") and not subject.parameters:
        raise NotAvailable(f"{name} is a derivative with respect to parameters, and there are none")
    if name in ("input_grad", "jacobian") and not subject.inputs:
        raise NotAvailable(f"{name} is a derivative with respect to inputs, and there are none that are not integers")
    if name in ("vjp", "jvp", "jacobian") and not subject.outputs:
        raise NotAvailable(f"{name} is a derivative of the outputs, and there are none that are not integers")
    made = derive(subject)
    return replace(made, derivatives=_simplified(made.derivatives, subject.without))


def _simplified(made: GradientProgram, without: Collection[str]) -> GradientProgram:
    return simplify_gradient(made, without) if made.backward else made


def _input_grad(subject: Subject) -> Requested:
    made = gradient(subject.program, subject.inputs)
    results = tuple(
        Result((name,), made.gradients.get(name), subject.program.tensors[name].shape) for name in subject.inputs
    )
    return Requested("input_grad", made, results, {}, "keys and shapes of the inputs that are not integers")


def _vjp(subject: Subject) -> Requested:
    program = subject.program
    wrt = [*subject.parameters, *subject.inputs]
    made, seeds = cotangents(program, subject.outputs, wrt)
    results = tuple(Result((name,), made.gradients.get(name), program.tensors[name].shape) for name in wrt)
    return Requested("vjp", replace(made, zeros={}), results, {"cotangents": seeds}, "by name of parameter and input")


def _jvp(subject: Subject) -> Requested:
    program = subject.program
    wrt = [*subject.parameters, *subject.inputs]
    made = tangents(program, wrt, subject.outputs)
    results = tuple(Result((name,), made.gradients.get(name), program.tensors[name].shape) for name in subject.outputs)
    seeds = dict(zip(wrt, list(made.tensors)[: len(wrt)], strict=True))
    return Requested("jvp", replace(made, zeros={}), results, {"tangents": seeds}, "by name of output")


def _jacobian(subject: Subject) -> Requested:
    return jacobian(subject.program, subject.batch)


def _loss_gradient(subject: Subject) -> GradientProgram:
    """The gradient to be differentiated again: simplified, but for terms that are shared only when all is derived."""
    made = with_seed_one(gradient(subject.program, subject.parameters))
    return simplify_gradient(made, (*subject.without, "share_terms")) if made.backward else made


def _hvp(subject: Subject) -> Requested:
    return hessian_vector_product(_loss_gradient(subject), subject.parameters)


def _hessian(subject: Subject) -> Requested:
    return hessian(_loss_gradient(subject), subject.parameters)


def _per_example_grad(subject: Subject) -> Requested:
    return per_example_gradient(subject.program, subject.parameters, subject.batch)


FUNCTIONS: dict[str, tuple[Callable[[Subject], Requested], bool]] = {
    "input_grad": (_input_grad, True),
    "vjp": (_vjp, False),
    "jvp": (_jvp, False),
    "jacobian": (_jacobian, False),
    "hvp": (_hvp, True),
    "hessian": (_hessian, True),
    "per_example_grad": (_per_example_grad, True),
}
"""How each is derived, and whether it is a derivative of the loss. The names stand in descriptions."""
