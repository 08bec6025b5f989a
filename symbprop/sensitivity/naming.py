"""Which layer of the description a tensor belongs to."""

from __future__ import annotations

from symbprop.network.network import Network


def layer_names(network: Network) -> dict[str, str]:
    """For each computed tensor the layer that it is computed in, and its own name: ``layer 2 (z2)``."""
    waiting = list(network.layers)
    names: dict[str, str] = {}
    definitions = network.program.definitions()
    for tensor in definitions:
        label = waiting[0].label if waiting else "loss"
        names[tensor] = tensor if label == tensor else f"{label} ({tensor})"
        if waiting and tensor == waiting[0].output:
            waiting.pop(0)
    return names
