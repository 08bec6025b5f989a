"""Storage: whose memory a step may write into, held by a simulation that knows nothing of liveness, and by numbers."""

from __future__ import annotations

import inspect
import types
from dataclasses import dataclass, field
from types import ModuleType

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from networks import ALL, point
from programs import polynomial_programs
from random_networks import networks

from symbprop.calculus.gradient import gradient
from symbprop.calculus.interpreter import FLOAT, interpret
from symbprop.calculus.program import Program, Role
from symbprop.emit import course as emission
from symbprop.language.source import Source
from symbprop.network.build import build
from symbprop.pipeline import compile_description, derive, read
from symbprop.schedule.plan import Alias, Map, Plan, Step, needs_of, reads_of, target_of
from symbprop.schedule.schedule import schedule


@dataclass
class Memory:
    """Blocks of memory, each holding the whole value of one tensor at a time."""

    plan: Plan
    block: dict[str, int] = field(default_factory=dict)
    content: dict[int, set[str]] = field(default_factory=dict)
    given: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        for tensor in self.plan.tensors.values():
            if tensor.role is not Role.VALUE:
                self.own(tensor.name)
                self.given.add(self.block[tensor.name])

    def own(self, name: str) -> None:
        self.block[name] = len(self.content)
        self.content[self.block[name]] = {name}

    def alive(self, name: str) -> bool:
        return name in self.block and name in self.content[self.block[name]]

    def run(self, step: Step) -> None:
        for name in needs_of(step):
            assert self.alive(name), f"{name} is read after its memory went to another"
        target = target_of(step)
        if isinstance(step, Alias):
            self.block[target] = self.block[step.read.tensor]
            self.content[self.block[target]].add(target)
        elif isinstance(step, Map) and step.reuse:
            self.check_in_place(step)
            self.block[target] = self.block[step.reuse]
            self.content[self.block[target]] = {target}
        elif target in self.block:
            assert self.alive(target), f"{target} is added to after its memory went to another"
            self.content[self.block[target]] = {target}
        else:
            self.own(target)
        assert self.block[target] not in self.given or isinstance(step, Alias), f"{target} is written into an argument"

    def check_in_place(self, step: Map) -> None:
        """In an expression of several operations, the first to write would change what a later one reads elsewhere."""
        block = self.block[step.reuse]
        assert block not in self.given, f"{step.target.tensor} is written into an argument"
        for read_access in step.reads:
            if self.block[read_access.tensor] == block:
                assert read_access.tensor == step.reuse
                assert read_access.index == step.target.index, (
                    f"{step.reuse} is read at other places than it is written"
                )


def simulate(plan: Plan) -> Memory:
    memory = Memory(plan)
    for step in plan.steps:
        memory.run(step)
    for name in plan.results:
        assert memory.alive(name), f"the result {name} was overwritten"
    return memory


def programs_of(text: str) -> list[tuple[Program, tuple[str, ...]]]:
    """The programs of the three functions of a module, and what each returns."""
    derived = derive(read(Source("net.yaml", text)))
    found = [(derived.forward, derived.forward.outputs)]
    if derived.gradient is not None:
        found.append((derived.gradient.program, derived.gradient.program.outputs))
    if derived.forward.loss is not None:
        found.append((derived.forward, (derived.forward.loss,)))
    return found


def loaded(text: str) -> ModuleType:
    source = Source("net.yaml", text)
    module = types.ModuleType("emitted")
    exec(compile(compile_description(read(source), source).source, "emitted", "exec"), module.__dict__)
    return module


