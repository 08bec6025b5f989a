"""``bench``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

from symbprop.cli.reading import read_spec
from symbprop.cli.sizes import read_sizes
from symbprop.tuning.bench import OURS, Report, bench, compiled
from symbprop.tuning.blas import blas, set_threads
from symbprop.tuning.expected import free_sizes

NOT_GENERAL = (
    "they take no text that is written for NumPy: python -m benchmarks.speed has its workloads in their own words"
)


def run_bench(
    spec: str,
    batch: int,
    given: tuple[str, ...],
    dtype: str,
    seconds: float,
    threads: int,
    *,
    memory: bool,
    peers: bool,
    as_json: bool,
) -> None:
    """Time the gradient of ``spec`` at random data and report."""
    set_threads(threads)  # NumPy may have been loaded before the environment was settled
    description, source = read_spec(spec)
    result = compiled(description, source)
    sizes = read_sizes(batch, given, free_sizes(result.derived))
    kind = dtype or result.derived.network.dtype
    report = bench(result, sizes, kind, seconds, memory=memory, peers=peers)
    around = {
        "name": result.derived.network.name,
        "sizes": sizes,
        "dtype": kind,
        "threads": threads,
        "kernels": blas().kernels,
    }
    if as_json:
        print(json.dumps({**around, **asdict(report)}, indent=2))
        return
    at = "".join(f", {name} = {size}" for name, size in sizes.items())
    print(
        f"{around['name']}: loss_and_grad{at}, {kind}, {threads} {'thread' if threads == 1 else 'threads'}, kernels {around['kernels'] or 'unknown'}"
    )
    for name, value in _rows(report):
        print(f"  {name:<10}  {value}")


def _rows(report: Report) -> list[tuple[str, str]]:
    ours = report.times[OURS]
    rows = [
        ("time", f"{_time(ours.median)}, half of the samples from {_time(ours.low)} to {_time(ours.high)}"),
        (
            "speed",
            f"{1e-9 * report.operations / ours.median:.3g} GFLOP/s; the matrix products alone, at the speed of a large one, would take {100 * report.limit:.0f} % of the time",
        ),
        ("compile", f"{_time(report.compiling)}, import {_time(report.importing)}, first call {_time(report.first)}"),
    ]
    if report.memory is not None:
        kept = report.memory
        rows.append(
            (
                "memory",
                f"{kept.first:,} bytes at the peak of a first call, {kept.later:,} at that of later ones; alive at once: {kept.least:,}",
            )
        )
    rows.extend(_peers(report.peers, report))
    return rows


def _peers(found: Mapping[str, float | str], report: Report) -> list[tuple[str, str]]:
    rows = []
    for name, value in found.items():
        if isinstance(value, str):
            rows.append((name, f"left out: {value}"))
            continue
        peer, ours = report.times[name], report.times[OURS]
        rows.append(
            (
                name,
                f"{_time(peer.median)}, {peer.median / ours.median:.2f} times ours; trace, compile and first call {_time(value)}",
            )
        )
    if found:
        rows.append(("others", f"PyTorch, autograd, PyTensor left out: {NOT_GENERAL}"))
    return rows


def _time(seconds: float) -> str:
    if seconds < 1e-3:
        return f"{1e6 * seconds:.3g} µs"
    return f"{1e3 * seconds:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"
