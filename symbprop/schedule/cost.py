"""What a plan costs: floating-point operations, bytes moved, parameters, and what the forward pass keeps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from sympy import Add, Basic, Expr, Mul, Pow, Symbol

from symbprop.calculus.index import Access, Extent, Range, extent, product
from symbprop.calculus.nodes import distinct
from symbprop.calculus.program import GradientProgram, Program, Role
from symbprop.schedule.plan import Alias, Allocate, Contract, Fold, Loop, Map, Plan, Step, reads_of


@dataclass(frozen=True, slots=True)
class CostSheet:
    """Polynomials in the free sizes. ``moved`` and ``saved`` count array elements, not bytes."""

    operations: Extent
    moved: Extent
    parameters: int
    saved: Extent
    saved_tensors: tuple[str, ...]


def cost_sheet(program: Program, plan: Plan, gradient: GradientProgram | None = None) -> CostSheet:
    """The cost of one run of ``plan``."""
    parameters = sum(_integer(product(t.shape)) for t in program.of(Role.PARAMETER))
    saved = () if gradient is None else saved_tensors(gradient)
    return CostSheet(
        _total(_operations(step) for step in plan.steps),
        _total(_moved(plan, step) for step in plan.steps),
        parameters,
        _total(product(program.tensors[name].shape) for name in saved),
        saved,
    )


def saved_tensors(gradient: GradientProgram) -> tuple[str, ...]:
    """The computed tensors of the forward pass that the backward pass reads."""
    computed = {each.target.tensor for each in gradient.forward.statements}
    found = (source for each in gradient.backward for source in each.sources() if source in computed)
    return tuple(dict.fromkeys(found))


def _integer(size: Extent) -> int:
    return size if isinstance(size, int) else 0


def _total(parts: Iterable[Extent]) -> Extent:
    numbers, others = 0, []
    for part in parts:
        if isinstance(part, int):
            numbers += part
        else:
            others.append(part)
    return extent(Add(numbers, *others)) if others else numbers


def _box(domain: tuple[Range, ...]) -> Extent:
    return product(tuple(each.extent for each in domain))


def _operations(step: Step) -> Extent:
    match step:
        case Map():
            return extent(_box(step.domain) * (operation_count(step.expr) + step.accumulate))
        case Contract():
            return extent(2 * _box(step.domain))
        case Fold():
            return _box(step.domain)
        case Loop():
            return extent(step.extent * _total(map(_operations, step.body)))
        case Allocate() | Alias():
            return 0


def _moved(plan: Plan, step: Step) -> Extent:
    match step:
        case Alias():
            return 0
        case Loop():
            return extent(step.extent * _total(_moved(plan, each) for each in step.body))
        case Allocate():
            return product(plan.shape(step.target))
    return _total(_elements(plan, access) for access in (step.target, *reads_of(step)))


def _elements(plan: Plan, access: Access) -> Extent:
    """The elements of a tensor, or of the part of it that belongs to one step of a loop."""
    pairs = zip(access.index, plan.shape(access.tensor), strict=True)
    return product(tuple(size for place, size in pairs if not (isinstance(place.offset, Expr) and not place.terms)))


@cache
def operation_count(expression: Expr) -> int:
    """Arithmetic operations and function calls, each counted once."""
    return sum(map(_own, distinct(expression)))


def _own(node: Basic) -> int:
    if isinstance(node, Symbol) or not isinstance(node, Expr) or node.is_number:
        return 0
    if isinstance(node, (Add, Mul)):
        return len(node.args) - 1
    if isinstance(node, Pow) and node.exp.is_Integer:
        return abs(int(node.exp)) - 1 + (1 if node.exp.is_negative else 0)
    return 1
