"""JAX, differentiating the emitted ``loss`` itself: the general peer of any description, where its text can be traced."""

from __future__ import annotations

import importlib
import importlib.util
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from symbprop.tuning.traced import Untraceable, traceable
from symbprop.verify.calls import gradient_at
from symbprop.verify.module import load_module
from symbprop.verify.point import Point

TOLERANCE = {"float32": 1e-3, "float64": 1e-8}


@dataclass(frozen=True, slots=True)
class Peer:
    """``call`` computes loss and gradient and waits for them; ``first`` are the seconds of the call that compiled it."""

    call: Callable[[], object]
    first: float


def jax_peer(text: str, module: ModuleType, point: Point, dtype: str) -> Peer | str:
    """JAX's compiled gradient of the same formulas, or why there is none: a difference in numbers is a reason too."""
    if importlib.util.find_spec("jax") is None:
        return "not installed"
    try:
        plain = traceable(text, "jax.numpy")
    except Untraceable as error:
        return f"cannot trace this loss: {error}"
    jax: Any = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)
    with tempfile.TemporaryDirectory() as folder:
        (path := Path(folder) / "traced.py").write_text(plain, encoding="utf-8")
        loss = load_module(path).loss
    names = [*module.INPUTS, *module.TARGETS][: len(point.data)]
    kind, arrays, sizes = module._arguments(point.params, dict(zip(names, point.data, strict=True)))
    count = len(module.PARAMETERS)
    params, data = arrays[:count], arrays[count:]
    function = jax.jit(jax.value_and_grad(lambda params, data: loss(kind, [*params, *data], sizes)))
    given = [[jax.numpy.asarray(each) for each in part] for part in (params, data)]
    start = time.perf_counter()
    try:
        value, gradient = jax.block_until_ready(function(*given))
    except Exception as error:  # whatever a tracer stumbles over is its reason
        return f"cannot trace this loss: {str(error).splitlines()[0][:120]}"
    first = time.perf_counter() - start
    wanted, expected = gradient_at(module, point)
    found = dict(zip(module.PARAMETERS, map(np.asarray, gradient), strict=True))
    pairs = [(np.asarray(value), np.asarray(wanted)), *((found[name], each) for name, each in expected.items())]
    scale = max(float(np.linalg.norm(each)) for _, each in pairs)
    if any(not np.linalg.norm(one - other) <= TOLERANCE[dtype] * scale for one, other in pairs):
        return "computes another gradient"
    return Peer(lambda: jax.block_until_ready(function(*given)), first)
