"""What is measured after an epoch beside the loss: the module's metrics, and how long its gradients are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from symbprop.train.data import Examples


def measured(module: ModuleType, run: Mapping[str, Any], examples: Examples) -> dict[str, float]:
    """The module's metrics in inference, if it has any."""
    if not hasattr(module, "metrics"):
        return {}
    values: dict[str, float] = module.metrics(run["params"], *examples.arrays, **_kept(run))
    return values


def gradient_norms(
    module: ModuleType, run: Mapping[str, Any], examples: Examples, layers: Mapping[str, Sequence[str]]
) -> dict[str, float]:
    """The length of the loss's gradient in training with respect to all parameters of each layer."""
    grads = module.loss_and_grad(run["params"], *examples.arrays, **_kept(run))[1]
    return {
        label: float(np.sqrt(sum(np.sum(np.square(grads[name])) for name in names))) for label, names in layers.items()
    }


def _kept(run: Mapping[str, Any]) -> dict[str, Any]:
    return {"state": run["state"]} if "state" in run else {}
