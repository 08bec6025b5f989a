"""What an analysis says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ActivationBound:
    """How steep an activation can be: the supremum of |f′|.

    ``formula`` is f′ in x. ``supremum`` is never below the true one, and above it by rounding only; ``exact`` is its
    closed form, or as many decimals as are certain. ``where`` says where it is attained, ``saturates`` where f′ is 0 or
    tends to it ("no" if nowhere).
    """

    layer: str
    formula: str
    supremum: float
    exact: str
    where: str
    saturates: str


@dataclass(frozen=True, slots=True)
class LayerFlow:
    """What a linear layer does to the signal that comes back, at the start of training.

    ``gain`` is the expected ratio of root mean squares of the cotangents, from the layer's own linear output back to
    the one before it, the slope of the activation between them included: √χ₁. ``bound`` is what no signal exceeds: the
    spectral norm of the weights times the largest slope. ``cumulative`` is the product of the gains from the loss to
    this layer: the root mean square of the cotangent of its linear output, that of the last layer being 1.
    """

    layer: str
    initializer: str
    gain: float
    bound: float
    cumulative: float


@dataclass(frozen=True, slots=True)
class GradientNorm:
    """The gradient of one parameter on data: its norm, the norm relative to the parameter's, and what was expected."""

    parameter: str
    norm: float
    relative: float
    predicted: float | None


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Where gradients can vanish or explode, in the order of the network, and what could be done."""

    activations: tuple[ActivationBound, ...]
    layers: tuple[LayerFlow, ...]
    measured: tuple[GradientNorm, ...]
    warnings: tuple[str, ...]
    advice: tuple[str, ...]
