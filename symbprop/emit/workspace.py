"""The arrays of a function as a class of the emitted module, and how the function gets and returns an object of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from symbprop.emit.buffers import Buffer, Buffers

WORKSPACE = "workspace"  # what one leaves out to have every call make its arrays anew


@dataclass(frozen=True, slots=True)
class Workspace:
    """``buffers`` of a ``function`` as text; ``names`` are those of all free sizes. Without buffers there is none."""

    function: str
    buffers: Buffers | None = None
    names: Sequence[str] = ()

    @property
    def title(self) -> str:
        """The name of the class."""
        return f"_{self.function.title().replace('_', '')}Work"

    @property
    def arrays(self) -> list[Buffer]:
        """What is in it, in the order of first use."""
        return [] if self.buffers is None else self.buffers.made

    @property
    def sizes(self) -> list[str]:
        """The free sizes that the shapes mention."""
        shapes = " ".join(each.text for each in self.arrays)
        return [name for name in self.names if re.search(rf"\b{re.escape(name)}\b", shapes)]

    @property
    def kind(self) -> str:
        """The arguments that say which arrays a call needs."""
        return ", ".join((self.title, "dtype", *self.sizes))

    def borrowed(self) -> list[str]:
        """The line that takes it."""
        if self.buffers is None or not self.arrays:
            return []
        return [f"    {self.buffers.variable} = _borrow({self.kind})"]

    def returned(self) -> list[str]:
        """The line that hands it back."""
        if self.buffers is None or not self.arrays:
            return []
        return [f"    _give_back({self.buffers.variable}, {self.kind})"]

    @property
    def sizes_typed(self) -> str:
        """The free sizes as further parameters."""
        return "".join(f", {each}: int" for each in self.sizes)
