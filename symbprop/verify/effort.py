"""How much is probed: the scales, the directions, the single entries."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """``directions`` and single ``entries`` of each tensor, at points of these ``scales``.

    Entries are probed at the first point. Differences along directions are taken until they have said something, in
    small networks twice; with ``everywhere`` both are done at every point. Formulas of up to ``interpreted`` points are
    evaluated by index loops, seven microseconds a point.
    """

    scales: tuple[float, ...]
    directions: int = 1
    entries: int = 8
    everywhere: bool = False
    interpreted: int = 100_000


EFFORTS = {
    "quick": Effort((1.0, 0.3), entries=0, interpreted=10_000),
    "normal": Effort((1.0, 0.1, 10.0)),
    "thorough": Effort((1.0, 0.01, 0.1, 10.0, 100.0), directions=4, entries=24, everywhere=True, interpreted=2_000_000),
}
