"""The checker refuses everything that is not a program."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from programs import A, access, gather, parameter, program, run, sums, value
from sympy import Symbol

from symbprop.calculus.check import InvalidProgram, check
from symbprop.calculus.index import Access, Affine, Range
from symbprop.calculus.program import Program, Role, Tensor
from symbprop.calculus.statement import Reduction, read_symbol

TENSORS = [parameter("x", 3), value("y", 3), value("L")]
GOOD = [sums("y[i]", A[0] ** 2, ["x[i]"], {"i": 3}), sums("L[]", A[0], ["y[i]"], {"i": 3})]


def test_a_valid_program_passes() -> None:
    source = program(TENSORS, GOOD)
    assert check(source) is source


def wrong(*statements: object) -> Program:
    return program(TENSORS, list(statements))  # type: ignore[arg-type]


BAD = {
    "read before it is computed": wrong(GOOD[1], GOOD[0]),
    "a tensor that does not exist": wrong(replace(GOOD[0], reads=(access("q[i]"),)), GOOD[1]),
    "too many axes": wrong(replace(GOOD[0], reads=(access("x[i,i]"),)), GOOD[1]),
    "an index without a range": wrong(replace(GOOD[0], domain=()), GOOD[1]),
    "an index twice": wrong(replace(GOOD[0], domain=(Range("i", 3), Range("i", 3))), GOOD[1]),
    "past the end": wrong(replace(GOOD[0], domain=(Range("i", 4),)), GOOD[1]),
    "before the start": wrong(replace(GOOD[0], reads=(Access("x", (Affine((("i", 1),), -1),)),)), GOOD[1]),
    "a loose symbol": wrong(replace(GOOD[0], expr=read_symbol(5)), GOOD[1]),
    "a loose number that may be negative": wrong(replace(GOOD[0], expr=A[0] * Symbol("q", integer=True)), GOOD[1]),
    "a loose number that is no size": wrong(replace(GOOD[0], expr=A[0] * Symbol("q", positive=True)), GOOD[1]),
    "a target that is given": wrong(sums("x[i]", A[0], ["x[i]"], {"i": 3}), *GOOD),
    "a statement that reads itself": wrong(sums("y[i]", A[0], ["y[i]"], {"i": 3}), GOOD[1]),
    "an argmax in a real tensor": wrong(replace(GOOD[1], reduction=Reduction.ARGMAX, selects="i"), GOOD[0]),
    "a loss that is never computed": wrong(GOOD[0]),
    "a loss that is no scalar": replace(program(TENSORS, GOOD), loss="y"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_program_is_refused(name: str) -> None:
    with pytest.raises(InvalidProgram):
        check(BAD[name])


@pytest.mark.parametrize("name", BAD)
def test_what_a_pass_makes_wrong_is_refused_though_the_rest_was_checked_before(name: str) -> None:
    with pytest.raises(InvalidProgram):
        check(BAD[name], check(program(TENSORS, GOOD)))


def test_a_statement_is_looked_at_again_when_a_tensor_has_changed() -> None:
    before = check(program(TENSORS, GOOD))
    shorter = replace(before, tensors={**before.tensors, "x": parameter("x", 2)})
    with pytest.raises(InvalidProgram):
        check(shorter, before)
    gone = replace(before, tensors={name: each for name, each in before.tensors.items() if name != "x"})
    with pytest.raises(InvalidProgram):
        check(gone, before)


def test_elements_that_wait_for_each_other_are_an_error_even_if_most_others_are_known() -> None:
    """v[i] reads v[t[i]]: the first three read an element that nothing writes, the last reads itself."""
    tensors = [Tensor("t", (4,), Role.INPUT, integer=True, classes=5), parameter("p", 4), value("v", 5)]
    reads = [Access("v", (gather("t", "i"),)), access("p[i]")]
    source = program(tensors, [sums("v[i]", A[0] + A[1], reads, {"i": 4})], "v")
    given = {"p": [Fraction(each) for each in range(4)]}
    assert run(source, {**given, "t": [4, 0, 1, 2]})["v"][3,] == 0 + 1 + 2 + 3
    with pytest.raises(ValueError, match="elements of v wait for each other"):
        run(source, {**given, "t": [4, 4, 4, 3]})
