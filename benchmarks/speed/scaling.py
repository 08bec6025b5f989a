"""How the times and the memory of emitted modules grow with depth, width, batch and steps, as a picture in docs/."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.speed.memory import measure_memory
from benchmarks.speed.task import emitted, make_task, ours
from benchmarks.speed.workloads import Workload, classifier, deep, lstm
from symbprop.tuning.clock import interleave

PICTURE = Path(__file__).parents[2] / "docs" / "speed_scaling.png"
DTYPE = "float32"
WHAT = ("compile, s", "gradient, ms", "peak memory, MB")


@dataclass(frozen=True, slots=True)
class Curve:
    """A size that grows, and the workload of each."""

    title: str
    sizes: tuple[int, ...]
    make: Callable[[int], Workload]


CURVES = (
    Curve("depth: layers of 64 tanh", (1, 3, 10, 30, 100, 300), lambda size: deep(32, 64, size)),
    Curve("width: n-n-n-10, batch 64", (16, 64, 256, 1024, 2048), lambda size: classifier(64, size, size, size, 10)),
    Curve("batch: 784-256-128-10", (1, 8, 64, 512, 4096), lambda size: classifier(size, 784, 256, 128, 10)),
    Curve("T: LSTM 32→64, batch 32", (1, 4, 16, 64, 256, 1024), lambda size: lstm(32, size)),
)
Points = dict[str, list[tuple[int, float, float, float]]]


def measure_scaling(seconds: float, say: Callable[[str], None], curves: tuple[Curve, ...] = CURVES) -> Points:
    """For each curve its points: size, and what is in ``WHAT``. ``seconds`` of timing for each point."""
    found: Points = {curve.title: [] for curve in curves}
    for curve in curves:
        for size in curve.sizes:
            workload = curve.make(size)
            made = emitted(workload, DTYPE)
            task = make_task(workload, made.module, DTYPE)
            contestant = ours(task, made.module)
            taken = interleave({"ours": contestant.call}, seconds, time.process_time)["ours"].min()
            peak = measure_memory(task, contestant).peak
            found[curve.title].append((size, made.compiling, 1e3 * float(taken), peak / 1e6))
            say(
                f"{curve.title}: {size}: "
                + ", ".join(f"{v:.3g} {w}" for v, w in zip(found[curve.title][-1][1:], WHAT, strict=True))
            )
    return found


def draw(points: Points, file: Path = PICTURE) -> None:
    """A row of three pictures for each curve."""
    mpl.use("Agg")
    figure = Figure(figsize=(11, 2.6 * len(points)), layout="constrained")
    grid = figure.subplots(len(points), len(WHAT), squeeze=False)
    for line, (title, values) in zip(grid, points.items(), strict=True):
        sizes, *measured = zip(*values, strict=True)
        for axes, what, heights in zip(line, WHAT, measured, strict=True):
            axes.loglog(sizes, heights, marker="o", color="#1f5f8b")
            axes.set_ylabel(what)
            axes.set_title(title, fontsize=9)
            axes.grid(True, which="major", alpha=0.3)
    figure.savefig(file, dpi=110)
