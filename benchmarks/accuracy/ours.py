"""Values and derivatives as an emitted module computes them."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np

from benchmarks.accuracy.rows import Row
from benchmarks.accuracy.sweep import Array, Results
from symbprop.language.source import Source
from symbprop.pipeline import compile_description, read


def emitted(row: Row) -> Callable[[Array, Array], Results]:
    """The row's module as a function of x and y: an activation over all points at once, a loss point by point."""
    return _loss(_module(row.description())) if row.loss else _activation(row)


def _module(text: str) -> ModuleType:
    source = Source("row.yaml", text)
    module = ModuleType("row")
    exec(compile(compile_description(read(source), source).source, "row.py", "exec"), module.__dict__)
    return module


def _activation(row: Row) -> Callable[[Array, Array], Results]:
    def compute(x: Array, y: Array) -> Results:
        module = _module(row.description().replace("[J]", f"[{len(x)}]"))
        params = {"b_u": np.zeros(len(x), x.dtype)}
        return module.forward(params, x[None])[0], module.loss_and_grad(params, x[None])[1]["b_u"]

    return compute


def _loss(module: ModuleType) -> Callable[[Array, Array], Results]:
    def compute(x: Array, y: Array) -> Results:
        params = {"b_u": np.zeros(1, x.dtype)}
        values, slopes = np.empty_like(x), np.empty_like(x)
        for place in range(len(x)):
            values[place], grads = module.loss_and_grad(params, x[place, None, None], y[place, None, None])
            slopes[place] = grads["b_u"][0]
        return values, slopes

    return compute
