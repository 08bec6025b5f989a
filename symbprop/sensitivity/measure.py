"""Gradient norms on data, beside those that the theory expects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType

import numpy as np

from symbprop.calculus.program import Role
from symbprop.network.network import Network
from symbprop.sensitivity.flow import cotangents
from symbprop.sensitivity.linear import linear_layers
from symbprop.sensitivity.propagation import propagate
from symbprop.sensitivity.records import GradientNorm
from symbprop.sensitivity.starts import count, network_starts


def gradient_norms(
    module: ModuleType,
    params: Mapping[str, np.ndarray],
    data: Sequence[np.ndarray],
    network: Network | None = None,
) -> tuple[GradientNorm, ...]:
    """The Euclidean norm of each parameter's gradient, and that norm relative to the parameter's own.

    ``module`` is an emitted module, ``data`` its inputs and targets in order. With a ``network`` each norm stands
    beside the one that mean-field theory expects of a single example, in the scale of the layer nearest to the loss,
    whose own norm is taken as measured.
    """
    _, gradient, *_ = module.loss_and_grad(dict(params), *data)
    norms = {name: float(np.linalg.norm(np.ravel(value))) for name, value in gradient.items()}
    expected = {} if network is None else _expected(network)
    anchor = next((name for name in reversed(expected) if expected[name] > 0 and name in norms), None)
    scale = norms[anchor] / expected[anchor] if anchor else 0.0
    return tuple(
        GradientNorm(
            parameter=name,
            norm=norm,
            relative=_relative(norm, float(np.linalg.norm(np.ravel(params[name])))),
            predicted=scale * expected[name] if name in expected else None,
        )
        for name, norm in norms.items()
    )


def _relative(norm: float, own: float) -> float:
    return norm / own if own > 0 else float("inf") if norm > 0 else 0.0


def _expected(network: Network) -> dict[str, float]:
    """The norm of each parameter's gradient in a scale of their own, those of the weights of linear layers last."""
    program = network.program
    layers = linear_layers(program)
    back = cotangents(propagate(program, network_starts(network)), layers)
    found = {
        tensor.name: float(np.sqrt(back[tensor.name] * count(tensor.shape)))
        for tensor in program.of(Role.PARAMETER)
        if tensor.name in back
    }
    weights = [each.parameter for each in layers if each.parameter in found]
    return {name: found[name] for name in (*(name for name in found if name not in weights), *dict.fromkeys(weights))}
