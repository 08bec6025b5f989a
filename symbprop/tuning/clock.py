"""How long a call takes, of this process's own time: what others do on the machine is left out."""

from __future__ import annotations

import time
from collections.abc import Callable

SAMPLE = 0.004  # seconds that a sample takes at least
SAMPLES = 5


def seconds_of(
    call: Callable[[], object], *, clock: Callable[[], float] = time.process_time, samples: int = SAMPLES
) -> float:
    """The least of a few samples."""
    repeats = 1
    call()
    while (taken := _sample(call, repeats, clock)) < SAMPLE:
        repeats = max(2 * repeats, int(1.2 * repeats * SAMPLE / max(taken, 1e-6)))
    return min(taken, *(_sample(call, repeats, clock) for _ in range(samples - 1))) / repeats


def _sample(call: Callable[[], object], repeats: int, clock: Callable[[], float]) -> float:
    start = clock()
    for _ in range(repeats):
        call()
    return clock() - start
