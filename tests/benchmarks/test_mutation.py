"""A mutant is a program with one change, and the change is in code."""

from __future__ import annotations

import ast
from itertools import islice
from pathlib import Path

import pytest

pytest.importorskip("cosmic_ray", reason="its operators make the mutants")

from benchmarks.mutation.__main__ import sample
from benchmarks.mutation.mutants import Mutant, mutant, places
from benchmarks.mutation.operators import CatchNothing, ReplaceMembership, ReplaceReturnWithNone
from benchmarks.mutation.rooms import TESTS, TOP, sources

CODE = '''"""A text: 1 + 1."""
@cache(size=2)
def f(x: int | None, /, y: float = 3, *, é: bool = True) -> int | None:
    """No code: x == 1."""
    assert x is not None
    if y not in (4, x):
        raise ValueError(f"{y + 1} is wrong")
    return x * y
'''


def made(text: str) -> list[Mutant]:
    all_of_them = (mutant(text, place, choice) for place in places(text) for choice in place.choices)
    return [each for each in all_of_them if each is not None]


def test_only_code_is_changed_one_line_at_a_time() -> None:
    lines = CODE.splitlines()
    for each in made(CODE):
        changed = each.text.splitlines()
        ast.parse(each.text)
        assert [number for number, line in enumerate(lines, 1) if changed[number - 1] != line] == [each.line]
    assert {each.line for each in made(CODE)} == {3, 6, 8}
    of_the_signature = {each.new.replace("  ", " ") for each in made(CODE) if each.line == 3}
    assert of_the_signature == {
        "def f(x: int | None, /, y: float = 4, *, é: bool = True) -> int | None:",
        "def f(x: int | None, /, y: float = 2, *, é: bool = True) -> int | None:",
        "def f(x: int | None, /, y: float = 3, *, é: bool = False) -> int | None:",
    }


@pytest.mark.parametrize("operator", [ReplaceMembership, ReplaceReturnWithNone, CatchNothing])
def test_an_operator_does_what_its_examples_say(operator: type) -> None:
    for example in operator.examples():
        found = [each.text for each in made(example.pre_mutation_code) if each.kind == operator.__name__]
        assert " ".join(example.post_mutation_code.split()) in [" ".join(each.split()) for each in found]


def test_every_room_has_files_and_tests_that_are_there(root: Path) -> None:
    rooms = {each.name for each in (root / "symbprop").iterdir() if (each / "__init__.py").exists()}
    assert set(TESTS) == rooms | {TOP}
    for room, tests in TESTS.items():
        assert sources(root / "symbprop", room)
        assert all((root / each.partition("::")[0]).exists() for each in tests)


def test_a_seed_decides_the_mutants_and_rooms_take_turns() -> None:
    rooms = ["train", "library"]
    first, again, other = (list(islice(sample(seed, rooms), 6)) for seed in (1, 1, 2))
    assert first == again != other
    assert [room for room, _, _ in first] == rooms * 3
