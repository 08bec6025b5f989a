"""What a mutant changes: the operators of cosmic-ray that leave a program plausible, and three that it lacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import Any

import parso
from cosmic_ray.operators.operator import Example, Operator
from cosmic_ray.operators.provider import OperatorProvider

Span = tuple[tuple[int, int], tuple[int, int]]

# An operator is replaced by its like: what makes 2 >> x of 2 + x falls at the first call, and says nothing of the tests.
ALIKE = {
    "BinaryOperator": ("Add Sub Mul Div", "FloorDiv Mod Mul", "Pow Mul", "BitOr BitAnd BitXor"),
    "ComparisonOperator": ("Eq NotEq Lt LtE Gt GtE", "Is IsNot"),
}
OTHERS = (
    "ReplaceUnaryOperator_USub_UAdd", "ReplaceUnaryOperator_Delete_Not", "AddNot", "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue", "ReplaceAndWithOr", "ReplaceOrWithAnd", "ReplaceBreakWithContinue", "ReplaceContinueWithBreak",
    "NumberReplacer", "ZeroIterationForLoop",
)  # fmt: skip


class ReplaceMembership(Operator):
    """``in`` becomes ``not in``, and the reverse."""

    def mutation_positions(self, node: Any) -> Iterator[Span]:
        for place in self._places(node):
            yield node.children[place].start_pos, node.children[place].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        place = self._places(node)[index]
        node.children[place] = parso.parse(" in" if _words(node.children[place]) == "not in" else " not in")
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (Example("x in y", "x not in y"), Example("x not in y", "x in y"))

    @staticmethod
    def _places(node: Any) -> list[int]:
        if node.type != "comparison":
            return []
        return [place for place in range(1, len(node.children), 2) if _words(node.children[place]) in ("in", "not in")]


class ReplaceReturnWithNone(Operator):
    """A function forgets what it returns."""

    def mutation_positions(self, node: Any) -> Iterator[Span]:
        if node.type == "return_stmt" and _words(node.children[1]) != "None":
            yield node.children[1].start_pos, node.children[1].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        node.children[1] = parso.parse(" None")
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (Example("return x", "return None"),)


class CatchNothing(Operator):
    """What a handler is for is no longer caught. (cosmic-ray's own operator knows no exception with a dot in its name.)"""

    def mutation_positions(self, node: Any) -> Iterator[Span]:
        if node.type == "except_clause":
            yield node.children[1].start_pos, node.children[1].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        node.children[1] = parso.parse(" ()")
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (Example("try: f()\nexcept zipfile.BadZipFile: g()", "try: f()\nexcept (): g()"),)


def _words(node: Any) -> str:
    return " ".join(node.get_code().split())


def operators() -> Mapping[str, Operator]:
    """Every operator by its name."""
    provider = OperatorProvider()
    names = [
        f"Replace{kind}_{old}_{new}"
        for kind, groups in ALIKE.items()
        for group in groups
        for old, new in permutations(group.split(), 2)
    ]
    found: dict[str, Operator] = {name: provider[name]() for name in dict.fromkeys([*names, *OTHERS])}
    return found | {each.__name__: each() for each in (ReplaceMembership, ReplaceReturnWithNone, CatchNothing)}
