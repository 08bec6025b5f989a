"""Shapes that can only be a mistake, told before anything is derived from them."""

from __future__ import annotations

from math import prod

from symbprop.calculus.program import Tensor
from symbprop.language.source import NOWHERE, SourceError, Span
from symbprop.network.fields import LARGEST_TENSOR
from symbprop.network.network import Network


def possible(network: Network) -> Network:
    """``network``. Raises ``SourceError`` at the layer that makes a tensor of more than 2^40 elements."""
    for tensor in network.program.tensors.values():
        if prod(size for size in tensor.shape if isinstance(size, int)) >= LARGEST_TENSOR:
            shape = ", ".join(map(str, tensor.shape))
            message = f"{tensor.name} of shape [{shape}] would have more than 2^40 elements"
            raise SourceError(message, _maker(tensor, network), hint="make it smaller")
    return network


def _maker(tensor: Tensor, network: Network) -> Span:
    """Where the layer stands that a tensor is made by, or else the description."""
    description = network.description
    if description is None:
        return NOWHERE
    specs = list(description.layers)
    for position, layer in enumerate(network.layers):
        if tensor.name == layer.output or tensor.name in layer.parameters:
            if layer.label in description.nodes:
                return description.nodes[layer.label].span
            if len(specs) == len(network.layers):
                return specs[position].span
    return description.span
