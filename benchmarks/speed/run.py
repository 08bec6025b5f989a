"""The command: each workload in each dtype, checked, timed, printed as it comes."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict

import numpy as np

from benchmarks.speed import naive, peers
from benchmarks.speed.check import Differs, require_equal
from benchmarks.speed.measure import Spread, interleave, sample
from benchmarks.speed.options import Options
from benchmarks.speed.report import Row, as_text, first_calls, table
from benchmarks.speed.surroundings import described
from benchmarks.speed.task import Contestant, Emitted, Task, emitted, make_task, ours
from benchmarks.speed.workloads import WORKLOADS, Workload

Prepare = Callable[[Task], Contestant]


def say(text: str) -> None:
    """Progress, which is not the result."""
    print(text, file=sys.stderr, flush=True)


def run(given: Options) -> None:
    """What the command line asked for."""
    around = described(given.threads)
    say(", ".join(f"{name}: {value}" for name, value in around.items()))
    chosen = {name: WORKLOADS[name]() for name in given.only or WORKLOADS}
    against = peers.find(tuple(peer for peer in given.peers if peer != "naive"), say)
    if "naive" in given.peers:
        against["naive"] = naive.prepare
    limits = {dtype: gemm_speed(dtype) for dtype in given.dtypes}
    rows = []
    for name, workload in chosen.items():
        made = emitted(workload)
        for dtype in given.dtypes:
            rows.append(measured(name, workload, made, dtype, against, given.seconds, limits[dtype]))
            say(as_text(table(rows[-1:], dtype, list(against))[:2]))
    for dtype in given.dtypes:
        print(f"\n{dtype}: time of each peer divided by ours; above 1, ours is faster\n")
        print(as_text(table(rows, dtype, list(against))))
        print("\nfirst call, seconds\n")
        print(as_text(first_calls(rows, dtype, list(against))))
    if given.json:
        given.json.write_text(json.dumps({"around": around, "rows": [asdict(row) for row in rows]}, indent=1))


def measured(
    name: str,
    workload: Workload,
    made: Emitted,
    dtype: str,
    against: Mapping[str, Prepare],
    seconds: float,
    speed: float,
) -> Row:
    """One row: every contestant checked against ours in float64, then timed in turns with the others."""
    truth = _truth(workload, made)
    task = make_task(workload, made.module, dtype)
    contestants = {"ours": ours(task, made.module)}
    require_equal("ours", contestants["ours"].answer(contestants["ours"].call()), truth, dtype)
    first, failed = {"ours": made.compiling + made.importing}, {}
    for peer, prepare in against.items():
        start = time.perf_counter()
        try:
            contestant = prepare(task)
            result = contestant.call()
            first[peer] = time.perf_counter() - start
            require_equal(peer, contestant.answer(result), truth, dtype)
            contestants[peer] = contestant
        except Differs as error:
            failed[peer] = str(error)
        except Exception as error:  # a peer that cannot is a finding, not the end
            failed[peer] = f"{type(error).__name__}: {error}"
        if peer in failed:
            say(f"{name} {dtype} {peer}: {failed[peer][:300]}")
    times = interleave({who: contestant.call for who, contestant in contestants.items()}, seconds)
    ratios = {who: Spread.of(values / times["ours"]) for who, values in times.items() if who != "ours"}
    limit = workload.flops / speed / float(np.median(times["ours"]))
    return Row(name, workload.title, dtype, Spread.of(times["ours"]), limit, ratios, first, failed)


def _truth(workload: Workload, made: Emitted) -> tuple[float, dict[str, np.ndarray]]:
    exact = ours(make_task(workload, made.module, "float64"), made.module)
    return exact.answer(exact.call())


def gemm_speed(dtype: str) -> float:
    """Operations a second of a large product."""
    size = 1024
    a = np.ones((size, size), dtype)
    out = np.empty_like(a)
    times = [sample(lambda: a.dot(a, out), 1) for _ in range(8)]
    return 2 * size**3 / min(times)
