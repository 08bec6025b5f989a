"""The workloads of ``benchmarks.speed`` at tiny sizes: they compile, and the hand-written gradients are the emitted ones."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from benchmarks.speed import naive
from benchmarks.speed.check import Differs, require_equal
from benchmarks.speed.earlier import read_runs
from benchmarks.speed.lines import dearest
from benchmarks.speed.page import rendered
from benchmarks.speed.report import Row
from benchmarks.speed.task import emitted, make_task, ours
from benchmarks.speed.workloads import (
    WORKLOADS,
    alone,
    classifier,
    deep,
    embedding,
    lenet,
    logistic,
    lstm,
    mlp,
    transformer,
    wide,
)
from symbprop.tuning.clock import Spread, interleave

TINY = {
    "mlp1": lambda: mlp(1, 3, 4),
    "mlp16": lambda: mlp(3, 4, 5),
    "keras32": lambda: classifier(3, 6, 5, 4),
    "keras256": lambda: classifier(5, 6, 5, 4),
    "mlp128": lambda: classifier(4, 6, 5, 3, 4),
    "deep100": lambda: deep(3, 4, 6),
    "lenet64": lambda: lenet(2, 16, (2, 3), (6, 5, 4)),
    "lstm50": lambda: lstm(3, 4, 2, 5, 3),
    "xfmr8": lambda: transformer(2, 3, 8, 2, 6),
    "logreg": lambda: logistic(7, 3),
    "wide256": lambda: wide(3, (4, 6, 5, 3)),
    "embedding": lambda: embedding(3, 4, 11, 5, 3),
    "layer_norm": lambda: alone("layer_normalization", 3, 6),
    "gelu": lambda: alone("gelu", 3, 6),
    "softmax": lambda: alone("softmax", 3, 6),
}


def test_every_workload_is_tried_here():
    assert set(TINY) == set(WORKLOADS)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", TINY)
def test_the_hand_written_gradient_is_the_emitted_one(name, dtype):
    pytest.importorskip("scipy")
    workload = TINY[name]()
    module = emitted(workload, dtype).module
    task = make_task(workload, module, dtype)
    own, hand = ours(task, module), naive.prepare(task)
    answer = own.answer(own.call())
    assert all(value.dtype == dtype for value in answer[1].values())
    require_equal("naive", hand.answer(hand.call()), answer, dtype)


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_workload_at_its_size_is_what_its_title_says(name):
    workload = WORKLOADS[name]()
    assert workload.title
    assert workload.description.startswith("name: ")
    assert workload.flops > 0 or workload.pulled


def test_a_wrong_gradient_is_not_timed():
    good = (1.0, {"W": np.ones(3), "b": np.ones(2)})
    require_equal("same", good, good, "float64")
    for loss, W, said in [
        (1.0, np.array([1, 1, 1 + 1e-8]), "differs"),
        (1.0, np.ones(3, "float32"), "float32"),
        (1.0, np.array([1, 1, np.nan]), "differs"),
        (1.1, np.ones(3), "loss"),
    ]:
        with pytest.raises(Differs, match=said):
            require_equal("other", (loss, {"W": W, "b": np.ones(2)}), good, "float64")
    with pytest.raises(Differs, match="gradients of"):
        require_equal("other", (1.0, {"W": np.ones(3)}), good, "float64")


def test_everybody_is_sampled_once_in_each_round():
    ticks = iter(range(10**9))
    times = interleave({"a": lambda: None, "b": lambda: None}, 0.0, clock=lambda: float(next(ticks)))
    assert len(times["a"]) == len(times["b"]) >= 5
    assert all((values > 0).all() for values in times.values())


def test_every_statement_of_the_gradient_has_its_time():
    workload = TINY["lstm50"]()
    made = emitted(workload, "float64")
    lines = dearest(make_task(workload, made.module, "float64"), made)
    assert any(".dot(" in line.text for line in lines)
    assert all(line.seconds >= 0 for line in lines)
    assert [line.seconds for line in lines] == sorted((line.seconds for line in lines), reverse=True)


def test_the_page_shows_each_row_and_says_when_nothing_is_measured():
    assert "None are kept here yet" in rendered([], [], {})
    spread = Spread(1e-6, 2e-6, 3e-6, 1e-6)
    row = Row(
        "a",
        "A workload",
        "float32",
        spread,
        0.5,
        {"jax": Spread(1, 2, 3, 1)},
        {"ours": 0.1, "jax": 1.0},
        {"torch": "no"},
    )
    page = rendered([row], ["jax", "torch"], {"threads": "1"})
    assert "| A workload | 2.0 | 50 % | 2.00 ± 1.00 | failed | 2.00 |" in page
    assert "| geometric mean |" in page


def test_peers_of_another_run_are_joined_to_the_first_ones_figures(tmp_path):
    spread = Spread(1e-6, 2e-6, 3e-6, 1e-6)
    first = Row(
        "a", "A", "float32", spread, 0.5, {"jax": Spread(1, 2, 3, 1)}, {"ours": 0.1, "jax": 1.0}, {"torch": "no"}
    )
    alone = replace(first, name="b", title="B")
    ratios = {"pytensor": Spread(4, 5, 6, 4), "jax": Spread(7, 8, 9, 7)}
    other = replace(first, ours=Spread(1, 1, 1, 1), ratios=ratios, first={"ours": 9.0, "pytensor": 3.0}, failed={})
    paths = []
    for name, rows in (("one", [first, alone]), ("two", [other])):
        paths.append(tmp_path / f"{name}.json")
        paths[-1].write_text(json.dumps({"around": {"run": name}, "rows": [asdict(row) for row in rows]}))
    rows, peers, around = read_runs(paths)
    expected = replace(first, ratios={**ratios, **first.ratios}, first={"ours": 0.1, "jax": 1.0, "pytensor": 3.0})
    assert rows == [expected, alone]
    assert peers == ["jax", "torch", "pytensor"]
    assert around == {"run": "one"}
