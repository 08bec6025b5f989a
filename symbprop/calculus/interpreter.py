"""The slow truth: every statement as loops over its indices, one scalar at a time, in any arithmetic.

It shares nothing with lowering and emission, so that it can be held against them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sympy import Expr, Rational, Symbol

from symbprop.calculus.arithmetic import FLOAT, Arithmetic, Value, evaluator
from symbprop.calculus.index import Access, Affine, at_sizes
from symbprop.calculus.program import Program, Role
from symbprop.calculus.recurrence import circles, ordered
from symbprop.calculus.statement import Reduction, Statement, index_symbol

__all__ = ["FLOAT", "Arithmetic", "Elements", "interpret"]

Elements = dict[tuple[int, ...], Value]


def interpret(
    program: Program, values: Mapping[str, Value], sizes: Mapping[str, int], arithmetic: Arithmetic = FLOAT
) -> dict[str, Elements]:
    """Every tensor of the program, as a dictionary from index tuples to numbers.

    ``values`` gives the tensors that are not computed, as nested sequences or arrays; ``sizes`` the free sizes.
    """
    environment: dict[str, Elements] = {}
    written: dict[str, Elements] = {}  # what statements wrote into tensors that are not zero where nothing is written
    for tensor in program.tensors.values():
        shape = [at_sizes(each, sizes) for each in tensor.shape]
        points = itertools.product(*(range(n) for n in shape))
        if tensor.role is Role.VALUE:
            fill = _fill(tensor.fill, arithmetic)
            environment[tensor.name] = dict.fromkeys(points, fill)
            if tensor.fill != 0:
                written[tensor.name] = {}
        else:
            given = values[tensor.name]
            environment[tensor.name] = {point: _element(given, point) for point in points}
    waiting: dict[int, list[Statement]] = {}
    groups = {id(each): group for group in circles(program.statements) for each in group}
    for each in ordered(program.statements) if groups else program.statements:
        if id(each) not in groups:
            _run(_Runner(each, environment, sizes, arithmetic, written.get(each.target.tensor)))
            continue
        group = groups[id(each)]
        waiting.setdefault(id(group), []).append(each)
        if len(waiting[id(group)]) == len(group):
            _run_together(
                [_Runner(one, environment, sizes, arithmetic, written.get(one.target.tensor)) for one in group]
            )
    return environment


def _fill(value: Expr, arithmetic: Arithmetic) -> Value:
    if value.is_infinite:
        return math.inf if value.is_extended_positive else -math.inf
    rational = Rational(value)
    return arithmetic.rational(rational.p, rational.q)


def _element(given: Value, point: tuple[int, ...]) -> Value:
    for position in point:
        given = given[position]
    return given.item() if hasattr(given, "item") else given


@dataclass(slots=True)
class _Cell:
    """What one statement does to one element of its target: the points, in order, and the elements they read."""

    run: _Runner
    key: tuple[int, ...]
    points: list[tuple[int, ...]] = field(default_factory=list)
    missing: int = 0


class _Runner:
    """One statement, ready to be evaluated at one point after another."""

    def __init__(
        self,
        each: Statement,
        environment: dict[str, Elements],
        sizes: Mapping[str, int],
        arithmetic: Arithmetic,
        written: Elements | None,
    ) -> None:
        self.statement = each
        self.written = written
        self.zero = arithmetic.rational(0, 1)
        self.environment = environment
        self.sizes = sizes
        self.evaluate = evaluator(each.expr, arithmetic)
        self.order = {r.index: position for position, r in enumerate(each.domain)}
        self.symbols = {symbol.name: value for symbol, value in _size_values(each.expr, sizes)}
        self.target = environment[each.target.tensor]
        self.best: Elements = {}

    def points(self) -> Iterator[tuple[int, ...]]:
        return itertools.product(*(range(at_sizes(r.extent, self.sizes)) for r in self.statement.domain))

    def place(self, access: Access, point: Sequence[int]) -> tuple[int, ...]:
        return _point(access, point, self.order, self.environment, self.sizes)

    def at(self, point: tuple[int, ...]) -> None:
        leaves = dict(self.symbols)
        for position, number in enumerate(point):
            leaves[index_symbol(position).name] = number
        for symbol, access in self.statement.read_positions():
            leaves[symbol.name] = self.environment[access.tensor][self.place(access, point)]
        key = self.place(self.statement.target, point)
        selected = point[self.order[self.statement.selects]] if self.statement.selects else None
        if self.written is not None and key not in self.written:
            self.target[key] = self.zero
            self.written[key] = None
        _combine(self.statement.reduction, self.target, self.best, key, self.evaluate(leaves), selected)


def _run(runner: _Runner) -> None:
    for point in runner.points():
        runner.at(point)


def _run_together(group: Sequence[_Runner]) -> None:
    """Statements that read each other's targets: each element as soon as all that it needs is there.

    It follows single elements, and so knows nothing of steps and loops. Raises ``ValueError`` if some wait for each other.
    """
    computed = {each.statement.target.tensor for each in group}
    if any(computed & _positions(each.statement) for each in group):
        raise ValueError("an integer tensor that a recurrence computes cannot choose elements within it")
    cells: dict[tuple[int, tuple[int, ...]], _Cell] = {}
    writes: dict[tuple[str, tuple[int, ...]], int] = {}
    for number, runner in enumerate(group):
        target = runner.statement.target
        for point in runner.points():
            key = runner.place(target, point)
            if (number, key) not in cells:
                cells[number, key] = _Cell(runner, key)
                element = (target.tensor, key)
                writes[element] = writes.get(element, 0) + 1
            cells[number, key].points.append(point)
    readers: dict[tuple[str, tuple[int, ...]], list[_Cell]] = {}
    for cell in cells.values():
        reads = [access for access in cell.run.statement.reads if access.tensor in computed]
        needs = {(access.tensor, cell.run.place(access, point)) for access in reads for point in cell.points}
        for element in needs:
            if writes.get(element):
                readers.setdefault(element, []).append(cell)
                cell.missing += 1
    ready = [cell for cell in cells.values() if cell.missing == 0]
    done = 0
    while ready:
        cell = ready.pop()
        done += 1
        for point in cell.points:
            cell.run.at(point)
        element = (cell.run.statement.target.tensor, cell.key)
        writes[element] -= 1
        if writes[element] == 0:
            for reader in readers.get(element, ()):
                reader.missing -= 1
                if reader.missing == 0:
                    ready.append(reader)
    if done < len(cells):
        raise ValueError(f"elements of {', '.join(sorted(computed))} wait for each other")


def _positions(each: Statement) -> set[str]:
    """The integer tensors that choose elements."""
    return set(each.sources()) - {access.tensor for access in each.reads}


def _combine(
    reduction: Reduction, target: Elements, best: Elements, key: tuple[int, ...], value: Value, chosen: Any
) -> None:
    if reduction is Reduction.SUM:
        target[key] = target[key] + value
    elif key not in best:
        best[key] = value
        target[key] = value if chosen is None else chosen
    elif reduction is Reduction.PROD:
        best[key] = target[key] = target[key] * value
    else:
        up = reduction in (Reduction.MAX, Reduction.ARGMAX)
        if value > best[key] if up else value < best[key]:
            best[key] = value
            target[key] = value if chosen is None else chosen


def _point(
    access: Access,
    point: Sequence[int],
    order: Mapping[str, int],
    environment: Mapping[str, Elements],
    sizes: Mapping[str, int],
) -> tuple[int, ...]:
    return tuple(_coordinate(each, point, order, environment, sizes) for each in access.index)


def _coordinate(
    coordinate: Affine,
    point: Sequence[int],
    order: Mapping[str, int],
    environment: Mapping[str, Elements],
    sizes: Mapping[str, int],
) -> int:
    total = at_sizes(coordinate.offset, sizes)
    for atom, coefficient in coordinate.terms:
        if isinstance(atom, Access):
            number = int(environment[atom.tensor][_point(atom, point, order, environment, sizes)])
        else:
            number = point[order[atom]]
        total += at_sizes(coefficient, sizes) * number
    return total


def _size_values(expression: Expr, sizes: Mapping[str, int]) -> Iterator[tuple[Symbol, int]]:
    for symbol in expression.free_symbols:
        if symbol.is_positive and symbol.name in sizes:
            yield symbol, sizes[symbol.name]
