"""What is said to stay apart does: one example's numbers are changed, and what moves is seen in exact fractions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from programs import A, gather, parameter, point, polynomial_programs, program, run, sums, value

from symbprop.calculus.index import Access, Affine
from symbprop.calculus.program import Program, Role, Tensor
from symbprop.calculus.separability import follow
from symbprop.calculus.statement import Reduction, Statement

FOLLOWED = {"p": 0, "r": 0}


def moved(source: Program, first: int, second: int) -> dict[str, dict[tuple[int, ...], Any]]:
    """What the program gives where the first of two examples has the numbers of one seed, the second of another."""
    values = point(source)
    for name in FOLLOWED:
        values[name] = [point(source, first)[name][0], point(source, second)[name][1]]
    return run(source, values)


@given(polynomial_programs())
def test_what_is_said_to_stay_apart_does_not_move_with_the_other_example(source: Program) -> None:
    along = follow(source, FOLLOWED)
    still, first, second, both = (moved(source, *seeds) for seeds in ((0, 0), (1, 0), (0, 1), (1, 1)))
    for name, tensor in source.tensors.items():
        if tensor.role is not Role.VALUE:
            continue
        for place in still[name]:
            if name in along.mixing:
                continue
            if name in along.axes:
                own, other = (first, second) if place[along.axes[name]] == 0 else (second, first)
                assert other[name][place] == still[name][place]
                assert own[name][place] == both[name][place]
            elif name in along.totals:
                assert first[name][place] + second[name][place] == still[name][place] + both[name][place]
            else:
                assert first[name][place] == second[name][place] == both[name][place] == still[name][place]


N = {"n": 3}
SUM = sums("s[]", A[0], ["x[n]"], N)
KINDS: dict[str, tuple[list[Statement], str]] = {
    "its square": ([sums("v[n]", A[0] ** 2, ["x[n]"], N)], "axis"),
    "the sum": ([SUM, sums("v[]", A[0], ["s[]"], {})], "total"),
    "the sum, scaled and moved": ([SUM, sums("v[]", 2 * A[0] + 3, ["s[]"], {})], "total"),
    "the sum, repeated": ([SUM, sums("v[k]", A[0], ["s[]"], {"k": 3})], "total"),
    "the sum, squared": ([SUM, sums("v[]", A[0] ** 2, ["s[]"], {})], "mixed"),
    "the sum times another": (
        [SUM, sums("m[]", A[0], ["y[n]"], N), sums("v[]", A[0] * A[1], ["s[]", "m[]"], {})],
        "mixed",
    ),
    "a place that a sum finds": (
        [sums("c[]", A[0], ["t[n]"], N), sums("v[]", A[0], [Access("w", (gather("c"),))], {})],
        "mixed",
    ),
    "each beside the sum": ([SUM, sums("v[n]", A[0] - A[1], ["x[n]", "s[]"], N)], "mixed"),
    "the next": ([sums("v[n]", A[0], [Access("x", (Affine((("n", 1),), 1),))], {"n": 2})], "mixed"),
    "one example": ([sums("v[]", A[0], [Access("x", (Affine((), 1),))], {})], "mixed"),
    "every two": ([sums("v[n,m]", A[0] * A[1], ["x[n]", "x[m]"], {"n": 3, "m": 3})], "mixed"),
    "the largest": ([sums("v[]", A[0], ["x[n]"], N, reduction=Reduction.MAX)], "mixed"),
    "their product": ([sums("v[]", A[0], ["x[n]"], N, reduction=Reduction.PROD)], "mixed"),
    "on the diagonal": ([sums("v[n,n]", A[0], ["x[n]"], N)], "mixed"),
    "in another order": ([sums("v[n]", A[0], [Access("x", (gather("t", "n"),))], N)], "mixed"),
    "what comes of a mixture": (
        [sums("m[]", A[0], ["x[n]"], N, reduction=Reduction.MAX), sums("v[n]", A[0] * A[1], ["x[n]", "m[]"], N)],
        "mixed",
    ),
    "what is given": ([sums("v[k]", A[0], ["w[k]"], {"k": 3})], "nothing"),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_value_is_kept_apart_added_up_or_mixed(name: str) -> None:
    statements, kind = KINDS[name]
    given = [Tensor(each, (3,), Role.INPUT, integer=each == "t") for each in "xyt"]
    computed = [value("v", *(3 for _ in statements[-1].target.index)), *map(value, "smc")]
    along = follow(program([*given, parameter("w", 3), *computed], statements, "v"), dict.fromkeys("xyt", 0))
    said = "axis" if "v" in along.axes else "total" if "v" in along.totals else "nothing"
    assert ("mixed" if "v" in along.mixing else said) == kind
    assert along.depends("v") == (kind != "nothing")
