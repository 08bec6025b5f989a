"""``symbprop bench`` times the gradient of a description, and JAX differentiating the same formulas."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from networks import MLP
from warm import Ended, Warm

from symbprop.language.source import Source
from symbprop.pipeline import compile_description, read
from symbprop.tuning.traced import Untraceable, traceable

HAS_JAX = importlib.util.find_spec("jax") is not None
STEPS = "inputs: {x: {shape: [T, 3]}}\ntargets: {y: {shape: [4]}}\nlayers:\n  - simple_rnn: {units: 4}\nloss: mean_squared_error\n"


Bench = Callable[..., Ended]


@pytest.fixture
def bench(warm: Warm, tmp_path: Path) -> Bench:
    """The command in a process of its own, for a tenth of a second."""

    def command(text: str, *arguments: str) -> Ended:
        (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
        return warm.run(tmp_path, "bench", "net.yaml", "--seconds", "0.1", *arguments, seconds=240, bytes=0)

    return command


def report(ended: Ended) -> dict[str, Any]:
    """What it said as JSON."""
    assert ended.status == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def test_it_reports_time_speed_and_memory_at_the_sizes_that_were_asked_for(bench: Bench) -> None:
    found = report(bench(MLP, "--json", "--batch", "512", "--dtype", "float32", "--memory", "--no-peers"))
    assert (found["sizes"], found["dtype"], found["threads"]) == ({"N": 512}, "float32", 1)
    time = found["times"]["symbprop"]
    assert 0 < time["least"] <= time["low"] <= time["median"] <= time["high"]
    assert found["products"] == 512 * (2 * 60 + 3 * 40)
    assert 0 < found["limit"] < 1
    assert found["compiling"] > found["importing"] > 0
    memory = found["memory"]
    # Everything that is alive at once has to be somewhere; h and the logits alone are 512 · (5 + 4) numbers.
    assert memory["first"] >= memory["least"] >= 512 * 9 * 4
    assert memory["later"] < memory["first"]
    assert found["peers"] == {}


def test_every_free_size_can_be_chosen(bench: Bench) -> None:
    found = report(bench(STEPS, "--json", "--batch", "4", "--size", "T=7", "--no-peers"))
    assert found["sizes"] == {"N": 4, "T": 7}
    assert found["products"] > report(bench(STEPS, "--json", "--batch", "4", "--size", "T=3", "--no-peers"))["products"]


def test_a_description_without_a_loss_has_nothing_to_time(bench: Bench) -> None:
    done = bench("inputs: {x: {shape: [3]}}\nlayers:\n  - dense: {units: 2}\n")
    assert done.status == 2
    assert "add a loss" in done.stderr


@pytest.mark.skipif(not HAS_JAX, reason="JAX is not installed")
def test_jax_differentiates_the_same_formulas_to_the_same_gradient(bench: Bench) -> None:
    found = report(bench(MLP, "--json", "--batch", "8"))  # another gradient would be a reason, in words
    assert found["peers"]["jax"] > 0
    assert found["times"]["jax"]["median"] > 0
    shown = bench(MLP).stdout
    assert "times ours" in shown
    assert "PyTorch, autograd, PyTensor left out" in shown


@pytest.mark.skipif(not HAS_JAX, reason="JAX is not installed")
def test_a_peer_that_cannot_trace_says_why(bench: Bench) -> None:
    noisy = MLP.replace("layers:\n", "layers:\n  - dropout: {rate: 0.5}\n")
    assert "state, noise or modes" in report(bench(noisy, "--json"))["peers"]["jax"]


def test_what_is_traced_writes_nothing_in_place() -> None:
    source = Source("net.yaml", STEPS)
    text = traceable(compile_description(read(source), source).source, "jax.numpy")
    assert "out=" not in text
    assert "+=" not in text
    assert "_arguments" not in text
    assert ".at[" in text


def test_a_statement_that_has_no_value_of_its_own_is_not_traced() -> None:
    text = "def loss(params, x):\n    dtype, arrays, sizes = _arguments(params, {})\n    np.add.at(x, 1, 2)\n    return x\n"
    with pytest.raises(Untraceable, match="for its effect"):
        traceable(text, "jax.numpy")
