"""Storage that a loop hands over step by step: what may go, what may not, and the same bits either way."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest
from sympy import Expr, Integer, Symbol

from symbprop.calculus.index import Access, Affine, Range, at
from symbprop.calculus.program import Role, Tensor
from symbprop.calculus.recurrence import step_symbol
from symbprop.calculus.statement import read_symbol
from symbprop.schedule.handover import hands_over, last_readers_first, touched
from symbprop.schedule.plan import Allocate, Loop, Map, Plan, Step, target_of
from tests.networks import LSTM, body_of, point

Compiled = Callable[..., ModuleType]

T = step_symbol("t")
N = Symbol("N", integer=True, positive=True)
NAMES = ("old", "new", "other", "given")


def of_step(name: str, lag: int = 0, index: str = "u") -> Access:
    return Access(name, (at("n"), Affine((), T + lag), at(index)))


def a_map(target: Access, *reads: Access, accumulate: bool = False) -> Map:
    expr: Expr = Integer(1)
    for place, _ in enumerate(reads):
        expr += read_symbol(place)
    return Map(target, expr, reads, (Range("n", N), Range("u", 4)), accumulate, 0)


def plan_of(*body: Step, ahead: tuple[Step, ...] = (), after: tuple[Step, ...] = ()) -> Plan:
    tensors = {name: Tensor(name, (N, 6, 4), Role.VALUE) for name in NAMES}
    made = Allocate("old", 0, zeros=False)
    loop = Loop(T, 6, False, body)
    return Plan(tensors, (made, *ahead, loop, *after), ("other",), frozenset({"given"}))


BARE = Allocate("new", 0, zeros=False)
WRITES = a_map(of_step("old"), of_step("given"))
TAKES = a_map(of_step("new"), of_step("old"))
READS = a_map(of_step("other"), of_step("old"))
WHOLE = Map(
    Access("new", (at("n"), at("s"), at("u"))),
    Integer(1), (), (Range("n", N), Range("s", 6), Range("u", 4)), False, 0,
)  # fmt: skip

CASES: dict[str, tuple[bool, Plan]] = {
    "an element for an element": (True, plan_of(WRITES, TAKES, ahead=(BARE,))),
    "read before the other is written": (
        True,
        plan_of(WRITES, READS, a_map(of_step("new"), of_step("other")), ahead=(BARE,)),
    ),
    "read again behind it": (False, plan_of(WRITES, TAKES, READS, ahead=(BARE,))),
    "read at the next step": (False, plan_of(a_map(of_step("new"), of_step("old", 1)), ahead=(BARE,))),
    "written for the next step": (False, plan_of(WRITES, a_map(of_step("new", 1), of_step("old")), ahead=(BARE,))),
    "read after the loop": (
        False,
        plan_of(WRITES, TAKES, ahead=(BARE,), after=(a_map(Access("other", WHOLE.target.index), Access("old", WHOLE.target.index)),)),
    ),
    "there before the loop": (False, plan_of(WRITES, TAKES, ahead=(WHOLE,))),
    "zero before the loop": (False, plan_of(WRITES, TAKES, ahead=(Allocate("new", 0),))),
    "added to": (False, plan_of(WRITES, a_map(of_step("new"), of_step("old"), accumulate=True), ahead=(BARE,))),
    "made of other elements": (
        False,
        plan_of(WRITES, a_map(of_step("new"), Access("old", (at("n"), Affine((), T), Affine((("u", 1),), 1)))), ahead=(BARE,)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_one_loop_reads_last_and_another_takes_first_changes_hands(name: str) -> None:
    expected, plan = CASES[name]
    owners = {each: each for each in NAMES}
    ends = touched(plan, owners)
    meets = ends["old"][1] == ends["new"][0]
    assert (meets and hands_over(plan.steps[ends["new"][0]], owners, "old", "new")) == expected


def test_who_takes_the_place_waits_for_the_other_readers() -> None:
    def order(plan: Plan) -> list[str]:
        (loop,) = (step for step in last_readers_first(plan).steps if isinstance(step, Loop))
        return [target_of(step) for step in loop.body if not isinstance(step, Loop)]

    assert order(plan_of(WRITES, TAKES, READS, ahead=(BARE,))) == ["old", "other", "new"]
    reads_both = a_map(of_step("other"), of_step("old"), of_step("new"))
    assert order(plan_of(WRITES, TAKES, reads_both, ahead=(BARE,))) == ["old", "new", "other"]


def test_gates_live_where_what_they_are_made_of_was(compiled: Compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    module = compiled(LSTM)
    assert "i_f_o = work.z1" in body_of(module)
    monkeypatch.setattr("symbprop.emit.buffers.hands_over", lambda *_: False)
    plain = compiled(LSTM)
    assert "i_f_o = work.i_f_o" in body_of(plain)
    params, data = point(module, batch=3)
    for _ in range(2):  # again with what the first call left behind
        loss, grads = module.loss_and_grad(params, *data)
        expected, truth = plain.loss_and_grad(params, *data)
        assert loss == expected
        assert all(np.array_equal(grads[name], truth[name]) for name in truth)
