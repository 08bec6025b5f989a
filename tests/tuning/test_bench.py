"""``symbprop bench`` times the gradient of a description, and JAX differentiating the same formulas."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from networks import MLP

from symbprop.language.source import Source
from symbprop.pipeline import compile_description, read
from symbprop.tuning.traced import Untraceable, traceable

ROOT = Path(__file__).resolve().parents[2]
HAS_JAX = importlib.util.find_spec("jax") is not None
STEPS = "inputs: {x: {shape: [T, 3]}}\ntargets: {y: {shape: [4]}}\nlayers:\n  - simple_rnn: {units: 4}\nloss: mean_squared_error\n"


def bench(text: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, for an eighth of a second."""
    (folder / "net.yaml").write_text(text, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "symbprop", "bench", "net.yaml", "--seconds", "0.1", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf8"}, cwd=folder,
        capture_output=True, text=True, timeout=240, encoding="utf-8",
    )  # fmt: skip


def report(text: str, folder: Path, *arguments: str) -> dict[str, Any]:
    """What it says as JSON."""
    done = bench(text, folder, "--json", *arguments)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_it_reports_time_speed_and_memory_at_the_sizes_that_were_asked_for(tmp_path: Path) -> None:
    found = report(MLP, tmp_path, "--batch", "512", "--dtype", "float32", "--memory", "--no-peers")
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


def test_every_free_size_can_be_chosen(tmp_path: Path) -> None:
    found = report(STEPS, tmp_path, "--batch", "4", "--size", "T=7", "--no-peers")
    assert found["sizes"] == {"N": 4, "T": 7}
    assert found["products"] > report(STEPS, tmp_path, "--batch", "4", "--size", "T=3", "--no-peers")["products"]


def test_a_description_without_a_loss_has_nothing_to_time(tmp_path: Path) -> None:
    done = bench("inputs: {x: {shape: [3]}}\nlayers:\n  - dense: {units: 2}\n", tmp_path)
    assert done.returncode == 2
    assert "add a loss" in done.stderr


@pytest.mark.skipif(not HAS_JAX, reason="JAX is not installed")
def test_jax_differentiates_the_same_formulas_to_the_same_gradient(tmp_path: Path) -> None:
    found = report(MLP, tmp_path, "--batch", "8")  # another gradient would be a reason, in words
    assert found["peers"]["jax"] > 0
    assert found["times"]["jax"]["median"] > 0
    shown = bench(MLP, tmp_path).stdout
    assert "times ours" in shown
    assert "PyTorch, autograd, PyTensor left out" in shown


@pytest.mark.skipif(not HAS_JAX, reason="JAX is not installed")
def test_a_peer_that_cannot_trace_says_why(tmp_path: Path) -> None:
    noisy = MLP.replace("layers:\n", "layers:\n  - dropout: {rate: 0.5}\n")
    assert "state, noise or modes" in report(noisy, tmp_path)["peers"]["jax"]


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
