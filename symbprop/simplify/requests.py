"""The functions that are asked for beside the gradient: derived by the one rule, and simplified like the gradient."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from symbprop.calculus.check import is_negative
from symbprop.calculus.gradient import gradient
from symbprop.calculus.index import Extent, extent, product
from symbprop.calculus.kronecker import elements, elements_of
from symbprop.calculus.per_example import per_example
from symbprop.calculus.products import cotangents, tangents
from symbprop.calculus.program import GradientProgram, Program, Role
from symbprop.calculus.requested import Requested, Result
from symbprop.calculus.separability import follow
from symbprop.simplify.passes import simplify_gradient


class NotDefined(Exception):
    """A function was asked for that this network does not have, such as a gradient where there is no loss."""


@dataclass(frozen=True, slots=True)
class Base:
    """What the functions are derived from: the simplified program that trains, its gradient, and the one that infers."""

    forward: Program
    gradient: GradientProgram | None
    inference: Program
    batch: Extent
    without: Collection[str] = ()

    def simplified(self, made: GradientProgram) -> GradientProgram:
        """``made`` behind the backward passes."""
        return simplify_gradient(made, self.without)


def request(name: str, base: Base) -> Requested:
    """One function by its name. Raises ``NotDefined``, or ``NotSeparable`` where a statement mixes examples."""
    return MAKERS[name](base)


def _input_grad(base: Base) -> Requested:
    _loss(base, "input_grad")
    inputs = _real(base.forward, Role.INPUT)
    if not inputs:
        raise NotDefined("input_grad: there is no input of real numbers")
    made = base.simplified(gradient(base.forward, inputs))
    about = "The gradient of the loss with respect to each input, times ``cotangent``."
    return Requested("input_grad", made, _by_name(made, inputs), about=about)


def _hvp(base: Base) -> Requested:
    whole = _gradient(base, "hvp")
    parameters = _real(whole.program, Role.PARAMETER)
    bars = dict(whole.gradients)
    # Every result is the tangent of a gradient; the tangents of the parameters are given.
    made, seeds = tangents(whole.program, parameters, list(bars.values()))
    made = base.simplified(made)
    results = [
        Result((name,), made.gradients.get(bars.get(name, "")), whole.program.tensors[name].shape)
        for name in parameters
    ]
    about = (
        "The Hessian of the loss times the vector ``tangents``, times ``cotangent``: a dictionary like ``params``.\n\n"
        "    A parameter that ``tangents`` does not name stands still.\n    "
    )
    return Requested("hvp", made, tuple(results), {"tangents": seeds}, about)


def _jvp(base: Base) -> Requested:
    program = base.inference
    given = [*_real(program, Role.PARAMETER), *_real(program, Role.INPUT)]
    made, seeds = tangents(_outputs_alone(program), given, program.outputs)
    made = base.simplified(made)
    about = (
        "The Jacobian of the outputs times the vector ``tangents``: the tangent of each output.\n\n"
        "    A parameter or input that ``tangents`` does not name stands still.\n    "
    )
    return Requested("jvp", made, _by_name(made, program.outputs), {"tangents": seeds}, about, of_loss=False)


def _vjp(base: Base) -> Requested:
    program = _outputs_alone(base.inference)
    outputs = [name for name in program.outputs if not program.tensors[name].integer]
    wanted = [*_real(program, Role.PARAMETER), *_real(program, Role.INPUT)]
    made, seeds = cotangents(program, outputs, wanted)
    about = (
        "The vector ``cotangents`` times the Jacobian of the outputs: for each parameter and each input.\n\n"
        "    An output that ``cotangents`` does not name has the cotangent zero.\n    "
    )
    made = base.simplified(made)
    return Requested("vjp", made, _by_name(made, wanted), {"cotangents": seeds}, about, of_loss=False)


def _per_example_grad(base: Base) -> Requested:
    _loss(base, "per_example_grad")
    made = base.simplified(per_example(base.forward, base.batch))
    tensors = base.forward.tensors
    results = [
        Result((name,), made.gradients.get(name), (base.batch, *tensors[name].shape))
        for name in _real(base.forward, Role.PARAMETER)
    ]
    about = "What each example adds to the gradient, times ``cotangent``: its rows sum to that of ``loss_and_grad``."
    return Requested("per_example_grad", made, tuple(results), about=about)


def _jacobian(base: Base) -> Requested:
    """Where the outputs of an example depend on that example alone, its own Jacobian; else the whole one.

    Tangents of the elements of an input, or cotangents of those of an output: whichever are fewer.
    """
    program = _outputs_alone(base.inference)
    inputs, outputs = _real(program, Role.INPUT), program.outputs
    if not inputs:
        raise NotDefined("jacobian: there is no input of real numbers")
    apart = {name: _is_apart(program, name, base.batch) for name in inputs}
    pieces: list[GradientProgram] = []
    found: dict[tuple[str, str], str] = {}
    turned = {(of, by) for of in outputs for by in inputs if _is_smaller(program, of, by, apart[by])}
    for by in inputs:
        if direct := [of for of in outputs if (of, by) not in turned]:
            pieces.append(elements(program, by, direct, _axes(program, by, apart[by]), pieces))
            found.update({(of, by): tensor for of, tensor in pieces[-1].gradients.items()})
    for of in outputs:
        for rows in (True, False):
            if wanted := [by for by in inputs if (of, by) in turned and apart[by] is rows]:
                pieces.append(elements_of(program, of, wanted, _axes(program, of, rows), pieces))
                found.update({(of, by): tensor for by, tensor in pieces[-1].gradients.items()})
    derivatives = base.simplified(_together(program, pieces))
    results = []
    for of in outputs:
        for by in inputs:
            lead = 1 if apart[by] else 0
            axes, more = len(program.tensors[of].shape) - lead, len(program.tensors[by].shape) - lead
            # Cotangents have the axes of the input first.
            order = (*range(lead), *range(lead + more, lead + more + axes), *range(lead, lead + more))
            shape = (*program.tensors[of].shape, *program.tensors[by].shape[lead:])
            is_turned = (of, by) in turned and order != tuple(sorted(order))
            results.append(Result((of, by), found.get((of, by)), shape, order if is_turned else ()))
    about = (
        "The Jacobian: for each output and each input the derivative of every element of the one by those of the other.\n\n"
        "    Axes of the output come first. Where an example's output depends on that example's input alone, the axis of\n"
        "    the examples stands once: the Jacobian is that of each example.\n    "
    )
    return Requested("jacobian", derivatives, tuple(results), about=about, of_loss=False)


def _is_apart(program: Program, name: str, batch: Extent) -> bool:
    """Whether an output of an example depends on this input of that example alone, for every output."""
    if program.tensors[name].shape[:1] != (batch,):
        return False
    along = follow(program, {name: 0})
    return all(along.axes.get(each) == 0 or not along.depends(each) for each in program.outputs)


def _axes(program: Program, name: str, apart: bool) -> tuple[bool | None, ...]:
    """Every axis runs over all elements, but that of the examples where they are apart."""
    return tuple(True if apart and axis == 0 else None for axis in range(len(program.tensors[name].shape)))


def _is_smaller(program: Program, of: str, by: str, apart: bool) -> bool:
    """Whether an output has fewer elements than an input, of each example where they are apart."""
    lead = 1 if apart else 0
    sizes = [program.tensors[name].shape for name in (of, by)]
    if apart and sizes[0][:1] != sizes[1][:1]:
        return False  # an output that does not depend on the input, and has no examples
    less, more = (product(tuple(shape[lead:])) for shape in sizes)
    return is_negative(extent(less - more))


def _hessian(base: Base) -> Requested:
    whole = _gradient(base, "hessian")
    parameters = _real(whole.program, Role.PARAMETER)
    bars = dict(whole.gradients)
    pieces: list[GradientProgram] = []
    places: dict[tuple[str, str], str | None] = {}
    for name in parameters:
        axes = (None,) * len(whole.program.tensors[name].shape)
        made = elements(whole.program, name, list(bars.values()), axes, pieces)
        pieces.append(made)
        places.update({(of, name): made.gradients.get(bars.get(of, "")) for of in parameters})
    derivatives = base.simplified(_together(whole.program, pieces))
    tensors = whole.program.tensors
    results = [
        Result((of, name), places[of, name], (*tensors[of].shape, *tensors[name].shape))
        for of in parameters
        for name in parameters
    ]
    about = (
        "The Hessian of the loss, times ``cotangent``: for each two parameters the second derivatives, axes in order."
    )
    return Requested("hessian", derivatives, tuple(results), about=about)


def _together(program: Program, pieces: Sequence[GradientProgram]) -> GradientProgram:
    """The statements of derivatives by different tensors as those of one program."""
    tensors = {name: tensor for each in pieces for name, tensor in each.tensors.items()}
    results = {tensor: tensor for each in pieces for tensor in each.gradients.values()}
    return GradientProgram(program, tensors, tuple(one for each in pieces for one in each.backward), results)


MAKERS: Mapping[str, Callable[[Base], Requested]] = {
    "input_grad": _input_grad,
    "vjp": _vjp,
    "jvp": _jvp,
    "hvp": _hvp,
    "per_example_grad": _per_example_grad,
    "jacobian": _jacobian,
    "hessian": _hessian,
}


def _real(program: Program, role: Role) -> list[str]:
    return [tensor.name for tensor in program.of(role) if not tensor.integer]


def _by_name(made: GradientProgram, names: Sequence[str]) -> tuple[Result, ...]:
    tensors = made.forward.tensors
    return tuple(Result((name,), made.gradients.get(name), tensors[name].shape) for name in names)


def _outputs_alone(program: Program) -> Program:
    return replace(program, loss=None, updates={}, metrics={})


def _loss(base: Base, what: str) -> None:
    if base.forward.loss is None:
        raise NotDefined(f"{what} is of a loss, and this network has none")


def _gradient(base: Base, what: str) -> GradientProgram:
    _loss(base, what)
    if base.gradient is None:
        raise NotDefined(f"{what} is with respect to parameters, and this network has none")
    return base.gradient
