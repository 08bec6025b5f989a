"""A public function of an emitted module, as finished text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Function:
    """One public function of the module, as finished text."""

    name: str
    parameters: tuple[str, ...]
    returns: str
    docstring: str
    lines: tuple[str, ...]
