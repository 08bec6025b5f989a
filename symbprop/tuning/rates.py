"""How fast products of matrices and memory are here, measured in about a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from symbprop.tuning.blas import blas, set_threads
from symbprop.tuning.clock import seconds_of

LARGE = 512  # rows and columns
MEDIUM = (128, 256, 128)  # rows, length, columns: a hidden layer
STREAM = 1 << 22  # elements that no second-level cache holds
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Rates:
    """GFLOP/s of a product of 512 × 512 with one thread by dtype, GB/s of memory.

    ``threads``: of two shapes, GFLOP/s by the clock on the wall with one thread and with all that BLAS would use, in turns.
    """

    gemm: Mapping[str, float]
    memory: float
    threads: Mapping[str, tuple[float, float]]


def rates() -> Rates:
    """Measured now. The number of threads is afterwards what it was."""
    count = blas().threads or 1
    steerable = set_threads(1)
    try:
        gemm = {dtype: _speed(dtype) for dtype in ("float32", "float64")}
        a, b, c = (np.ones(STREAM, np.float32) for _ in range(3))
        memory = 3e-9 * a.nbytes / seconds_of(lambda: np.add(a, b, out=c), samples=3)
        shapes = ((LARGE, LARGE, LARGE), MEDIUM) if steerable and count > 1 else ()
        threads = {" × ".join(map(str, shape)): _in_turns(shape, count) for shape in shapes}
    finally:
        if steerable:
            set_threads(count)
    return Rates(gemm, memory, threads)


def _product(shape: tuple[int, int, int], dtype: str) -> Callable[[], object]:
    rows, length, columns = shape
    a, b, out = np.ones((rows, length), dtype), np.ones((length, columns), dtype), np.empty((rows, columns), dtype)
    return lambda: np.dot(a, b, out=out)


def _speed(dtype: str) -> float:
    return 2e-9 * LARGE**3 / seconds_of(_product((LARGE, LARGE, LARGE), dtype), samples=3)


def _in_turns(shape: tuple[int, int, int], count: int) -> tuple[float, float]:
    """The medians of one thread and of ``count``, sample by sample in turns, so that others disturb both alike."""
    call = _product(shape, "float32")
    taken: dict[int, list[float]] = {1: [], count: []}
    for _ in range(ROUNDS):
        for each, seconds in taken.items():
            set_threads(each)
            seconds.append(seconds_of(call, clock=time.perf_counter, samples=2))
    work = 2e-9 * shape[0] * shape[1] * shape[2]
    return work / float(np.median(taken[1])), work / float(np.median(taken[count]))
