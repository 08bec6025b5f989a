"""Points to verify at: odd, non-square sizes, several scales, biases that are not zero."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

BATCH = 5
FREE = (3, 4, 7, 6, 5)  # sizes other than the batch, in order of appearance
TRIES = 6


@dataclass(frozen=True, slots=True)
class Point:
    """Parameters, inputs and targets; ``inputs`` is how many of ``data`` are inputs."""

    params: dict[str, np.ndarray]
    data: tuple[np.ndarray, ...]
    inputs: int
    scale: float
    seed: int


def sample(module: ModuleType, seed: int, scale: float) -> Point | None:
    """A point at which the loss is finite, ``None`` if none is found.

    Parameters are normal with variance scale²/fan-in; after some tries positive ones, for formulas with logarithms.
    """
    for attempt in range(TRIES):
        point = _draw(module, seed + 1000 * attempt, scale, positive=attempt >= TRIES // 2)
        with np.errstate(all="ignore"):
            if not hasattr(module, "loss_and_grad"):
                return point
            loss, gradient = module.loss_and_grad(point.params, *point.data)
        values = [loss, *gradient.values()] if isinstance(gradient, dict) else [loss]
        if all(np.all(np.isfinite(_number(value))) for value in values):
            return point
    return None


def _number(value: Any) -> np.ndarray:
    return np.asarray(value)


def _draw(module: ModuleType, seed: int, scale: float, *, positive: bool) -> Point:
    rng = np.random.default_rng(seed)
    ranges: dict[str, tuple[float, float]] = module.RANGES
    params = {}
    for name, shape in module.PARAMETERS.items():
        fan_in = int(np.prod(shape[:-1])) if len(shape) > 1 else 1
        value = scale * rng.standard_normal(shape) / np.sqrt(max(fan_in, 1))
        if name in ranges:
            value = _inside(rng, ranges[name], shape)
        params[name] = np.asarray(np.abs(value) if positive and name not in ranges else value)
    sizes: dict[str, int] = {"N": BATCH}
    data: list[np.ndarray] = []
    for table in (module.INPUTS, module.TARGETS):
        for name, shape in table.items():
            dims = tuple(_length(size, sizes) for size in shape)
            if name in module.INTEGERS:
                data.append(rng.integers(0, module.INTEGERS[name], dims))
            elif name in ranges:
                data.append(_inside(rng, ranges[name], dims))
            else:
                data.append(rng.standard_normal(dims))
    return Point(params, tuple(data), len(module.INPUTS), scale, seed)


def _inside(rng: np.random.Generator, interval: tuple[float, float], shape: tuple[int, ...]) -> np.ndarray:
    """Uniform on the middle nine tenths of an interval: ends may be singular."""
    low, high = interval
    margin = 0.05 * (high - low)
    return np.asarray(rng.uniform(low + margin, high - margin, shape))


def _length(size: int | str, sizes: dict[str, int]) -> int:
    return size if isinstance(size, int) else sizes.setdefault(size, FREE[(len(sizes) - 1) % len(FREE)])
