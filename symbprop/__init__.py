"""symbprop: network descriptions to closed-form gradients and one standalone NumPy file.

>>> import symbprop
>>> net = symbprop.Network(name="bowl", formulas="L = 3*x^2 + 2*x*y + y^2")
>>> print(net.gradient("x"))
x̄ = 6 x + 2 y
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from symbprop.version import __version__

if TYPE_CHECKING:
    from symbprop.api import Gradient, Network, compile, load
    from symbprop.language.source import SourceError

__all__ = ["Gradient", "Network", "SourceError", "__version__", "compile", "load"]

_HOMES = {"SourceError": "symbprop.language.source"}


def __getattr__(name: str) -> Any:
    """The public names, imported when first asked for, so that the command line starts fast."""
    if name in __all__:
        return getattr(importlib.import_module(_HOMES.get(name, "symbprop.api")), name)
    raise AttributeError(f"module 'symbprop' has no attribute '{name}'")
