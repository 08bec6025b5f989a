"""Stochastic gradient descent (Robbins & Monro 1951) with an emitted module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType, ModuleType

import numpy as np

from symbprop.train.data import Examples


@dataclass(frozen=True, slots=True)
class Settings:
    """How to train; ``validation`` is the share of the examples, the last ones, that is held out."""

    learning_rate: float = 0.1
    epochs: int = 10
    batch_size: int = 32
    seed: int = 0
    validation: float = 0.0
    shuffle: bool = True


@dataclass(frozen=True, slots=True)
class Epoch:
    """One row of the learning curve. Accuracies are ``None`` where the network does not predict classes."""

    number: int
    loss: float
    held_out_loss: float | None
    accuracy: float | None
    held_out_accuracy: float | None


class Diverged(Exception):
    """The loss stopped being finite."""


def split(examples: Examples, validation: float) -> tuple[Examples, Examples | None]:
    """The examples to train on and those held out: the last ones."""
    held = round(len(examples) * validation)
    if held == 0:
        return examples, None
    return examples.take(slice(0, len(examples) - held)), examples.take(slice(len(examples) - held, None))


def fit(
    module: ModuleType,
    params: dict[str, np.ndarray],
    examples: Examples,
    settings: Settings,
    state: dict[str, np.ndarray] | None = None,
) -> Iterator[Epoch]:
    """Train ``params`` in place, one epoch for each step of the iterator; ``state`` too, where the module has one.

    Losses of what is held out, and accuracies, are those of inference. Noise follows from the seed. Raises ``Diverged`` when the loss is no longer finite.
    """
    training, held_out = split(examples, settings.validation)
    rng = np.random.default_rng(settings.seed)
    kept = {"state": module.init_state() if state is None else state} if hasattr(module, "STATE") else {}
    drawn = {"seed": np.random.default_rng([settings.seed, 1])} if hasattr(module, "NOISE") else {}
    for number in range(1, settings.epochs + 1):
        order = rng.permutation(len(training)) if settings.shuffle else np.arange(len(training))
        total = 0.0
        for start in range(0, len(training), settings.batch_size):
            batch = training.take(order[start : start + settings.batch_size])
            loss, grads, *following = module.loss_and_grad(params, *batch.arrays, **kept, **drawn)
            total += float(loss) * len(batch)
            for name, gradient in grads.items():
                params[name] -= settings.learning_rate * gradient
            for each in following:
                kept["state"].update(each)
        if not np.isfinite(total):
            raise Diverged(f"the loss is {total} in epoch {number}")
        yield Epoch(
            number,
            total / len(training),
            None if held_out is None else float(module.loss(params, *held_out.arrays, **kept)),
            accuracy(module, params, training, kept),
            None if held_out is None else accuracy(module, params, held_out, kept),
        )


def accuracy(
    module: ModuleType,
    params: dict[str, np.ndarray],
    examples: Examples,
    kept: Mapping[str, dict[str, np.ndarray]] = MappingProxyType({}),
) -> float | None:
    """The share of examples whose largest output is the one at their label, for a network that predicts classes."""
    if len(module.OUTPUTS) != 1 or len(module.INTEGERS.keys() & module.TARGETS.keys()) != 1:
        return None
    (shape,) = module.OUTPUTS.values()
    label = next(name for name in module.TARGETS if name in module.INTEGERS)
    if len(shape) != 2 or shape[1] != module.INTEGERS[label]:
        return None
    outputs = module.forward(params, *examples.arrays[: examples.inputs], **kept)
    labels = examples.arrays[examples.inputs + list(module.TARGETS).index(label)]
    return float(np.mean(np.argmax(outputs, axis=1) == labels))
