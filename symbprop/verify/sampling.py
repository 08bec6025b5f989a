"""Points to verify at: odd, non-square sizes, several scales, biases that are not zero."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from types import MappingProxyType, ModuleType
from typing import Any

import numpy as np

from symbprop.verify.calls import has_state, loss_at, outputs_of
from symbprop.verify.point import Point

BATCH = 5  # or the next odd number that is no other size: a batch as long as a layer is wide hides 1/k in place of 1/N
FREE = 3  # the first size that is tried for a free axis other than the batch
TRIES = 6


def sample(
    module: ModuleType, seed: int, scale: float, sizes: Mapping[str, int] = MappingProxyType({})
) -> Point | None:
    """A point at which the loss is finite, ``None`` if none is found; of a module without loss, the outputs.

    A free axis has the length that ``sizes`` gives it, or else an odd one that is no other size.

    Parameters are normal with variance scale²/fan-in; after some tries positive ones, for formulas with logarithms.
    Whether the gradient is finite there is not asked: where it is not, though the loss is, that is the module's fault.
    """
    for attempt in range(TRIES):
        point = _draw(module, seed + 1000 * attempt, scale, positive=attempt >= TRIES // 2, given=sizes)
        with np.errstate(all="ignore"):
            has_loss = hasattr(module, "loss_and_grad")
            values = (loss_at(module, point),) if has_loss else outputs_of(module, point)
        if _finite(values):
            return point
    return None


def _finite(values: Collection[Any]) -> bool:
    return all(bool(np.all(np.isfinite(np.asarray(value)))) for value in values)


def _draw(module: ModuleType, seed: int, scale: float, *, positive: bool, given: Mapping[str, int]) -> Point:
    rng = np.random.default_rng(seed)
    ranges: dict[str, tuple[float, float]] = module.RANGES
    params = {}
    for name, shape in module.PARAMETERS.items():
        fan_in = int(np.prod(shape[:-1])) if len(shape) > 1 else 1
        value = scale * rng.standard_normal(shape) / np.sqrt(max(fan_in, 1))
        if name in ranges:
            value = _inside(rng, ranges[name], shape)
        params[name] = np.asarray(np.abs(value) if positive and name not in ranges else value)
    taken, least = _fixed_sizes(module), getattr(module, "SMALLEST", {})
    batches = itertools.count(BATCH, 2)
    sizes = {"N": next(size for size in batches if size not in taken and size >= least.get("N", 1)), **given}
    data: list[np.ndarray] = []
    for table in (module.INPUTS, module.TARGETS):
        for name, shape in table.items():
            dims = tuple(_length(size, sizes, taken, least) for size in shape)
            if name in module.INTEGERS:
                data.append(rng.integers(0, module.INTEGERS[name], dims))
            elif name in ranges:
                data.append(_inside(rng, ranges[name], dims))
            else:
                data.append(rng.standard_normal(dims))
    return Point(params, tuple(data), len(module.INPUTS), scale, seed, _state(module, ranges, rng))


def _state(
    module: ModuleType, ranges: dict[str, tuple[float, float]], rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """A state some way above the first one: a variance stays positive."""
    state: dict[str, np.ndarray] = module.init_state(seed=0) if has_state(module) else {}
    return {
        name: _inside(rng, ranges[name], value.shape)
        if name in ranges
        else np.asarray(value + rng.uniform(0.1, 1.0, value.shape), np.float64)
        for name, value in state.items()
    }


def _inside(rng: np.random.Generator, interval: tuple[float, float], shape: tuple[int, ...]) -> np.ndarray:
    """Uniform on the middle nine tenths of an interval: ends may be singular."""
    low, high = interval
    margin = 0.05 * (high - low)
    return np.asarray(rng.uniform(low + margin, high - margin, shape))


def _fixed_sizes(module: ModuleType) -> set[int]:
    """Every size that the module does not leave free, numbers of classes among them."""
    tables = (module.PARAMETERS, module.INPUTS, module.TARGETS, module.OUTPUTS)
    shapes = [shape for table in tables for shape in table.values()]
    return {size for shape in shapes for size in shape if isinstance(size, int)} | set(module.INTEGERS.values())


def _length(size: int | str, sizes: dict[str, int], taken: set[int], least: Mapping[str, int]) -> int:
    """A fixed size itself; for a free one, the first number that is no other size, and large enough."""
    if isinstance(size, int):
        return size
    if size not in sizes:
        used = taken | set(sizes.values())
        lengths = itertools.count(max(FREE, least.get(size, 1)))
        sizes[size] = next(length for length in lengths if length not in used)
    return sizes[size]
