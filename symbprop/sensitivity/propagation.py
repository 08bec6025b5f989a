"""The mean-field theory of a program: moments of all values forward, mean squares of all cotangents backward.

Forward, sums of many independent terms are normal with the moments of their terms added up: the length map
qˡ = σ_w² E[φ(√qˡ⁻¹ z)²] + σ_b² of Poole et al. (2016, section 2). Backward, the cotangents are independent of the weights
they meet: the mean square of δ changes by χ₁ = σ_w² E[φ′(√q z)²] from layer to layer (Schoenholz et al. 2017, section 4).
Both come out here as the moments of one statement and of its derivatives, whatever the statement is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Symbol

from symbprop.calculus.functions import derivative
from symbprop.calculus.index import Access, Range
from symbprop.calculus.program import Program, Role, Tensor
from symbprop.calculus.statement import Reduction, Statement, index_symbol, read_symbol
from symbprop.sensitivity.expectation import Moments, moments
from symbprop.sensitivity.starts import Start, count, fixed_sizes, length


@dataclass(frozen=True, slots=True)
class Field:
    """A program at its start: the moments of each tensor's elements."""

    program: Program
    starts: Mapping[str, Start]
    values: Mapping[str, Moments]

    def local(self, source: Statement, position: int) -> float:
        """E[(∂e/∂a)²] of a statement's read."""
        slope = derivative(source.expr, read_symbol(position))
        return moments(fixed_sizes(slope), _given(source, self.values)).square

    def fan(self, source: Statement, read: Access) -> float:
        """How many points of a statement's domain one element of what it reads takes part in."""
        shape = self.program.tensors[read.tensor].shape
        points = count([each.extent for each in (_kept(source) if _chooses(source) else source.domain)])
        return points / max(count(shape), 1)

    def returned(self, source: Statement, position: int) -> float:
        """By what a mean square of cotangents is multiplied on its way from a statement's target to a read."""
        return self.fan(source, source.reads[position]) * self.local(source, position)


def propagate(program: Program, starts: Mapping[str, Start]) -> Field:
    """The moments of everything, inputs being standard normal or uniform in their interval."""
    values: dict[str, Moments] = {}
    for tensor in program.tensors.values():
        if tensor.role is Role.PARAMETER:
            values[tensor.name] = starts[tensor.name].entries if tensor.name in starts else Moments(0.0, 1.0)
        elif tensor.role is not Role.VALUE:
            values[tensor.name] = _given_data(tensor)
    for name, statements in program.definitions().items():
        whole = count(program.tensors[name].shape)
        values[name] = _together([(_share(each, whole), _contribution(each, values)) for each in statements])
    return Field(program, starts, values)


def _given_data(tensor: Tensor) -> Moments:
    if tensor.classes is not None:
        classes = length(tensor.classes)
        return Moments((classes - 1) / 2, (classes**2 - 1) / 12)
    if tensor.interval is not None:
        low, high = tensor.interval
        return Moments((low + high) / 2, (high - low) ** 2 / 12)
    return Moments(0.0, 1.0)


def _contribution(source: Statement, values: Mapping[str, Moments]) -> Moments:
    """What a statement adds to one element. Of a maximum or product only the terms' own moments are known."""
    term = moments(fixed_sizes(source.expr), _given(source, values))
    terms = count([each.extent for each in source.reduced]) if source.reduction is Reduction.SUM else 1
    return Moments(terms * term.mean, terms * term.variance)


def _given(source: Statement, values: Mapping[str, Moments]) -> dict[Symbol, Moments]:
    given = {symbol: values.get(read.tensor, Moments()) for symbol, read in source.read_positions()}
    for position, each in enumerate(source.domain):
        size = length(each.extent)
        given[index_symbol(position)] = Moments((size - 1) / 2, (size**2 - 1) / 12)
    return given


def _together(parts: list[tuple[float, Moments]]) -> Moments:
    """Statements that each fill a share of a tensor, or add up where each fills all of it."""
    whole = [each for share, each in parts if share >= 1]
    mean, variance = sum(each.mean for each in whole), sum(each.variance for each in whole)
    rest = [(share, each) for share, each in parts if share < 1]
    first = mean + sum(share * each.mean for share, each in rest)
    square = mean**2 + variance + sum(share * each.square for share, each in rest)
    return Moments(first, max(square - first**2, 0.0)) if rest else Moments(mean, variance)


def _share(source: Statement, whole: int) -> float:
    return count([each.extent for each in _kept(source)]) / max(whole, 1)


def _kept(source: Statement) -> list[Range]:
    return [each for each in source.domain if each not in source.reduced]


def _chooses(source: Statement) -> bool:
    return source.reduction in (Reduction.MAX, Reduction.MIN)
