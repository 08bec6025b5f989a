"""Estimates and measurements of the workloads."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.speed.task import emitted, make_task, ours
from benchmarks.speed.workloads import WORKLOADS, Workload
from symbprop.emit.estimate import Cost
from symbprop.language.source import Source
from symbprop.pipeline import derive, read
from symbprop.schedule.machine import Machine, read_machine
from symbprop.tuning.calibrate import calibrate
from symbprop.tuning.clock import interleave
from symbprop.tuning.expected import expected

SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """A workload in a dtype, and seconds of one gradient."""

    name: str
    dtype: str
    estimated: float
    measured: float


def constants(path: Path | None) -> Machine:
    """The table in a file, or that of this machine."""
    return calibrate() if path is None else read_machine(path.read_text(encoding="utf-8"))


def estimated(workload: Workload, machine: Machine, dtype: str) -> Cost:
    """What the model says of a workload with a loss."""
    derived = derive(read(Source("workload.yaml", f"{workload.description}dtype: {dtype}\n")))
    batch = len(next(iter(workload.data(np.random.default_rng(0)).values())))
    return expected(derived, {"N": batch}, machine, dtype).whole


def compared(only: Sequence[str], dtypes: Sequence[str], machine: Machine) -> Iterator[Row]:
    """One workload after another."""
    for name, make in WORKLOADS.items():
        workload = make()
        if workload.pulled or (only and name not in only):
            continue
        for dtype in dtypes:
            made = emitted(workload, dtype)
            contestant = ours(make_task(workload, made.module, dtype), made.module)
            times = interleave({name: contestant.call}, SECONDS, time.process_time)[name]
            yield Row(name, dtype, estimated(workload, machine, dtype).seconds, float(np.median(times)))
