"""How long calls take: one alone, or several in turns, so that what disturbs the machine disturbs all of them alike."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

Call = Callable[[], object]
Clock = Callable[[], float]
SAMPLE = 0.005  # seconds that a sample takes at least
SAMPLES = 5
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Spread:
    """A median with the quartiles about it."""

    low: float
    median: float
    high: float
    least: float

    @classmethod
    def of(cls, values: np.ndarray) -> Spread:
        """The spread of some measured values."""
        low, median, high = np.percentile(values, [25, 50, 75])
        return cls(float(low), float(median), float(high), float(values.min()))


def interleave(
    calls: Mapping[str, Call], seconds: float, clock: Clock = time.perf_counter, seed: int = 0
) -> dict[str, np.ndarray]:
    """Seconds of one call, by contestant: a sample in each round, the order within a round drawn anew.

    ``clock``: ``time.process_time`` leaves out the time in which others had the processor, on a machine that is not quiet.
    Samples of one round are neighbours in time, so their ratio is meaningful even where the machine is not quiet.
    """
    order, shuffled = list(calls), random.Random(seed)  # noqa: S311 - an order, no secret
    samples: dict[str, list[float]] = {name: [] for name in calls}
    collecting = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        repeats = {name: enough(call, clock) for name, call in calls.items()}
        end = time.perf_counter() + seconds
        while len(samples[order[0]]) < ROUNDS or time.perf_counter() < end:
            shuffled.shuffle(order)
            for name in order:
                samples[name].append(sample(calls[name], repeats[name], clock) / repeats[name])
    finally:
        if collecting:
            gc.enable()
    return {name: np.array(values) for name, values in samples.items()}


def enough(call: Call, clock: Clock) -> int:
    """How often to call for a sample of ``SAMPLE`` seconds; calls it warm on the way."""
    repeats = 1
    while (taken := sample(call, repeats, clock)) < SAMPLE:
        repeats = max(2 * repeats, int(repeats * SAMPLE / max(taken, 1e-7)))
    return repeats


def sample(call: Call, repeats: int, clock: Clock) -> float:
    """Seconds that so many calls take."""
    start = clock()
    for _ in range(repeats):
        call()
    return clock() - start


def seconds_of(call: Call, *, clock: Clock = time.process_time, samples: int = SAMPLES) -> float:
    """The least of a few samples of one call, by default of this process's own time: what others do is left out."""
    call()
    repeats = enough(call, clock)
    return min(sample(call, repeats, clock) for _ in range(samples)) / repeats
