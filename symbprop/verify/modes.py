"""What a module with state, noise or two modes promises beside the rest."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import ModuleType

import numpy as np

from symbprop.verify.calls import gradient_at, has_noise, has_state, keywords, loss_at, next_state_of
from symbprop.verify.point import Point

SEEDS = 8  # others than the point's; all of them may draw what makes no difference only by an improbable chance


def broken_state(module: ModuleType, point: Point) -> list[str]:
    """The next state has the keys, shapes and dtype of the state, is finite, new, and the same from both functions."""
    if not has_state(module):
        return []
    start = module.init_state()
    found = [] if list(start) == list(module.STATE) else [f"init_state has the keys {list(start)}"]
    for name, value in start.items():
        if value.shape != module.STATE.get(name) or value.dtype != np.dtype(module.DTYPE):
            found.append(f"init_state gives {name} shape {value.shape} and dtype {value.dtype}")
    state = next_state_of(module, point)
    found += _unlike(module, point, state, "forward")
    if hasattr(module, "loss_and_grad"):
        result = module.loss_and_grad(point.params, *point.data, **keywords(module, point))
        if len(result) != 3 or not isinstance(result[2], dict):
            return [*found, "loss_and_grad does not return the next state"]
        also = _unlike(module, point, result[2], "loss_and_grad")
        found += also
        if not found and any(not np.allclose(state[k], result[2][k], rtol=1e-10, atol=1e-12) for k in state):
            found.append("forward and loss_and_grad give different next states")
    return found


def _unlike(module: ModuleType, point: Point, state: dict[str, np.ndarray], where: str) -> list[str]:
    if list(state) != list(module.STATE):
        return [f"the next state of {where} has the keys {list(state)}, the state has {list(module.STATE)}"]
    found = []
    for name, value in state.items():
        if np.shape(value) != module.STATE[name]:
            found.append(f"{where} gives the next {name} shape {np.shape(value)}, not {module.STATE[name]}")
        elif value.dtype != np.float64:
            found.append(f"{where} gives the next {name} dtype {value.dtype} for float64 parameters")
        elif not np.all(np.isfinite(value)):
            found.append(f"{where} gives a next {name} that is not finite")
        elif any(np.shares_memory(value, given) for given in _given(point)):
            found.append(f"the next {name} of {where} is a view of an argument")
    kept = list(state.values())
    if any(np.shares_memory(a, b) for position, a in enumerate(kept) for b in kept[:position]):
        found.append(f"two next states of {where} share their memory")
    return found


def _given(point: Point) -> list[np.ndarray]:
    return [*point.params.values(), *point.data, *point.state.values()]


def broken_metrics(module: ModuleType, point: Point) -> list[str]:
    """Every metric is one number, the same for the same arguments."""
    asked = inspect.signature(module.metrics).parameters
    given = {name: value for name, value in keywords(module, point).items() if name in asked}
    first, again = (module.metrics(point.params, *point.data, **given) for _ in range(2))
    found = [f"the metric {name} is {value!r}" for name, value in first.items() if type(value) is not float]
    return [*found, *(f"the metric {name} differs from call to call" for name in first if _differ(first, again, name))]


def _differ(first: Mapping[str, float], again: Mapping[str, float], name: str) -> bool:
    return np.float64(first[name]).tobytes() != np.float64(again[name]).tobytes()


def broken_noise(module: ModuleType, point: Point) -> list[str]:
    """Noise comes from the seed alone: a generator is drawn from, and one with the seed's numbers gives the seed's bits."""
    if not has_noise(module) or not hasattr(module, "loss_and_grad"):
        return []
    found = []
    for name, function in (("loss", loss_at), ("loss_and_grad", gradient_at)):
        generator = np.random.default_rng(point.seed)
        before = generator.bit_generator.state
        drawn = function(module, point, seed=generator)
        if generator.bit_generator.state == before:
            found.append(f"{name} does not draw its noise from the generator it is given")
        if _bits(drawn) != _bits(function(module, point)):
            found.append(f"{name} gives other numbers for a generator than for the seed it was made from")
    return found


def idle_noise(module: ModuleType, point: Point) -> list[str]:
    """A note, if no other seed gives another loss: the noise makes no difference."""
    if not has_noise(module) or not hasattr(module, "loss_and_grad"):
        return []
    with np.errstate(all="ignore"):
        bits = {_bits(gradient_at(module, point, seed=point.seed + more)) for more in range(1 + SEEDS)}
    return ["the noise makes no difference: every seed gives the same gradient"] if len(bits) == 1 else []


def _bits(result: object) -> bytes:
    if isinstance(result, tuple):
        loss, gradient = result
        return b"".join(np.asarray(each).tobytes() for each in (loss, *gradient.values()))
    return np.asarray(result).tobytes()
