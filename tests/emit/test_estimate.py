"""The cost model counts what the emitted text does, and its times grow as they must."""

from __future__ import annotations

import ast
import json
from dataclasses import asdict, fields, replace

import numpy as np
import pytest
from networks import ALL, MLP

from benchmarks.speed.workloads import classifier, deep, lstm, mlp, transformer
from symbprop.emit.estimate import Cost
from symbprop.language.source import Source
from symbprop.pipeline import Derived, compile_description, derive, read
from symbprop.schedule.machine import REFERENCE, Machine, read_machine
from symbprop.tuning.expected import expected, free_sizes


def derived(text: str) -> Derived:
    return derive(read(Source("net.yaml", text)))


def cost(text: str, batch: int = 32, dtype: str = "float32", machine: Machine = REFERENCE) -> Cost:
    network = derived(text)
    return expected(network, dict.fromkeys(free_sizes(network), batch), machine, dtype).whole


def calls_in(text: str) -> int:
    """The calls of NumPy on arrays, and the in-place operators, in the text of the gradient."""
    source = Source("net.yaml", text)
    module = ast.parse(compile_description(read(source), source).source)
    (function,) = (each for each in module.body if isinstance(each, ast.FunctionDef) and each.name == "loss_and_grad")
    found = 0
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("np."):
            found += ast.unparse(node.func) not in ("np.arange", "np.asarray")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            found += node.func.attr in ("copy", "dot", "argmax")
        found += isinstance(node, ast.Subscript) and "numbers" in ast.unparse(node.slice)  # places that integers choose
        found += isinstance(node, ast.AugAssign)
    return found


@pytest.mark.parametrize("name", ALL)
def test_the_model_counts_about_the_calls_that_the_text_has(name: str) -> None:
    text = ALL[name]
    network = derived(text)
    source = Source("net.yaml", text)
    if (
        "\n    for "
        in compile_description(read(source), source).source.split("def loss_and_grad")[1].split("\ndef ")[0]
    ):
        pytest.skip("its gradient has a loop, whose lines run often")
    modelled = sum(
        each.calls
        for each in expected(network, dict.fromkeys(free_sizes(network), 8), REFERENCE, "float64").tensors.values()
    )
    assert modelled == pytest.approx(calls_in(text), rel=0.15, abs=3)


def test_calls_of_a_loop_are_counted_once_a_step() -> None:
    text = "inputs: {{x: {{shape: [{}, 3]}}}}\ntargets: {{y: {{shape: [4]}}}}\nlayers:\n  - simple_rnn: {{units: 4}}\nloss: mean_squared_error\n"
    few, more, most = (cost(text.format(steps)).calls for steps in (10, 20, 30))
    assert most - more == more - few
    assert (more - few) % 10 == 0
    assert more - few >= 40


@pytest.mark.parametrize(
    "workload", [mlp(16), classifier(32, 784, 256, 128, 10), deep(8, 16, 5), lstm(4, 6, 3, 5, 3), transformer(2, 8, 16, 2, 32)],
    ids=["mlp", "classifier", "deep", "lstm", "transformer"],
)  # fmt: skip
def test_the_operations_of_products_are_those_a_person_counts(workload: object) -> None:
    """The benchmark counts them by hand, of the products of layers alone: sums with ones are none of them."""
    description, flops = workload.description, workload.flops  # type: ignore[attr-defined]
    batch = len(next(iter(workload.data(np.random.default_rng(0)).values())))  # type: ignore[attr-defined]
    assert cost(description, batch).products == pytest.approx(flops, rel=0.06)


def test_time_grows_with_the_batch_and_with_the_width_of_numbers() -> None:
    times = [cost(MLP, batch).seconds for batch in (1, 10, 100, 1000, 10000)]
    assert times == sorted(times)
    assert times[1] < 1.2 * times[0]  # calls alone
    assert 5 < times[4] / times[3] < 15  # elements alone
    assert cost(MLP, 1000, "float64").seconds > cost(MLP, 1000).seconds


def test_every_constant_that_a_gradient_needs_moves_its_time() -> None:
    """A constant that nothing reads would be no part of the model: each makes some network slower."""
    texts = [*ALL.values(), transformer(2, 4, 8, 2, 8).description, lstm(2, 3, 2, 4, 3).description]
    texts.append("name: lenet\ninputs: {x: {shape: [8, 8, 1]}}\ntargets: {label: {shape: [], dtype: int, classes: 3}}\nlayers:\n"
                 "  - conv2d: {filters: 2, kernel_size: 3, activation: gelu}\n  - max_pooling2d: {pool_size: 3, strides: 1}\n  - flatten\n"
                 "  - dense: {units: 3, activation: softmax}\nloss: sparse_categorical_crossentropy\n")  # fmt: skip
    texts.append("inputs: {ids: {shape: [4], dtype: int, classes: 50000}}\ntargets: {y: {shape: [2]}}\nlayers:\n  - embedding: {input_dim: 50000, output_dim: 2}\n"
                 "  - formula: \"z[n, t, k] = sin(x[n, t, k]) * (2 + x[n, t, k]^2)^1.3 + log(2 + x[n, t, k]^2) / (1 + w[k]^2)\"\n"
                 "  - global_average_pooling1d\nloss: mean_squared_error\n")  # fmt: skip
    networks = [derived(text) for text in texts]
    sizes = [dict.fromkeys(free_sizes(each), 4096) for each in networks]
    before = [
        expected(each, size, REFERENCE, "float64").whole.seconds for each, size in zip(networks, sizes, strict=True)
    ]
    moved = set()
    for field in fields(Machine):
        value = getattr(REFERENCE, field.name)
        if field.name == "source":
            continue
        slower = field.name in ("gemm", "streamed", "fresh")
        factor = 1e-3 if slower else 1e3
        changed = (
            1
            if field.name == "cache"
            else tuple(factor * each for each in value)
            if isinstance(value, tuple)
            else factor * value
        )
        machine = replace(REFERENCE, **{field.name: changed})
        after = [
            expected(each, size, machine, "float64").whole.seconds for each, size in zip(networks, sizes, strict=True)
        ]
        assert all(b >= a for a, b in zip(before, after, strict=True)), field.name
        if any(b > a for a, b in zip(before, after, strict=True)):
            moved.add(field.name)
    assert moved == {each.name for each in fields(Machine)} - {"source"}


def test_a_table_is_read_as_it_was_written() -> None:
    assert read_machine(REFERENCE.to_json()) == REFERENCE


@pytest.mark.parametrize(
    "change",
    [{"call": "fast"}, {"call": 0}, {"plain": [0.1]}, {"plain": 0.1}, {"gemm": [1, -1]}, {"more": 1}, {"call": True}],
)
def test_a_table_with_a_constant_that_is_none_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"table|above 0"):
        read_machine(json.dumps({**asdict(REFERENCE), **change}))


def test_what_is_alive_at_once_is_found_by_going_through_the_steps() -> None:
    """One dense layer: its output and its cotangent, which may share storage, and the results."""
    text = "inputs: {x: {shape: [3]}}\ntargets: {y: {shape: [5]}}\nlayers:\n  - dense: {units: 5, use_bias: false}\nloss: mean_squared_error\n"
    network = derived(text)
    least = expected(network, {"N": 100}, REFERENCE, "float64").least
    assert 8 * 100 * 5 <= least <= 8 * (2 * 100 * 5 + 3 * 5 + 2)
