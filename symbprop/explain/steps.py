"""The chain rule written out: from which equation, which local derivative, which product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from symbprop.calculus.equations import Equation
from symbprop.calculus.functions import derivative
from symbprop.calculus.index import Access
from symbprop.calculus.notation import LATEX, Text
from symbprop.calculus.printer import format_access, format_expression, leaves
from symbprop.calculus.program import GradientProgram, Tensor
from symbprop.calculus.statement import Reduction, Statement


def local_steps(gradient: GradientProgram, equation: Equation, numbers: Mapping[int, int], notation: Text) -> list[str]:
    """For the cotangent that ``equation`` gives: each equation that reads its primal, and the local derivative there."""
    primal = equation.tensor.removesuffix("_bar")
    tensors = gradient.program.tensors
    found = []
    for each in gradient.forward.statements:
        if each.reduction is Reduction.SUM and tensors[each.target.tensor].constant is False:
            found.extend(_steps_at(each, primal, tensors, numbers.get(id(each)), notation))
    return found


def _steps_at(
    each: Statement, primal: str, tensors: Mapping[str, Tensor], number: int | None, notation: Text
) -> list[str]:
    found = []
    leaf = leaves(each, tensors, notation)
    for symbol, read in each.read_positions():
        if read.tensor != primal:
            continue
        local = derivative(each.expr, symbol)
        if local == 0:
            continue
        text = format_expression(local, leaf, notation)
        over = _quotient(each.target, read, notation)
        cited = "" if number is None else f"({number})"
        found.append(f"{cited}|{over} = {text}")
    return found


def _quotient(target: Access, read: Access, notation: Text) -> str:
    """∂z1[n,j]/∂W1[k,j]."""
    above, below = format_access(target, notation), format_access(read, notation)
    if notation is LATEX:
        return rf"\frac{{\partial {above}}}{{\partial {below}}}"
    return f"∂{above}/∂{below}"


def chain(gradient: GradientProgram, parameter: str, notation: Text) -> str | None:
    """``∂L/∂W = ∂L/∂a · ∂a/∂z · ∂z/∂W`` where one path leads from the parameter to the loss, else ``None``."""
    path = _only_path(gradient, parameter)
    if path is None or len(path) < 2:
        return None
    names = [notation.name(name) for name in path]
    times = r" \cdot " if notation is LATEX else " · "

    def ratio(above: str, below: str) -> str:
        return rf"\frac{{\partial {above}}}{{\partial {below}}}" if notation is LATEX else f"∂{above}/∂{below}"

    factors = [ratio(above, below) for below, above in pairwise(names)]
    return f"{ratio(names[-1], names[0])} = {times.join(reversed(factors))}"


def _only_path(gradient: GradientProgram, parameter: str) -> Sequence[str] | None:
    """The tensors from ``parameter`` to the loss, if exactly one leads on from each."""
    readers: dict[str, set[str]] = {}
    for each in gradient.forward.statements:
        if not gradient.forward.tensors[each.target.tensor].constant:
            for read in each.reads:
                readers.setdefault(read.tensor, set()).add(each.target.tensor)
    active = {name.removesuffix("_bar") for name in gradient.tensors}
    path = [parameter]
    while path[-1] != gradient.forward.loss:
        following = [name for name in readers.get(path[-1], ()) if name in active or name == gradient.forward.loss]
        if len(following) != 1:
            return None
        path.append(following[0])
    return path
