"""Shapes that cannot be: bytes counted before any is taken, circles printed as circles, misfits with both sides named."""

from __future__ import annotations

from pathlib import Path

import pytest
from networks import MLP
from refusal import refused
from warm import Warm

HEAD = "inputs: {a: {shape: [3]}, b: {shape: [4]}}\ntargets: {y: {shape: [3]}}\n"
IMAGE = "inputs: {x: {shape: [4, 4, 1]}}\nlayers: "

HUGE = {
    "an input": (MLP.replace("[6]", "[99999999999999]"), "more than 2^40 elements"),
    "a product of sizes": (MLP.replace("[6]", "[1000000, 1000000, 1000000]"), "more than 2^40 elements"),
    "filters": (IMAGE + "[{conv2d: {filters: 20000000000000, kernel_size: 3}}]\n", "more than 2^40 elements"),
    "padding": (IMAGE + "[{zero_padding2d: {padding: 10000000000}}]\n", "more than 2^40 elements"),
    "up-sampling": (IMAGE + "[{up_sampling2d: {size: 10000000000}}]\n", "more than 2^40 elements"),
    "a sum": ("formulas: 'L = sum(i:1000000000000000000000000, x[i]^2)'\n", "more than 2^40 elements"),
    "a coordinate": ("formulas: 'L = sum(i:3, x[2 * i + 10^30])'\n", "more than 2^40 elements"),
    "units": (MLP.replace("units: 5", "units: 100000000000"), "verifying takes at least"),
    "a kernel": (MLP.replace("[6]", "[1000000]").replace("units: 5", "units: 1000000"), "14.6 TB"),
    "a repetition": ("inputs: {x: {shape: [4]}}\nlayers: [{repeat_vector: {n: 100000000000}}]\n", "verifying takes at least"),
}  # fmt: skip

CIRCLES = {
    "of three": ("nodes:\n  a: {add: {}, inputs: [x, c]}\n  b: {tanh: {}, inputs: [a]}\n  c: {tanh: {}, inputs: [b]}\n", "a → c → b → a"),
    "of one": ("nodes:\n  a: {add: {}, inputs: [x, a]}\n", "a → a"),
    "of shares": ("nodes:\n  p: {dense: {units: 3, share: q}, inputs: [x]}\n  q: {dense: {units: 3, share: p}, inputs: [p]}\n", "→"),
}  # fmt: skip

MISFITS = {
    "two layers": (
        HEAD + "nodes:\n  first: {dense: {units: 3}, inputs: [a]}\n  second: {dense: {units: 4}, inputs: [b]}\n"
        "  both: {add: {}, inputs: [first, second]}\nloss: mean_squared_error\n",
        ("'add'", "first [N, 3]", "second [N, 4]"),
    ),
    "a target": (
        HEAD + "nodes:\n  out: {dense: {units: 5}, inputs: [a]}\nloss: mean_squared_error\n",
        ("'mean_squared_error'", "out [N, 5]", "y [N, 3]"),
    ),
    "a shared kernel": (
        HEAD + "nodes:\n  first: {dense: {units: 3}, inputs: [a]}\n  second: {dense: {units: 3}, inputs: [b], share: first}\n"
        "  both: {add: {}, inputs: [first, second]}\nloss: mean_squared_error\n",
        ("'dense'", "b [N, 4]", "W [3, 3]"),
    ),
    "more classes than outputs": (MLP.replace("classes: 4", "classes: 10"), ("positions 0 to 9", "[N, 4]")),
    "a window too wide": (IMAGE + "[{conv2d: {filters: 2, kernel_size: 7}}]\n", ("'conv2d'", "x [N, 4, 4, 1]")),
    "a stride of nothing": (IMAGE + "[{conv2d: {filters: 2, kernel_size: 3, strides: 0}}]\n", ("'conv2d'", "divides by zero")),
    "another number of elements": (HEAD.split("b:")[0][:-2] + "}\nlayers: [{reshape: {target_shape: [4, 2]}}]\n", ("'reshape'", "a [N, 3]")),
    "an input of no layer": (HEAD + "nodes:\n  out: {dense: {units: 3}, inputs: [c]}\n", ("no input or layer named 'c'", "known here")),
    "a read outside": ("formulas: 'L = sum(i:3, x[i - 1])'\n", ("positions -1 to 1",)),
}  # fmt: skip


@pytest.mark.parametrize("what", HUGE)
def test_what_would_not_fit_is_told_before_anything_is_allocated(what: str, warm: Warm, tmp_path: Path) -> None:
    text, words = HUGE[what]
    ended = refused(warm, tmp_path, text, words)
    assert ended.peak < 200e6


@pytest.mark.parametrize("what", CIRCLES)
def test_a_circle_is_printed_as_one(what: str, warm: Warm, tmp_path: Path) -> None:
    text, circle = CIRCLES[what]
    refused(warm, tmp_path, "inputs: {x: {shape: [3]}}\n" + text, circle)


def test_a_circle_of_formulas_is_printed_as_one(warm: Warm, tmp_path: Path) -> None:
    refused(warm, tmp_path, "formulas: 'a = b + x; b = a * 2; L = a^2'\n", "a → b → a")


@pytest.mark.parametrize("what", MISFITS)
def test_a_misfit_names_the_layer_and_both_shapes(what: str, warm: Warm, tmp_path: Path) -> None:
    text, words = MISFITS[what]
    for each in words:
        refused(warm, tmp_path, text, each)


def test_memory_that_runs_out_is_told_in_one_line(warm: Warm, tmp_path: Path) -> None:
    """Half a gigabyte of address space, and a module that verifies in more."""
    (tmp_path / "net.yaml").write_text("formulas: 'L = sum(i:40000000, x[i]^2)'\n")
    ended = warm.run(tmp_path, "compile", "net.yaml", "-o", "out", bytes=900 << 20, seconds=60)
    assert ended.status in (1, 2), ended.stderr
    assert "memory" in ended.stderr or "Unable to allocate" in ended.stderr + ended.stdout
    assert "Traceback" not in ended.stderr
    assert list((tmp_path / "out").iterdir()) == []
