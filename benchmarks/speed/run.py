"""The command: what was asked for is measured and printed as it comes."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict

from benchmarks.speed import naive, peers
from benchmarks.speed.contest import Contest, product_speed
from benchmarks.speed.earlier import read_runs
from benchmarks.speed.fresh import fresh
from benchmarks.speed.lines import dearest, shown
from benchmarks.speed.memory import measure_memory
from benchmarks.speed.options import Options
from benchmarks.speed.page import write_page
from benchmarks.speed.report import Row, as_text, first_calls, table
from benchmarks.speed.scaling import draw, measure_scaling
from benchmarks.speed.surroundings import described
from benchmarks.speed.task import emitted, fast, make_task, ours
from benchmarks.speed.workloads import WORKLOADS


def say(text: str) -> None:
    """Progress, which is not the result."""
    print(text, file=sys.stderr, flush=True)


def run(given: Options) -> None:
    """What the command line asked for. Exits with 2 if it names no workload."""
    around = described(given.threads)
    say(", ".join(f"{name}: {value}" for name, value in around.items()))
    names = given.only or tuple(WORKLOADS)
    unknown = [name for name in names if name not in WORKLOADS]
    if unknown:
        say(f"no workload is named {', '.join(unknown)}; there are {', '.join(WORKLOADS)}")
        raise SystemExit(2)
    if given.page:
        write_page(*read_runs(given.page))
    elif given.lines:
        report_lines(names, given.dtypes)
    elif given.memory:
        report_memory(names, given.dtypes)
    elif given.compile:
        report_compiling(names, given.dtypes, "jax" in peers.find(("jax",), say))
    elif given.scaling:
        draw(measure_scaling(given.seconds, say))
    else:
        report_speed(names, given, around)


def report_speed(names: tuple[str, ...], given: Options, around: dict[str, str]) -> None:
    """The table, and where asked its file and the page."""
    against = peers.find(tuple(peer for peer in given.peers if peer not in ("naive", "fast")), say)
    if "naive" in given.peers:
        against["naive"] = naive.prepare
    if "fast" in given.peers:
        against["fast"] = fast
    clock = time.process_time if given.cpu else time.perf_counter
    speed = {dtype: product_speed(dtype, clock) for dtype in given.dtypes}
    contest = Contest(against, given.seconds, clock, speed, say)
    rows: list[Row] = []
    for name in names:
        rows += contest.rows(name, given.dtypes)
        for row in rows[-len(given.dtypes) :]:
            say(as_text(table([row], row.dtype, list(against))[:2]))
    for dtype in given.dtypes:
        print(f"\n{dtype}: time of each peer divided by ours; above 1, ours is faster\n")
        print(as_text(table(rows, dtype, list(against))))
        print(f"\n{dtype}: first gradient, seconds\n")
        print(as_text(first_calls(rows, dtype, list(against))), flush=True)
    if given.json:
        given.json.write_text(json.dumps({"around": around, "rows": [asdict(row) for row in rows]}, indent=1))
    if given.write:
        write_page(rows, list(against), around, processor_time=given.cpu)


def report_lines(names: tuple[str, ...], dtypes: tuple[str, ...]) -> None:
    """The dearest lines of each module."""
    for name in names:
        for dtype in dtypes:
            made = emitted(WORKLOADS[name](), dtype)
            task = make_task(WORKLOADS[name](), made.module, dtype)
            print(shown(name, dtype, dearest(task, made)), flush=True)


def report_memory(names: tuple[str, ...], dtypes: tuple[str, ...]) -> None:
    """Peak memory, ours and the naive gradient's."""
    lines = [["workload", "dtype", "given, MB", "gradients, MB", "peak, MB", "naive peak, MB"]]
    for name in names:
        for dtype in dtypes:
            module = emitted(WORKLOADS[name](), dtype).module
            task = make_task(WORKLOADS[name](), module, dtype)
            own = measure_memory(task, ours(task, module))
            hand = measure_memory(task, naive.prepare(task))
            figures = (own.given, own.gradients, own.peak, hand.peak)
            lines.append([name, dtype, *(f"{figure / 1e6:.3f}" for figure in figures)])
    print(as_text(lines))


def report_compiling(names: tuple[str, ...], dtypes: tuple[str, ...], with_jax: bool) -> None:
    """Seconds from the description to the emitted file, in a fresh process each; NumPy is loaded before the import."""
    lines = [
        [
            "workload",
            "dtype",
            "compile, s",
            "import, ms",
            "import again, ms",
            "first call, ms",
            "JAX trace + compile, s",
        ]
    ]
    for name in names:
        for dtype in dtypes:
            own = fresh(name, dtype)
            theirs = f"{fresh(name, dtype, 'jax')['compile']:.2f}" if with_jax else "–"
            parts = (f"{1000 * own[part]:.1f}" for part in ("import", "import again", "call"))
            lines.append([name, dtype, f"{own['compile']:.2f}", *parts, theirs])
            say("  ".join(lines[-1]))
    print(as_text(lines))
