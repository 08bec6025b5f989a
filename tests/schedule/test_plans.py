"""Plans: what runs, what starts its target, and whose storage may be overwritten."""

from __future__ import annotations

import pytest
from networks import ALL, MLP

from symbprop.language.source import Source
from symbprop.pipeline import derive, read
from symbprop.schedule.cost import cost_sheet
from symbprop.schedule.plan import Alias, Allocate, Contract, Map, Plan, needs_of, target_of
from symbprop.schedule.schedule import schedule


def plan_of(text: str, *, reuse: bool = True) -> Plan:
    gradient = derive(read(Source("net.yaml", text))).gradient
    assert gradient is not None
    return schedule(gradient.program, gradient.program.outputs, reuse=reuse)


@pytest.mark.parametrize("name", ALL)
def test_no_step_overwrites_what_is_still_needed(name: str) -> None:
    """An independent simulation: storage by storage, which tensor it holds when each step reads."""
    plan = plan_of(ALL[name])
    holds = {tensor: tensor for tensor in plan.tensors}
    home = {tensor: tensor for tensor in plan.tensors}
    seen = {tensor: tensor for tensor in plan.tensors}  # the tensor whose values each one shows
    for step in plan.steps:
        for source in needs_of(step):
            assert holds[home[source]] == seen[source], f"{source} was overwritten by {holds[home[source]]}"
        target = target_of(step)
        if isinstance(step, Alias):
            home[target] = home[step.read.tensor]
            seen[target] = seen[step.read.tensor]
        elif isinstance(step, Map) and step.reuse:
            home[target] = home[step.reuse]
            holds[home[target]] = target
    for result in plan.results:
        assert holds[home[result]] == seen[result]


@pytest.mark.parametrize("name", ALL)
def test_storage_of_the_caller_is_never_reused(name: str) -> None:
    plan = plan_of(ALL[name])
    assert not any(isinstance(step, Map) and step.reuse in plan.shared for step in plan.steps)


def test_storage_is_reused_where_it_can_be_and_not_where_it_is_switched_off() -> None:
    assert sum(isinstance(step, Map) and bool(step.reuse) for step in plan_of(MLP).steps) >= 3
    assert not any(isinstance(step, Map) and step.reuse for step in plan_of(MLP, reuse=False).steps)


@pytest.mark.parametrize("name", ALL)
def test_the_first_write_of_a_tensor_is_an_assignment(name: str) -> None:
    started: set[str] = set()
    for step in plan_of(ALL[name]).steps:
        if not isinstance(step, (Alias, Allocate)):
            assert step.accumulate == (target_of(step) in started) or not step.accumulate
        started.add(target_of(step))


def test_three_factors_are_contracted_in_pairs_the_cheap_way() -> None:
    text = "inputs: {x: {shape: [50]}}\nformulas:\n  - y[n] = sum((i, j), x[n, i] * A[i, j:40] * b[j])\n  - L = sum(n, y[n]^2)\n"
    derived = derive(read(Source("net.yaml", text)))
    plan = schedule(derived.forward, ("y",))
    contractions = [step for step in plan.steps if isinstance(step, Contract)]
    assert len(contractions) == 2
    # With 64 examples nominally, A b first costs 50·40, x A first 64·50·40.
    assert {contractions[0].left.tensor, contractions[0].right.tensor} == {"A", "b"}


@pytest.mark.parametrize(
    ("more", "each"),
    [
        ("use_bias: false", 2 * 5 * 3),
        ("use_bias: true", 2 * 5 * 3 + 3),
        ("use_bias: true, activation: sigmoid", 2 * 5 * 3 + 3 + 4 * 3),
    ],
)
def test_the_cost_sheet_counts_what_a_person_would(more: str, each: int) -> None:
    """For each example: a product of 5 by 3, an addition for each of 3 units,

    and 1 / (1 + exp(−z)) of each in four steps."""
    text = f"inputs: {{x: {{shape: [5]}}}}\ntargets: {{y: {{shape: [3]}}}}\nlayers: [{{dense: {{units: 3, {more}}}}}]\nloss: mean_squared_error\n"
    derived = derive(read(Source("net.yaml", text)))
    sheet = cost_sheet(derived.forward, schedule(derived.forward, derived.forward.outputs))
    assert str(sheet.operations) == f"{each}*N"
    assert sheet.parameters == 15 + (3 if "true" in more else 0)


def test_work_grows_linearly_with_depth() -> None:
    def steps(depth: int) -> int:
        layers = "  - dense: {units: 4, activation: tanh}\n" * depth
        text = f"inputs: {{x: {{shape: [4]}}}}\ntargets: {{y: {{shape: [4]}}}}\nlayers:\n{layers}loss: mean_squared_error\n"
        return len(plan_of(text).steps)

    few, many = steps(10), steps(100)
    assert abs((many - few) / 90 - (few - steps(1)) / 9) < 0.5
