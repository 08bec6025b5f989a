"""One workload in one dtype: the numbers that every contestant gets, and the emitted module that they come from."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from benchmarks.speed.workloads import Workload
from symbprop.language.source import Source
from symbprop.pipeline import compile_description, read

Arrays = dict[str, np.ndarray]
Answer = tuple[float, Arrays]  # the loss (0 where there is none) and the gradients, by name


@dataclass(frozen=True, slots=True)
class Task:
    """``data`` in the order of the model's arguments; the last is the output's cotangent if the workload is pulled."""

    workload: Workload
    params: Arrays
    data: Arrays

    @property
    def given(self) -> Arrays:
        """The data that the model takes: all but a cotangent."""
        names = list(self.data)[:-1] if self.workload.pulled else list(self.data)
        return {name: self.data[name] for name in names}


@dataclass(frozen=True, slots=True)
class Contestant:
    """``call`` computes loss and gradients and waits for them; ``answer`` makes NumPy's of what it returned."""

    call: Callable[[], Any]
    answer: Callable[[Any], Answer]


@dataclass(frozen=True, slots=True)
class Emitted:
    """An emitted module, its text, and the seconds from its description to the text and from the text to the module."""

    module: ModuleType
    text: str
    compiling: float
    importing: float


def emitted(workload: Workload, dtype: str, accuracy: str = "accurate") -> Emitted:
    """The workload's module for a dtype, not verified."""
    source = Source("workload.yaml", f"{workload.description}dtype: {dtype}\naccuracy: {accuracy}\n")
    start = time.perf_counter()
    text = compile_description(read(source), source).source
    middle = time.perf_counter()
    module = ModuleType("workload")
    exec(compile(text, "workload.py", "exec"), module.__dict__)
    return Emitted(module, text, middle - start, time.perf_counter() - middle)


def make_task(workload: Workload, module: ModuleType, dtype: str, seed: int = 1) -> Task:
    """Parameters as the module draws them, those that start at zero or one moved from there, and data."""
    rng = np.random.default_rng(seed)
    params = module.init(seed, "float64")
    for value in params.values():
        if value.size and np.ptp(value) == 0:
            value += 0.1 * rng.normal(size=value.shape)
    data = workload.data(rng)
    return Task(workload, _cast(params, dtype), _cast(data, dtype))


def _cast(arrays: Arrays, dtype: str) -> Arrays:
    return {name: a if a.dtype.kind == "i" else np.ascontiguousarray(a, dtype) for name, a in arrays.items()}


def ours(task: Task, module: ModuleType) -> Contestant:
    """The emitted module's gradient."""
    given = tuple(task.data.values())
    if not task.workload.pulled:
        return Contestant(lambda: module.loss_and_grad(task.params, *given), lambda result: result)
    (output,) = module.OUTPUTS
    *inputs, cotangent = given
    return Contestant(
        lambda: module.vjp(task.params, *inputs, {output: cotangent}),
        lambda result: (0.0, result),
    )


def fast(task: Task) -> Contestant:
    """The same with the cheapest forms of each equation."""
    (dtype,) = {str(value.dtype) for value in (*task.params.values(), *task.data.values()) if value.dtype.kind == "f"}
    return ours(task, emitted(task.workload, dtype, "fast").module)
