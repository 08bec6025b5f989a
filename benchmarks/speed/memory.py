"""The peak memory of a gradient, of what NumPy allocates, beside the arrays that go in and those that come out."""

from __future__ import annotations

import tracemalloc
from dataclasses import dataclass

import numpy as np

from benchmarks.speed.task import Contestant, Task


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes: of parameters and data, of the gradients, and the peak of a call beyond what was there before it."""

    given: int
    gradients: int
    peak: int


def measure_memory(task: Task, contestant: Contestant) -> Memory:
    """Of a second call: what is made at the first and kept counts as there."""
    contestant.call()
    tracemalloc.start()
    try:
        result = contestant.call()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    _, grads = contestant.answer(result)
    return Memory(_bytes(task.params) + _bytes(task.data), _bytes(grads), peak)


def _bytes(arrays: dict[str, np.ndarray]) -> int:
    return sum(array.nbytes for array in arrays.values())
