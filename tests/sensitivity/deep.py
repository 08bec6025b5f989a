"""Deep networks for the tests of this folder."""

from __future__ import annotations

from symbprop.language.source import Source
from symbprop.pipeline import Derived, derive, read

# A linear loss, so that what arrives at the last layer does not depend on its weights.
LOSS = "loss: {formula: 'L = sum((n, j), p[n, j] * y[n, j])', inputs: [p, y]}"


def deep(activation: str, initializer: str, layers: int = 50, width: int = 64) -> str:
    """A chain of equal layers and a linear one, as text."""
    one = f"  - dense: {{units: {width}, activation: {activation}, kernel_initializer: {initializer}}}\n"
    last = f"  - {{dense: {{units: {width}, kernel_initializer: {initializer}}}, name: p}}\n"
    head = f"inputs: {{x: {{shape: [{width}]}}}}\ntargets: {{y: {{shape: [{width}]}}}}\nlayers:\n"
    return f"name: deep\n{head}{one * layers}{last}{LOSS}\n"


def derived(text: str) -> Derived:
    """The network and gradient of a description's text."""
    return derive(read(Source("net.yaml", text)))