# Values read both where they are written and elsewhere: transposed, shifted, along the diagonal.
ELSEWHERE = {
    "transposed": "exp(R[i, j]) * sin(R[j, i])",
    "transposed, subtracted": "sin(R[i, j]) - cos(R[j, i])",
    "transposed and squared": "R[i, j]^2 + 3 * R[j, i]",
    "a column": "exp(R[i, j]) + R[i, 0]",
    "the diagonal": "sin(R[i, j]) * R[i, i]",
    "reversed": "tanh(R[i, j]) + 2 * R[2 - i, j]",
}
TWICE = "formulas:\n  - R[i:3, j:3] = W[i, j]^2 + V[j]\n  - T[i, j] = {}\n  - L = sum((i, j), T[i, j]^2)\noutputs: [T]\nloss: L\n"


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_value_that_is_read_elsewhere_too_is_not_overwritten_in_place(name: str) -> None:
    text = TWICE.format(ELSEWHERE[name])
    module, program = loaded(text), build(read(Source("net.yaml", text))).program
    params, _ = point(module)
    truth = interpret(program, params, {}, FLOAT)
    assert program.loss is not None
    expected = np.reshape(list(truth["T"].values()), (3, 3))
    np.testing.assert_allclose(module.forward(params), expected, rtol=1e-13)
    np.testing.assert_allclose(module.loss(params), truth[program.loss][()], rtol=1e-13)
    np.testing.assert_allclose(module.loss_and_grad(params)[0], truth[program.loss][()], rtol=1e-13)
    for each, results in programs_of(text):
        simulate(schedule(each, results))


@pytest.mark.parametrize("reuse", [True, False])
@pytest.mark.parametrize("name", ALL)
def test_no_step_of_a_known_network_reads_what_is_gone(name: str, reuse: bool) -> None:
    for program, results in programs_of(ALL[name]):
        simulate(schedule(program, results, reuse=reuse))


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(networks())
def test_no_step_of_a_random_network_reads_what_is_gone(text: str) -> None:
    for program, results in programs_of(text):
        simulate(schedule(program, results))


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(polynomial_programs())
def test_no_step_of_a_random_program_reads_what_is_gone(program: Program) -> None:
    derived = gradient(program, [tensor.name for tensor in program.of(Role.PARAMETER)]).program
    for each, results in ((program, (str(program.loss),)), (derived, derived.outputs)):
        simulate(schedule(each, results))


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(networks())
def test_every_accumulation_has_something_to_add_to_and_every_first_write_is_none(text: str) -> None:
    for program, results in programs_of(text):
        started: set[str] = set()
        for step in schedule(program, results).steps:
            adds = getattr(step, "accumulate", False)
            assert not adds or target_of(step) in started
            started.add(target_of(step))
            assert all(name in started or program.tensors[name].role is not Role.VALUE for name in needs_of(step))


def in_its_own_storage(text: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    with monkeypatch.context() as patch:
        patch.setattr(emission, "schedule", lambda program, results: schedule(program, results, reuse=False))
        return loaded(text)


def test_storage_that_is_shared_and_storage_that_is_not_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    differ = 0

    @settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
    @given(networks())
    def same(text: str) -> None:
        nonlocal differ
        shared, apart = loaded(text), in_its_own_storage(text, monkeypatch)
        params, data = point(shared)
        with np.errstate(all="ignore"):
            loss, grads = shared.loss_and_grad(params, *data)
            other_loss, other = apart.loss_and_grad(params, *data)
        assert loss == other_loss
        assert all(np.array_equal(grads[name], other[name], equal_nan=True) for name in grads)
        # An array of the workspace is a name, so two texts may differ in names alone.
        codes = [inspect.unwrap(each.loss_and_grad).__code__ for each in (shared, apart)]
        differ += len({(code.co_code, code.co_names) for code in codes}) > 1

    same()
    assert differ > 10


def test_a_map_into_its_own_storage_reads_the_storage_it_takes() -> None:
    for text in ALL.values():
        for program, results in programs_of(text):
            for step in schedule(program, results).steps:
                if isinstance(step, Map) and step.reuse:
                    assert step.reuse in [access.tensor for access in reads_of(step)]
                    assert not step.accumulate
