"""The peers: each a module with ``prepare``, loaded if what it needs is installed."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable

from benchmarks.speed.task import Contestant, Task

Prepare = Callable[[Task], Contestant]
# The package that must be installed, and the module and function here.
KNOWN = {
    "jax": ("jax", "jax_peer", "prepare"),
    "torch": ("torch", "torch_peer", "prepare"),
    "torch_compiled": ("torch", "torch_peer", "prepare_compiled"),
    "autograd": ("autograd", "autograd_peer", "prepare"),
    "pytensor": ("pytensor", "pytensor_peer", "prepare"),
}


def find(names: tuple[str, ...], say: Callable[[str], None]) -> dict[str, Prepare]:
    """The peers that are installed, of those named; of the others it is said why they are left out."""
    found = {}
    for name in names:
        package, module, function = KNOWN[name]
        if importlib.util.find_spec(package) is None:
            say(f"{name} is left out: {package} is not installed")
            continue
        found[name] = getattr(importlib.import_module(f"benchmarks.speed.peers.{module}"), function)
    return found
