"""``python -m benchmarks.speed.fresh NAME DTYPE [jax]``: seconds of a first gradient in a process that has done nothing yet.

Ours: from the description to the emitted text, then from the text as a file, through ``import``, to the first gradient.
JAX's: from the function to the first gradient, so its tracing and compiling. Loading NumPy, SymPy and JAX is not counted.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.speed.surroundings import settle


def fresh(name: str, dtype: str, who: str = "ours") -> dict[str, float]:
    """The seconds that such a process reports. Raises CalledProcessError if it failed."""
    command = [sys.executable, "-m", "benchmarks.speed.fresh", name, dtype, who]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    report: dict[str, float] = json.loads(done.stdout)
    return report


def first_of_ours(name: str, dtype: str) -> dict[str, float]:
    """Seconds of compiling, of the import of the emitted file, and of the first call."""
    task = importlib.import_module("benchmarks.speed.task")
    workload = importlib.import_module("benchmarks.speed.workloads").WORKLOADS[name]()
    made = task.emitted(workload, dtype)
    given = task.make_task(workload, made.module, dtype)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "emitted_workload.py").write_text(made.text, encoding="utf-8")
        sys.path.insert(0, folder)
        # Whatever the environment says: the second import is that of every later process.
        sys.dont_write_bytecode = False
        start = time.perf_counter()
        module = importlib.import_module("emitted_workload")
        cold = time.perf_counter() - start
        del sys.modules["emitted_workload"]
        start = time.perf_counter()
        importlib.import_module("emitted_workload")
        cached = time.perf_counter() - start
    contestant = task.ours(given, module)
    start = time.perf_counter()
    contestant.call()
    call = time.perf_counter() - start
    return {"compile": made.compiling, "import": cold, "import again": cached, "call": call}


def first_of_jax(name: str, dtype: str) -> dict[str, float]:
    """Seconds of tracing, compiling and one call."""
    task = importlib.import_module("benchmarks.speed.task")
    workload = importlib.import_module("benchmarks.speed.workloads").WORKLOADS[name]()
    given = task.make_task(workload, task.emitted(workload, dtype).module, dtype)
    prepare = importlib.import_module("benchmarks.speed.peers.jax_peer").prepare
    start = time.perf_counter()
    prepare(given).call()
    return {"compile": time.perf_counter() - start}


if __name__ == "__main__":
    settle(1)
    workload_name, kind, contestant_name = sys.argv[1:]
    first = first_of_ours if contestant_name == "ours" else first_of_jax
    print(json.dumps(first(workload_name, kind)))
