"""Recurrences: statements that read each other's targets at other steps, and the loop that runs them.

    h[n, t+1, u] = tanh(s[n,t,u] + Σᵥ h[n,t,v] U[v,u])

The statements of a program are a system of equations. Those that depend on themselves run step by step; everything else
(an input projection, the gradient of the weights) stands before or after the loop, over all steps at once. This is the
loop distribution of Allen & Kennedy (1987, section 4).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sympy import Symbol

from symbprop.calculus.components import components, in_order
from symbprop.calculus.dependences import Course, Dependence, course, dependences, places
from symbprop.calculus.index import Affine, Extent
from symbprop.calculus.statement import Statement, reindex


class NoOrder(Exception):
    """Statements that need themselves: ``tensors`` is the circle, its first tensor standing at its end again."""

    def __init__(self, tensors: Sequence[str]) -> None:
        super().__init__(f"no order of steps computes {' → '.join(tensors)}")
        self.tensors = tuple(tensors)


@dataclass(frozen=True, slots=True)
class Instance:
    """A statement at one step: ``source`` with its ``index`` along each loop replaced by the step's number."""

    statement: Statement
    source: Statement
    index: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Statements that run together, once for each value 0 … extent − 1 of ``index`` (from the last with ``reverse``).

    ``body`` stands in the order of one step; a recurrence in it runs along a second index within the step.
    """

    index: Symbol
    extent: Extent
    reverse: bool
    body: tuple[Part, ...]

    def instances(self) -> Iterator[Instance]:
        """Every statement of the loop, also of the loops in it."""
        stack = list(reversed(self.body))
        while stack:
            part = stack.pop()
            if isinstance(part, Instance):
                yield part
            else:
                stack.extend(reversed(part.body))


Part = Instance | Recurrence
Naming = Callable[[str, Collection[str]], str]


def step_symbol(name: str) -> Symbol:
    """The number of a step."""
    return Symbol(name, integer=True, nonnegative=True)


def circles(statements: Sequence[Statement]) -> list[list[Statement]]:
    """The statements that depend on themselves, in groups that depend on each other, each in the order given."""
    if _straight(statements):
        return []
    after = _graph(statements)
    found = []
    for group in components(after):
        numbers = sorted(each for each in group if isinstance(each, int))
        if len(group) > 1:
            found.append([statements[number] for number in numbers])
    return found


def _straight(statements: Sequence[Statement]) -> bool:
    """Whether each statement reads only what those before it have computed in full."""
    last = {each.target.tensor: number for number, each in enumerate(statements)}
    return all(last.get(source, -1) < number for number, each in enumerate(statements) for source in each.sources())


def recurrent(statements: Sequence[Statement]) -> set[str]:
    """The tensors that depend on themselves."""
    return {each.target.tensor for group in circles(statements) for each in group}


def ordered(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """The statements, each after those it reads; where there is a choice, and within a recurrence, in the order given."""
    groups = circles(statements)
    return tuple(each for unit in _units(statements, groups) for each in unit)


def arranged(statements: Sequence[Statement], name: Naming) -> list[Statement | Recurrence]:
    """What runs in order: statements, and loops over those that depend on themselves.

    ``name`` makes the name of a loop's variable from an index and the names of the loops around it. Raises ``NoOrder``.
    """
    groups = circles(statements)
    if not groups:
        return list(statements)
    first = {id(group[0]): group for group in groups}
    found: list[Statement | Recurrence] = []
    for unit in _units(statements, groups):
        if id(unit[0]) in first:
            found.append(_loop([Instance(each, each) for each in unit], name, ()))
        else:
            found.extend(unit)
    return found


def _units(statements: Sequence[Statement], groups: Sequence[Sequence[Statement]]) -> list[list[Statement]]:
    """Groups and single statements, each after what it reads."""
    owner = {id(each): number for number, group in enumerate(groups) for each in group}
    units: dict[int, list[Statement]] = {}
    unit_of: dict[int, int] = {}
    started: dict[int, int] = {}
    for number, each in enumerate(statements):
        place = number if id(each) not in owner else started.setdefault(owner[id(each)], number)
        units.setdefault(place, []).append(each)
        unit_of[number] = place
    writers: dict[str, set[int]] = {}
    for number, each in enumerate(statements):
        writers.setdefault(each.target.tensor, set()).add(unit_of[number])
    before: dict[int, set[int]] = {place: set() for place in units}
    for number, each in enumerate(statements):
        for source in each.sources():
            before[unit_of[number]] |= writers.get(source, set()) - {unit_of[number]}
    return [units[place] for place in in_order(before)]


def _graph(statements: Sequence[Statement]) -> dict[int | str, list[int | str]]:
    """Statements (by number) and tensors; an edge from a statement to what it reads, from a tensor to what writes it."""
    after: dict[int | str, list[int | str]] = {}
    for number, each in enumerate(statements):
        after.setdefault(each.target.tensor, []).append(number)
        after[number] = list(dict.fromkeys(each.sources()))
    return {node: [each for each in following if each in after] for node, following in after.items()}


# One loop ------------------------------------------------------------------------------------------------------------


def _loop(group: Sequence[Instance], name: Naming, around: tuple[str, ...]) -> Recurrence:
    """The loop over statements that depend on each other, all of them on all. Raises ``NoOrder``."""
    statements = [each.statement for each in group]
    edges = dependences(statements)
    best: NoOrder | None = None
    for index in places(statements, edges):
        found = course(statements, edges, index)
        if found is not None:
            try:
                return _body(group, found, name, around)
            except NoOrder as inner:
                best = best or inner
    raise best or NoOrder(_circle(statements, edges))


def _body(group: Sequence[Instance], found: Course, name: Naming, around: tuple[str, ...]) -> Recurrence:
    """The statements at one step, in an order in which each finds what it reads."""
    step = step_symbol(name(found.index[0].rstrip("'"), around))
    instances = [
        Instance(at_step(each.statement, own, step), each.source, (*each.index, own))
        for each, own in zip(group, found.index, strict=True)
    ]
    statements = [each.statement for each in instances]
    edges = dependences(statements)
    after: dict[int, list[int]] = {number: [] for number in range(len(statements))}
    for edge in edges:
        after[edge.reader].append(edge.writer)
    parts: dict[int, Part] = {}
    unit_of: dict[int, int] = {}
    for numbers in map(sorted, components(after)):
        first = numbers[0]
        unit_of.update(dict.fromkeys(numbers, first))
        inner = [instances[number] for number in numbers]
        is_circle = len(numbers) > 1 or first in after[first]
        parts[first] = _loop(inner, name, (*around, step.name)) if is_circle else inner[0]
    before: dict[int, set[int]] = {first: set() for first in parts}
    for edge in edges:
        before[unit_of[edge.reader]] |= {unit_of[edge.writer]} - {unit_of[edge.reader]}
    body = tuple(parts[first] for first in in_order(before))
    return Recurrence(step, found.extent, found.reverse, body)


def at_step(source: Statement, index: str, number: Extent) -> Statement:
    """``source`` with one index standing still."""
    replacement: Mapping[str, Affine] = {index: Affine((), number)}
    return reindex(source, replacement, [each for each in source.domain if each.index != index])


def _circle(statements: Sequence[Statement], edges: Sequence[Dependence]) -> list[str]:
    """The tensors of a circle of dependences, each read by the next, the first one again at the end."""
    reads: dict[str, list[str]] = {}
    for edge in edges:
        reader, writer = statements[edge.reader].target.tensor, statements[edge.writer].target.tensor
        reads.setdefault(reader, []).append(writer)
    start = statements[-1].target.tensor
    came: dict[str, str] = {}
    queue = [start]
    for tensor in queue:
        for each in reads.get(tensor, ()):
            if each == start:
                path = [start, tensor]
                while path[-1] != start:
                    path.append(came[path[-1]])
                return path
            if each not in came:
                came[each] = tensor
                queue.append(each)
    return [start, start]
