"""One attack: a network from its seed, examined; and the smallest network with the same fault."""

from __future__ import annotations

from collections.abc import Sequence

from symbprop.language.source import SourceError

from .case import Broken
from .checks import CHECKS, DEAR, examine
from .grow import LARGE, network
from .shrink import shrunk
from .sketch import Sketch

EVERY = 10  # networks, of which one has the dear checks too


def attack(seed: int, sizes: Sequence[int] = LARGE) -> tuple[Sketch | None, Broken | None]:
    """The network of a seed, ``None`` if it is refused, and what is broken of it, if anything."""
    sketch = network(seed, sizes)
    checks = CHECKS if seed % EVERY else (*CHECKS, *DEAR)
    try:
        examine(sketch.text, seed, checks)
    except SourceError:
        return None, None
    except Broken as broken:
        return sketch, broken
    return sketch, None


def failure_of(sketch: Sketch, seed: int) -> Broken | None:
    """What is broken of a network, all checks made; ``None`` if nothing is, or if it is refused."""
    try:
        examine(sketch.text, seed, (*CHECKS, *DEAR))
    except Broken as broken:
        return broken
    except SourceError:
        return None
    return None


def smallest(sketch: Sketch, seed: int, check: str) -> Sketch:
    """The network, made smaller as long as the same check fails."""

    def fails(candidate: Sketch) -> bool:
        found = failure_of(candidate, seed)
        return found is not None and found.check == check

    return shrunk(sketch, fails)
