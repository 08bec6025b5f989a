"""Loss and outputs of a module against index loops: what a gradient that agrees with its own loss does not show."""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from networks import ALL

import symbprop.deliver
from symbprop.deliver import NotVerifiedError, compile_to
from symbprop.faithful import Comparison, compare
from symbprop.language.source import Source
from symbprop.pipeline import Result, compile_description, read
from symbprop.verify.effort import EFFORTS
from symbprop.verify.module import verify_module

MOST = EFFORTS["normal"].interpreted
LSTM = """
inputs: {x: {shape: [T, 3]}}
targets: {y: {shape: [4]}}
layers: [{lstm: {units: 4}}]
loss: mean_squared_error
"""
POOL = """
inputs: {x: {shape: [5, 5, 2]}}
targets: {y: {shape: [3]}}
layers: [{conv2d: {filters: 2, kernel_size: 3, padding: same}}, {max_pooling2d: {pool_size: 2, padding: same}}, flatten, {dense: {units: 3}}]
loss: mean_squared_error
"""
BOTH_MODES = """
inputs: {x: {shape: [3]}}
targets: {y: {shape: [2]}}
layers: [{dense: {units: 4}}, batch_normalization, {dropout: {rate: 0.3}}, {dense: {units: 2, name: last}}]
loss: mean_squared_error
"""


def made(text: str) -> Result:
    source = Source("net.yaml", text)
    return compile_description(read(source), source)


def module_of(text: str) -> types.ModuleType:
    module = types.ModuleType("emitted")
    exec(compile(text, "emitted", "exec"), module.__dict__)
    return module


def compared(text: str, change: Callable[[str], str] = str) -> tuple[types.ModuleType, Comparison]:
    result = made(text)
    module = module_of(change(result.source))
    return module, compare(module, result.derived.network, MOST)


@pytest.mark.parametrize("name", ALL)
def test_an_honest_module_computes_what_its_description_says(name: str) -> None:
    _, found = compared(ALL[name])
    assert found.reason == ""
    assert found.wrong == ()
    assert max(found.errors.values()) < 1e-13


@pytest.mark.parametrize("text", [LSTM, BOTH_MODES, POOL], ids=["a loop", "state, noise and modes", "reads outside"])
def test_loops_and_modes_too(text: str) -> None:
    module, found = compared(text)
    assert (found.reason, found.wrong) == ("", ())
    assert len(found.errors) == 1 + len(module.OUTPUTS)


def last_step_first(text: str) -> str:
    """The whole module reads its sequence from the end: loss and gradient go astray together."""
    return text.replace(" = arrays\n", " = arrays\n    x = x[:, ::-1]\n")


def a_sum(text: str) -> str:
    """A sum where the description has a mean, in loss and gradient alike."""
    return text.replace(" / N", " / 1")


def another_function_in_forward(text: str) -> str:
    """The outputs alone, of which there is no gradient."""
    start, end = text.index("def forward("), text.index("def loss(")
    return text[:start] + text[start:end].replace("np.tanh(", "np.arctan(") + text[end:]


ASTRAY = {
    "the last step first": (LSTM, last_step_first, {"L", "y_2"}),
    "a sum for a mean": (ALL["mlp"], a_sum, {"L"}),
    "another function in forward": (ALL["mlp"], another_function_in_forward, {"p"}),
}


@pytest.mark.parametrize("bug", ASTRAY)
def test_what_agrees_with_its_own_loss_and_not_with_the_description_is_seen(bug: str) -> None:
    text, change, wrong = ASTRAY[bug]
    module, found = compared(text, change)
    assert verify_module(module, effort="quick").passed
    assert {sentence.split()[0] for sentence in found.wrong} == wrong


def test_such_a_module_is_not_handed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    source = Source("net.yaml", "name: net\n" + ALL["mlp"])
    honest = symbprop.deliver.compile_description

    def astray(*arguments: object, **named: object) -> Result:
        result = honest(*arguments, **named)  # type: ignore[arg-type]
        return replace(result, source=a_sum(result.source))

    assert compile_to(read(source), source, tmp_path)[1].path.exists()
    kept = (tmp_path / "net.py").read_bytes()
    monkeypatch.setattr(symbprop.deliver, "compile_description", astray)
    with pytest.raises(NotVerifiedError, match="index loops over the formulas"):
        compile_to(read(source), source, tmp_path)
    assert (tmp_path / "net.py").read_bytes() == kept


def test_a_larger_network_is_not_interpreted_and_that_is_said() -> None:
    result = made(ALL["mlp"])
    found = compare(module_of(result.source), result.derived.network, 10)
    assert found.errors == {}
    assert "more than 10" in found.describe()
