"""How fast a description's gradient is: compiled, imported, timed; its memory; a peer beside it."""

from __future__ import annotations

import tempfile
import time
import tracemalloc
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

import numpy as np

from symbprop.language.source import Source, SourceError
from symbprop.network.description import Description
from symbprop.pipeline import Result, compile_description
from symbprop.schedule.machine import REFERENCE
from symbprop.tuning.calibrate import speed
from symbprop.tuning.clock import Call, Spread, interleave
from symbprop.tuning.expected import Expected, expected
from symbprop.tuning.peers import Peer, jax_peer
from symbprop.verify.calls import gradient_at
from symbprop.verify.module import load_module
from symbprop.verify.point import Point
from symbprop.verify.sampling import sample

SIDE = 1024  # of the product whose speed is the limit
OURS, JAX = "symbprop", "jax"


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes: the peak of a first call, of the calls after it, and what no order of the same steps could do without."""

    first: int
    later: int
    least: int


@dataclass(frozen=True, slots=True)
class Report:
    """``times`` are seconds of one gradient by contestant. ``peers`` are the seconds of a peer's first call, or why it is
    left out. ``products`` are the operations of matrix products, ``limit`` is their share of the time at full speed.
    """

    times: Mapping[str, Spread]
    products: int
    operations: int
    limit: float
    compiling: float
    importing: float
    first: float
    memory: Memory | None
    peers: Mapping[str, float | str]


def bench(
    compiled: Result, sizes: Mapping[str, int], dtype: str, seconds: float, *, memory: bool, peers: bool
) -> Report:
    """Time a compiled description at these sizes. Raises ``SourceError`` where its loss is not finite at random data."""
    costs = expected(compiled.derived, sizes, REFERENCE, dtype)
    with tempfile.TemporaryDirectory() as folder:
        (path := Path(folder) / "benched.py").write_text(compiled.source, encoding="utf-8")
        middle = time.perf_counter()
        module = load_module(path)
    importing = time.perf_counter() - middle
    point = _point(module, sizes, dtype)
    start = time.perf_counter()
    gradient_at(module, point)
    first = time.perf_counter() - start
    calls: dict[str, Call] = {OURS: lambda: gradient_at(module, point)}
    found: dict[str, float | str] = {}
    if peers:
        peer = jax_peer(compiled.source, module, point, dtype)
        found[JAX] = peer.first if isinstance(peer, Peer) else peer
        if isinstance(peer, Peer):
            calls[JAX] = peer.call
    times = {name: Spread.of(each) for name, each in interleave(calls, seconds).items()}
    at_full_speed = costs.whole.products / (1e9 * speed(SIDE, SIDE, SIDE, dtype))
    return Report(
        times,
        costs.whole.products,
        costs.whole.operations,
        at_full_speed / times[OURS].median,
        sum(compiled.seconds.values()),
        importing,
        first,
        _memory(module, point, costs) if memory else None,
        found,
    )


def compiled(description: Description, source: Source) -> Result:
    """The module of a description that has a gradient. Raises ``SourceError`` for one that has none."""
    result = compile_description(description, source)
    if result.derived.gradient is None:
        raise SourceError("there is no gradient to time", source.span(0), hint="add a loss, and something to learn")
    return result


def _point(module: ModuleType, sizes: Mapping[str, int], dtype: str) -> Point:
    """Random parameters and data in ``dtype``; integers stay what they are."""
    point = sample(module, 0, 1.0, sizes)
    if point is None:
        raise SourceError("the loss is not finite at random data", hint="give the inputs a range: in the description")
    kept = {name: np.asarray(each, dtype) for name, each in point.params.items()}
    state = {name: np.asarray(each, dtype) for name, each in point.state.items()}
    data = tuple(each if each.dtype.kind in "iu" else np.asarray(each, dtype) for each in point.data)
    return replace(point, params=kept, state=state, data=data)


def _memory(module: ModuleType, point: Point, costs: Expected) -> Memory:
    """What NumPy allocates in a call after everything was let go, and in the one after it."""
    if hasattr(module, "release"):
        module.release()
    peaks = []
    tracemalloc.start()
    try:
        for _ in range(2):
            before = tracemalloc.get_traced_memory()[0]
            tracemalloc.reset_peak()
            gradient_at(module, point)
            peaks.append(tracemalloc.get_traced_memory()[1] - before)
    finally:
        tracemalloc.stop()
    return Memory(peaks[0], peaks[1], costs.least)
