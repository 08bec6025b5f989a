"""``doctor``."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np

from symbprop.tuning.advice import Advice, advice, best_width, kernels_width, pins
from symbprop.tuning.blas import Blas, blas
from symbprop.tuning.calibrate import calibrate
from symbprop.tuning.processor import Processor, numpy_simd, processor
from symbprop.tuning.rates import Rates, rates


def run_doctor(*, calibrating: bool, as_json: bool) -> None:
    """What NumPy runs on, how fast it is, and what to set; or the constants of the cost model, measured here."""
    if calibrating:
        print(calibrate().to_json())
        return
    library, machine = blas(), processor()
    measured = rates()
    found = advice(library, machine, measured, os.environ)
    if as_json:
        print(json.dumps(_report(library, machine, measured, found), indent=2))
        return
    for name, value in _rows(library, machine, measured):
        print(f"{name:<10}  {value}")
    print()
    for each in found:
        print(f"{each.wrong}\n    {each.remedy}")
    if not found:
        print("nothing to set: this is the best that was found for this processor")


def _rows(library: Blas, machine: Processor, measured: Rates) -> list[tuple[str, str]]:
    """What is printed, line by line."""
    simd = numpy_simd()
    unused = f"; not {', '.join(simd['unused'])}" if simd["unused"] else ""
    limit = "" if machine.limit is None else f", of which a control group grants {machine.limit:g}"
    load = "" if machine.load is None else f", load {machine.load:.1f}"
    threads = "unknown" if library.threads is None else str(library.threads)
    rows = [
        ("processor", f"{machine.name}, vector instructions {best_width(machine.features) or 'unknown'}"),
        ("cores", f"{machine.cores}{limit}{load}"),
        (
            "NumPy",
            f"{np.__version__}, vector instructions {', '.join(simd['baseline'] + simd['used']) or 'unknown'}{unused}",
        ),
        ("BLAS", f"{library.name} {library.version}".strip()),
        ("kernels", _kernels(library)),
        ("threads", threads),
        ("pinned", ", ".join(f"{name}={value}" for name, value in pins(os.environ).items()) or "nothing"),
        (
            "products",
            ", ".join(f"{dtype} {speed:.0f} GFLOP/s" for dtype, speed in measured.gemm.items()) + " on one thread",
        ),
    ]
    rows.extend(
        ("", f"{shape}: {one:.3g} GFLOP/s on one thread, {many:.3g} on {threads}")
        for shape, (one, many) in measured.threads.items()
    )
    return [*rows, ("memory", f"{measured.memory:.0f} GB/s")]


def _kernels(library: Blas) -> str:
    if library.kernels is None:
        return "unknown: this BLAS does not tell"
    width = kernels_width(library.kernels)
    return f"{library.kernels} ({width})" if width else library.kernels


def _report(library: Blas, machine: Processor, measured: Rates, found: list[Advice]) -> dict[str, Any]:
    return {
        "processor": {
            "name": machine.name,
            "vectors": best_width(machine.features) or None,
            "cores": machine.cores,
            "limit": machine.limit,
            "usable": machine.usable,
            "load": machine.load,
        },
        "numpy": {"version": np.__version__, "simd": numpy_simd()},
        "blas": {
            "name": library.name,
            "version": library.version,
            "kernels": library.kernels,
            "vectors": None if library.kernels is None else kernels_width(library.kernels) or None,
            "threads": library.threads,
            "configuration": library.configuration,
            "path": library.path,
        },
        "pinned": pins(os.environ),
        "measured": {
            "gflops": dict(measured.gemm),
            "memory_gb_per_second": measured.memory,
            "threads": {shape: {"one": one, "all": many} for shape, (one, many) in measured.threads.items()},
        },
        "advice": [{"wrong": each.wrong, "remedy": each.remedy} for each in found],
    }
