"""Equations as a system: which of them stand, which read what a later one defines, and in what order they can run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from sympy.logic.boolalg import Boolean, false, true

from symbprop.calculus.components import components
from symbprop.calculus.recurrence import NoOrder, arranged, circles, ordered
from symbprop.calculus.statement import Statement
from symbprop.language.scope import equation_reads, reads
from symbprop.language.source import SourceError
from symbprop.language.syntax import Equation, Expression, Name


def standing(equations: Sequence[Equation], truth: Callable[[Expression], Boolean]) -> tuple[Equation, ...]:
    """The equations without a condition, and those whose condition holds: it is about attributes, so it is known."""
    found = []
    for each in equations:
        value = true if each.condition is None else truth(each.condition)
        if value not in (true, false):
            assert each.condition is not None
            raise SourceError("whether an equation stands can only depend on attributes", each.condition.span)
        if value is true:
            found.append(each)
    return tuple(found)


def read_names(equation: Equation) -> Iterator[str]:
    """The tensors that an equation may read, also inside coordinates and without brackets."""
    for each in equation_reads(equation):
        yield each.name
    for coordinate in equation.target.index:
        if not isinstance(coordinate, Name):
            yield from (each.name for each in reads(coordinate))  # type: ignore[arg-type]
    yield from _bare_names(equation.expression)


def _bare_names(expression: Expression) -> Iterator[str]:
    stack: list[object] = [expression]
    while stack:
        node = stack.pop()
        if isinstance(node, Name):
            yield node.name
        for part in ("operand", "left", "right", "body"):
            stack.extend([getattr(node, part)] if hasattr(node, part) else [])
        stack.extend(getattr(node, "arguments", ()))
        stack.extend(getattr(node, "index", ()) if hasattr(node, "name") else ())


def read_early(equations: Sequence[Equation]) -> list[str]:
    """The targets that an equation reads before one has defined them, or while it does."""
    targets = {each.target.name for each in equations}
    defined: set[str] = set()
    found: dict[str, None] = {}
    for each in equations:
        found.update((name, None) for name in read_names(each) if name in targets and name not in defined)
        defined.add(each.target.name)
    return list(found)


def circular(equations: Sequence[Equation]) -> Mapping[str, int]:
    """The targets that depend on themselves, with the number of the circle that each is in."""
    after: dict[str, list[str]] = {each.target.name: [] for each in equations}
    for each in equations:
        after[each.target.name].extend(name for name in read_names(each) if name in after)
    groups = [group for group in components(after) if len(group) > 1 or group[0] in after[group[0]]]
    return {name: number for number, group in enumerate(groups) for name in group}


def solvable(
    statements: Sequence[Statement], equations: Sequence[Equation], local: Mapping[str, str]
) -> tuple[Statement, ...]:
    """The statements in an order in which they can run. Raises ``SourceError`` at an equation that needs itself."""
    in_turn = ordered(statements)
    try:
        arranged([each for group in circles(in_turn) for each in group], lambda wish, around: wish + "'" * len(around))
    except NoOrder as error:
        names = [local.get(name, name) for name in error.tensors[:-1]]
        equation = next((each for each in equations if each.target.name in names), equations[-1])
        first = names.index(equation.target.name) if equation.target.name in names else 0
        names = [*names[first:], *names[: first + 1]]
        raise SourceError(
            f"{equation.target.name} depends on itself, and no order of steps computes it: {' → '.join(names)}",
            equation.target.span,
            hint=_unequal_ranges(statements, error.tensors)
            or "a step may read an earlier one, as h[n, t + 1] reads h[n, t]",
        ) from error
    return in_turn


def _unequal_ranges(statements: Sequence[Statement], circle: Sequence[str]) -> str:
    """What to do where the equations of a circle run over different numbers of steps; nothing where they do not."""
    lengths: dict[tuple[str, int], dict[str, None]] = {}
    for each in statements:
        if each.target.tensor in circle:
            extents = {one.index: str(one.extent) for one in each.domain}
            for axis, coordinate in enumerate(each.target.index):
                found = lengths.setdefault((each.target.tensor, axis), {})
                found.update((extents[index], None) for index in coordinate.indices() if index in extents)
    unequal = next((list(found) for found in lengths.values() if len(found) > 1), None)
    if unequal is None:
        return ""
    return f"its equations run over {' and '.join(unequal)} steps: write them so that all run over the same"
