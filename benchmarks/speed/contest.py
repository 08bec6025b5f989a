"""One row of the table: everybody's gradient of one workload, checked, then timed in turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.speed.check import Differs, require_equal
from benchmarks.speed.fresh import fresh
from benchmarks.speed.report import Row
from benchmarks.speed.task import Answer, Contestant, Task, emitted, make_task, ours
from benchmarks.speed.workloads import WORKLOADS, Workload
from symbprop.tuning.clock import Clock, Spread, interleave, sample

Prepare = Callable[[Task], Contestant]


@dataclass(frozen=True, slots=True)
class Contest:
    """The peers, the seconds of timing, the clock, the operations a second of a large product, and who hears of failures."""

    peers: Mapping[str, Prepare]
    seconds: float
    clock: Clock
    speed: Mapping[str, float]
    say: Callable[[str], None]

    def rows(self, name: str, dtypes: tuple[str, ...]) -> list[Row]:
        """A workload in some dtypes."""
        workload = WORKLOADS[name]()
        truth = exact(workload)
        return [self._row(name, workload, dtype, truth) for dtype in dtypes]

    def _row(self, name: str, workload: Workload, dtype: str, truth: Answer) -> Row:
        module = emitted(workload, dtype).module
        task = make_task(workload, module, dtype)
        contestants = {"ours": ours(task, module)}
        require_equal("ours", contestants["ours"].answer(contestants["ours"].call()), truth, dtype)
        first, failed = {"ours": sum(fresh(name, dtype)[part] for part in ("compile", "import", "call"))}, {}
        for peer, prepare in self.peers.items():
            start = time.perf_counter()
            try:
                contestant = prepare(task)
                result = contestant.call()
                first[peer] = time.perf_counter() - start
                require_equal(peer, contestant.answer(result), truth, dtype)
                contestants[peer] = contestant
            except Differs as error:
                failed[peer] = str(error)
            except Exception as error:  # a peer that cannot is a finding, not the end
                failed[peer] = f"{type(error).__name__}: {error}"
            if peer in failed:
                self.say(f"{name} {dtype} {peer}: {failed[peer][:400]}")
        times = interleave({who: each.call for who, each in contestants.items()}, self.seconds, self.clock)
        ratios = {who: Spread.of(values / times["ours"]) for who, values in times.items() if who != "ours"}
        own = Spread.of(times["ours"])
        return Row(
            name, workload.title, dtype, own, workload.flops / self.speed[dtype] / own.median, ratios, first, failed
        )


def exact(workload: Workload) -> Answer:
    """Loss and gradients in float64."""
    module = emitted(workload, "float64").module
    contestant = ours(make_task(workload, module, "float64"), module)
    return contestant.answer(contestant.call())


def product_speed(dtype: str, clock: Clock) -> float:
    """Operations a second of a large product."""
    size = 1024
    a = np.ones((size, size), dtype)
    out = np.empty_like(a)
    return 2 * size**3 / min(sample(lambda: a.dot(a, out), 1, clock) for _ in range(8))
