"""The checker: what a valid program is. Run before and after every pass."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from sympy import Add, Expr, Mul, Pow, Symbol, exp, tanh

from symbprop.calculus.index import Access, Affine, Extent, extent
from symbprop.calculus.nodes import distinct
from symbprop.calculus.program import Program, Role
from symbprop.calculus.recurrence import NoOrder, arranged, circles
from symbprop.calculus.statement import Reduction, Statement, index_symbol, read_symbol


class InvalidProgram(Exception):
    """A pass, or the builder of a program, made something that is not a program. Always a fault of symbprop."""


def check(program: Program, since: Program | None = None) -> Program:
    """``program`` itself, or ``InvalidProgram`` with the statement and what is wrong with it.

    What it has in common with ``since``, a program that has been checked, is not looked at again.
    """
    known = {id(each) for each in since.statements} if since is not None and _same_tensors(program, since) else set()
    available = {name for name, tensor in program.tensors.items() if tensor.role is not Role.VALUE}
    remaining: dict[str, int] = {}
    for each in program.statements:
        remaining[each.target.tensor] = remaining.get(each.target.tensor, 0) + 1
    groups = circles(program.statements)
    circle = {name: number for number, group in enumerate(groups) for name in _targets(group)}
    for each in program.statements:
        if id(each) not in known:
            _check_statement(program, each)
        for source in each.sources():
            together = source in circle and circle[source] == circle.get(each.target.tensor)
            if source not in available and not together:
                _fail(each, f"it reads {source}, which is not computed before it")
        name = each.target.tensor
        remaining[name] -= 1
        if remaining[name] == 0:
            available.add(name)
    try:
        arranged([each for group in groups for each in group], lambda wish, around: wish + "'" * len(around))
    except NoOrder as error:
        raise InvalidProgram(str(error)) from error
    for name in program.results:
        if name not in available:
            raise InvalidProgram(f"the output {name} is never computed")
    for state, following in program.updates.items():
        _check_update(program, state, following)
    if program.loss and program.tensors[program.loss].shape != ():
        raise InvalidProgram(f"the loss {program.loss} is not a scalar")
    return program


def _same_tensors(program: Program, since: Program) -> bool:
    """Whether every tensor of ``since`` is there and is what it was."""
    return all(program.tensors.get(name) is each for name, each in since.tensors.items())


def _check_update(program: Program, state: str, following: str) -> None:
    if state not in program.tensors or program.tensors[state].role is not Role.STATE:
        raise InvalidProgram(f"{following} is the next value of {state}, which is no state")
    if program.tensors[state].shape != program.tensors[following].shape:
        raise InvalidProgram(f"{following} has another shape than {state}, whose next value it is")


def _targets(statements: Iterable[Statement]) -> set[str]:
    return {each.target.tensor for each in statements}


def _check_statement(program: Program, each: Statement) -> None:
    target = program.tensors.get(each.target.tensor)
    if target is None or target.role is not Role.VALUE:
        _fail(each, "its target is not a tensor that can be computed")
    names = [r.index for r in each.domain]
    if len(set(names)) != len(names):
        _fail(each, "an index stands twice in its domain")
    extents: dict[str, Extent] = {r.index: r.extent for r in each.domain}
    for access in each.accesses():
        _check_access(program, each, access, extents)
    allowed: set[Symbol] = {read_symbol(p) for p in range(len(each.reads))}
    allowed |= {index_symbol(p) for p in range(len(each.domain))}
    for symbol in each.expr.free_symbols - allowed:
        if not (symbol.is_integer and symbol.is_positive):
            _fail(each, f"its expression has the loose symbol {symbol}")
    if each.reduction in (Reduction.ARGMAX, Reduction.ARGMIN):
        if each.selects not in {r.index for r in each.reduced}:
            _fail(each, "it selects an index that it does not reduce")
        if target is not None and not target.integer:
            _fail(each, "an argmax belongs in an integer tensor")
    if not _is_plainly_real(each.expr) and each.expr.is_real is False:
        _fail(each, "its expression is not real")


@cache
def _is_plainly_real(expression: Expr) -> bool:
    """Whether real leaves go through nothing that could make them anything else: SymPy need not be asked."""
    return all(
        node.is_Rational or (node.is_Symbol and node.is_real) or isinstance(node, (Add, Mul, exp, tanh))
        or (isinstance(node, Pow) and node.exp.is_Integer and node.exp.is_positive)
        for node in distinct(expression)
    )  # fmt: skip


def _check_access(program: Program, each: Statement, access: Access, extents: dict[str, Extent]) -> None:
    tensor = program.tensors.get(access.tensor)
    if tensor is None:
        _fail(each, f"it names {access.tensor}, which does not exist")
        return
    if len(access.index) != len(tensor.shape):
        _fail(each, f"{access.tensor} has {len(tensor.shape)} axes, not {len(access.index)}")
    for coordinate, size in zip(access.index, tensor.shape, strict=True):
        bare = coordinate.bare
        if bare is not None and extents.get(bare) == size:
            continue
        for index in coordinate.indices():
            if index not in extents:
                _fail(each, f"the index {index} has no range")
        low, high = bounds(program, coordinate, extents)
        if is_negative(low) or is_negative(extent(size - 1 - high)):
            _fail(each, f"a coordinate of {access.tensor} runs from {low} to {high}, outside 0 … {size} − 1")


def bounds(program: Program, coordinate: Affine, extents: dict[str, Extent]) -> tuple[Extent, Extent]:
    """The least and the largest value of a coordinate."""
    low: Extent = coordinate.offset
    high: Extent = coordinate.offset
    for atom, coefficient in coordinate.terms:
        if isinstance(atom, str):
            last = extent(extents[atom] - 1)
        else:
            classes = program.tensors[atom.tensor].classes
            last = extent((1 if classes is None else classes) - 1)
        if is_negative(coefficient):
            low = extent(low + coefficient * last)
        else:
            high = extent(high + coefficient * last)
    return low, high


def is_negative(value: Extent) -> bool:
    """Whether an extent is negative for certain."""
    return value < 0 if isinstance(value, int) else bool(isinstance(value, Expr) and value.is_negative)


def _fail(each: Statement, why: str) -> None:
    raise InvalidProgram(f"statement for {each.target.tensor} ({each.label or 'no label'}): {why}")
