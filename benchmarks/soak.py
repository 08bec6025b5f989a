"""A long load: one emitted module, called from several threads with changing batch sizes, each result held against a serial one.

    python -m benchmarks.soak generated/digits.py --calls 1000000 --threads 4

Prints the rate and the memory at intervals, and at the end how many results differed in any bit. Exit status 1 if one
did, or if memory grew by more than ``GROWTH`` after the first tenth.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from symbprop.verify.module import load_module

BATCHES = (1, 2, 3, 5, 8, 13, 21, 34, 55, 64, 7, 17)  # more than a module keeps arrays for, so that some are let go
GROWTH = 16 << 20  # bytes
CHUNK = 64  # calls between two looks at the counter


@dataclass(frozen=True, slots=True)
class Case:
    """Arguments, and the digest of what they give."""

    params: dict[str, np.ndarray]
    data: tuple[np.ndarray, ...]
    digest: bytes


@dataclass
class Outcome:
    """What was found: the calls made, those whose result differed, and (calls, seconds, bytes) at intervals."""

    calls: int = 0
    differences: int = 0
    errors: list[str] = field(default_factory=list)
    trace: list[tuple[int, float, int]] = field(default_factory=list)

    @property
    def growth(self) -> int:
        """The bytes by which memory grew after the first tenth of the calls."""
        settled = next((size for calls, _, size in self.trace if calls >= self.calls / 10), 0)
        return max((size for calls, _, size in self.trace if calls >= self.calls / 10), default=0) - settled


def digest(result: Any) -> bytes:
    """Of every bit of a loss and its gradients."""
    loss, grads = result[:2]
    made = hashlib.blake2b(np.asarray(loss).tobytes(), digest_size=16)
    for name, value in grads.items():
        made.update(name.encode())
        made.update(np.ascontiguousarray(value).tobytes())
    return made.digest()


def resident() -> int:
    """The bytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def cases(module: ModuleType, batches: tuple[int, ...] = BATCHES, seed: int = 0) -> list[Case]:
    """One for each batch size, its digest taken from a serial call."""
    rng = np.random.default_rng(seed)
    found = []
    for batch in batches:
        params = {name: np.asarray(0.5 * rng.standard_normal(shape)) for name, shape in module.PARAMETERS.items()}
        sizes = {"N": batch}
        data = []
        for name, shape in {**module.INPUTS, **module.TARGETS}.items():
            dims = tuple(s if isinstance(s, int) else sizes.setdefault(s, 2 + len(sizes)) for s in shape)
            if name in module.INTEGERS:
                data.append(rng.integers(0, module.INTEGERS[name], dims))
            elif name in module.RANGES:
                data.append(rng.uniform(*module.RANGES[name], dims))
            else:
                data.append(rng.standard_normal(dims))
        expected = digest(module.loss_and_grad(params, *data))
        found.append(Case(params, tuple(data), expected))
    return found


def soak(module: ModuleType, calls: int, threads: int, *, intervals: int = 20, show: bool = False) -> Outcome:
    """Call ``module.loss_and_grad`` from ``threads`` threads, ``calls`` times in all. Every result is kept for one call
    more, and looked at again then: a result that a later call writes into is a difference too.
    """
    prepared, outcome, lock = cases(module), Outcome(), threading.Lock()
    start, next_look = time.perf_counter(), [0]

    def work(number: int) -> None:
        rng = np.random.default_rng(number)
        differences, held = 0, None
        try:
            while True:
                with lock:
                    outcome.differences += differences
                    differences = 0
                    if outcome.calls >= calls:
                        return
                    todo = min(CHUNK, calls - outcome.calls)
                    outcome.calls += todo
                    if outcome.calls >= next_look[0]:
                        next_look[0] += max(1, calls // intervals)
                        outcome.trace.append((outcome.calls, time.perf_counter() - start, resident()))
                        if show:
                            _show(outcome)
                for choice in rng.integers(0, len(prepared), todo):
                    case = prepared[choice]
                    result = module.loss_and_grad(case.params, *case.data)
                    differences += digest(result) != case.digest
                    if held is not None:
                        differences += digest(held[0]) != held[1]
                    held = result, case.digest
        except Exception as error:
            with lock:
                outcome.errors.append(f"{type(error).__name__}: {error}")

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    outcome.trace.append((outcome.calls, time.perf_counter() - start, resident()))
    return outcome


def _show(outcome: Outcome) -> None:
    calls, seconds, size = outcome.trace[-1]
    rate = calls / seconds if seconds else 0.0
    print(f"{calls:>9,} calls  {seconds:7.1f} s  {rate:8,.0f} a second  {size / 2**20:7.1f} MB", flush=True)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("module", type=Path, nargs="?", default=Path("generated/digits.py"))
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--threads", type=int, default=4)
    options = parser.parse_args()
    outcome = soak(load_module(options.module), options.calls, options.threads, show=True)
    _show(outcome)
    print(
        f"{outcome.differences} results differed in some bit; memory grew by {outcome.growth / 2**20:.1f} MB; {outcome.errors or 'no error'}"
    )
    return int(bool(outcome.differences or outcome.errors or outcome.growth > GROWTH))


if __name__ == "__main__":
    sys.exit(main())
