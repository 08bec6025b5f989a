"""Calling the functions of an emitted module at a point, whatever state, noise and modes they ask for."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import numpy as np

from symbprop.verify.point import Point

Arrays = Mapping[str, np.ndarray]


@functools.lru_cache(maxsize=64)
def _arguments(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(function).parameters


def takes(function: Callable[..., Any]) -> list[str]:
    """The names of a function's arguments after the parameters, without those that are given by name alone."""
    given = _arguments(function).values()
    return [each.name for each in given if each.kind is not inspect.Parameter.KEYWORD_ONLY][1:]


def has_modes(module: ModuleType) -> bool:
    """Whether training is another computation than inference."""
    return "training" in _arguments(module.forward)


def has_state(module: ModuleType) -> bool:
    """Whether the module keeps something from call to call."""
    return hasattr(module, "STATE")


def has_noise(module: ModuleType) -> bool:
    """Whether the module draws noise in training."""
    return hasattr(module, "NOISE")


def keywords(module: ModuleType, point: Point, seed: Any = None) -> dict[str, Any]:
    """State and seed, as far as ``module`` asks for them in training. ``seed`` is the point's if none is given."""
    found: dict[str, Any] = {}
    if has_state(module):
        found["state"] = point.state
    if has_noise(module):
        found["seed"] = point.seed if seed is None else seed
    return found


def loss_at(module: ModuleType, point: Point, params: Arrays | None = None, **more: Any) -> Any:
    """The loss in training, of which ``loss_and_grad`` gives the gradient; at other ``params`` if some are given."""
    training = {"training": True} if has_modes(module) else {}
    given = point.params if params is None else params
    return module.loss(given, *point.data, **training, **{**keywords(module, point), **more})


def gradient_at(
    module: ModuleType, point: Point, params: Arrays | None = None, **more: Any
) -> tuple[Any, dict[str, np.ndarray]]:
    """The loss and its gradient, without the next state."""
    given = point.params if params is None else params
    loss, gradient, *_ = module.loss_and_grad(given, *point.data, **{**keywords(module, point), **more})
    return loss, gradient


def outputs_of(module: ModuleType, point: Point, *, training: bool = False) -> tuple[np.ndarray, ...]:
    """What ``forward`` returns, as a tuple, without the next state.

    It takes the inputs, and targets too where an output needs them.
    """
    result = _forward(module, point, training=training)
    if training and has_state(module):
        result, _ = result
    return result if isinstance(result, tuple) else (result,)


def next_state_of(module: ModuleType, point: Point) -> dict[str, np.ndarray]:
    """The next state as ``forward`` gives it."""
    _, state = _forward(module, point, training=True)
    return dict(state)


def _forward(module: ModuleType, point: Point, *, training: bool) -> Any:
    data = point.data[: len(takes(module.forward))]
    more: dict[str, Any] = {"training": training} if has_modes(module) else {}
    asked = _arguments(module.forward)
    more.update((name, value) for name, value in keywords(module, point).items() if name in asked)
    return module.forward(point.params, *data, **more)
