"""What a competent person writes by hand on a first try, in plain NumPy: loss and gradients of each workload."""

from __future__ import annotations

from benchmarks.speed.naive import alone, dense, images, sequences
from benchmarks.speed.task import Contestant, Task

ROOMS = (dense, images, sequences, alone)


def prepare(task: Task) -> Contestant:
    """The workload's function, found by its model's name."""
    (room,) = (room for room in ROOMS if hasattr(room, task.workload.model))
    function, data = getattr(room, task.workload.model), tuple(task.data.values())
    return Contestant(lambda: function(task.params, *data), lambda result: (float(result[0]), result[1]))
