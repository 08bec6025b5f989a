"""What is measured after an epoch beside the loss: how good a module's outputs are, in terms that people know."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType

import numpy as np

from symbprop.language.source import SourceError, did_you_mean
from symbprop.train.data import Examples

Measure = Callable[[np.ndarray, np.ndarray], float]


def accuracy(outputs: np.ndarray, targets: np.ndarray) -> float:
    """The share of examples whose largest output is at their class; of a single output, whose rounding is the target."""
    if outputs.shape == targets.shape and outputs.shape[-1:] in ((), (1,)):
        return float(np.mean((outputs >= 0.5) == (targets >= 0.5)))
    return top_accuracy(1)(outputs, targets)


def top_accuracy(count: int) -> Measure:
    """The share of examples whose class is among the ``count`` largest outputs."""

    def measure(outputs: np.ndarray, targets: np.ndarray) -> float:
        classes = targets if targets.ndim < outputs.ndim else np.argmax(targets, axis=-1)
        first = np.argsort(-outputs, axis=-1, kind="stable")[..., :count]
        return float(np.mean(np.any(first == classes[..., None], axis=-1)))

    return measure


def absolute_error(outputs: np.ndarray, targets: np.ndarray) -> float:
    """The mean size of the errors."""
    return float(np.mean(np.abs(outputs - targets)))


def determination(outputs: np.ndarray, targets: np.ndarray) -> float:
    """R²: one minus the squared errors over those of the mean, which is a number only where targets differ."""
    spread = np.sum((targets - np.mean(targets, axis=0)) ** 2)
    return float(1 - np.sum((outputs - targets) ** 2) / spread) if spread > 0 else float("nan")


MEASURES: Mapping[str, Measure] = {"accuracy": accuracy, "mae": absolute_error, "r2": determination}
TOP = re.compile(r"top_([1-9]\d*)_accuracy")


def measures(module: ModuleType, names: Sequence[str]) -> dict[str, Measure]:
    """The measures asked for; if none are, those that suit a module with one output and one target.

    Raises ``SourceError`` for a name that is none, and where outputs cannot be held against targets.
    """
    chosen: dict[str, Measure] = {}
    for name in names:
        top = TOP.fullmatch(name)
        if name not in MEASURES and top is None:
            known = [*MEASURES, "top_5_accuracy"]
            raise SourceError(f"there is no metric '{name}'", hint=did_you_mean(name, known) or f"there are {known}")
        chosen[name] = MEASURES[name] if top is None else top_accuracy(int(top[1]))
    if len(module.OUTPUTS) != 1 or len(module.TARGETS) != 1:
        if chosen:
            raise SourceError("metrics need a network with one output and one target")
        return {}
    ((target, wanted),) = module.TARGETS.items()
    (shape,) = module.OUTPUTS.values()
    if target in module.INTEGERS:
        fits = len(shape) == len(wanted) + 1 and shape[-1] == module.INTEGERS[target]
        usual = ["accuracy"]
    else:
        fits = shape == wanted
        usual = ["mae", "r2"]
    if chosen and not fits:
        raise SourceError(f"metrics cannot hold outputs of shape {shape} against targets of shape {wanted}")
    return chosen or ({name: MEASURES[name] for name in usual} if fits else {})


def measured(
    module: ModuleType, params: dict[str, np.ndarray], examples: Examples, chosen: Mapping[str, Measure]
) -> dict[str, float]:
    """Each measure of the outputs for ``examples``."""
    if not chosen:
        return {}
    outputs = module.forward(params, *examples.arrays[: examples.inputs])
    return {name: measure(outputs, examples.arrays[examples.inputs]) for name, measure in chosen.items()}


def gradient_norms(
    module: ModuleType, params: dict[str, np.ndarray], examples: Examples, layers: Mapping[str, Sequence[str]]
) -> dict[str, float]:
    """The length of the loss's gradient with respect to all parameters of each layer."""
    _, grads = module.loss_and_grad(params, *examples.arrays)
    return {
        label: float(np.sqrt(sum(np.sum(np.square(grads[name])) for name in names))) for label, names in layers.items()
    }
