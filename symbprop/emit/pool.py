"""Names of intermediate results: a few letters, given out again when nobody reads what they held."""

from __future__ import annotations

from collections.abc import Sequence


class Pool:
    """``letters`` are free at first; when they run out there are names with numbers, used once."""

    def __init__(self, letters: Sequence[str]) -> None:
        self._letters = frozenset(letters)
        self._free = list(letters)
        self._count = 0

    def take(self, boolean: bool = False) -> str:
        """A name that nothing has; ``boolean`` says that it will be one of truth values."""
        if self._free:
            return self._free.pop(0)
        self._count += 1
        return f"t{self._count}_"

    def release(self, name: str) -> None:
        """Nobody reads what is called ``name`` any more."""
        if name in self._letters:
            self._free.insert(0, name)
