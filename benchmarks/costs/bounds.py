"""The constants at which the compiler changes from one form to another, with the time of both forms on either side.

``python -m benchmarks.costs --bounds``: nanoseconds for an element of what is read, one thread, float32.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from symbprop.emit import columns, stacked, sums
from symbprop.schedule import layout
from symbprop.tuning.clock import seconds_of

ELEMENTS = 1 << 15
Call = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Bound:
    """``value`` is the constant; at each ``size`` the nanoseconds of the form below it and of the one from it on."""

    name: str
    value: int
    below: str
    above: str
    times: tuple[tuple[int, float, float], ...]


def bounds() -> Iterator[Bound]:
    """One constant after another."""
    yield _measured(
        "schedule/layout.py FEW", layout.FEW, "columns first", "rows first", (4, 8, 16, 32, 64, 128), _largest
    )
    yield _measured("emit/sums.py SHORT", sums.SHORT, "product with ones", "reduction", (16, 128, 1024, 4096), _sum)
    yield _measured(
        "emit/columns.py SHORT", columns.SHORT, "windows first", "places first", (3, 6, 12, 24, 48), _windows
    )
    yield _measured(
        "emit/stacked.py NARROW", stacked.NARROW, "einsum, batch along memory", "matmul", (1, 2, 3, 4, 8, 16), _stack
    )
    yield _measured("emit/stacked.py, blocks", 0, "einsum", "matmul", (1, 2, 3, 4, 8, 16), _stack_apart)


def _measured(
    name: str, value: int, below: str, above: str, sizes: tuple[int, ...], make: Callable[[int], tuple[Call, Call, int]]
) -> Bound:
    times = []
    for size in sizes:
        first, second, elements = make(size)
        times.append((size, 1e9 * seconds_of(first) / elements, 1e9 * seconds_of(second) / elements))
    return Bound(name, value, below, above, tuple(times))


def _random(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).random(shape, np.float32)


def _largest(size: int) -> tuple[Call, Call, int]:
    """The largest of each row, of a matrix whose columns come first in memory, and of one whose rows do."""
    rows = ELEMENTS // size
    upright, plain = _random(size, rows).T, _random(rows, size)
    return lambda: np.maximum.reduce(upright, axis=1), lambda: np.maximum.reduce(plain, axis=1), ELEMENTS


def _sum(size: int) -> tuple[Call, Call, int]:
    """The sum of each row of a stack of matrices."""
    table, ones = _random(ELEMENTS // size, size), np.ones(size, np.float32)
    return lambda: np.dot(table, ones), lambda: np.add.reduce(table, axis=1), ELEMENTS


def _windows(size: int) -> tuple[Call, Call, int]:
    """Windows of 3 × 3 over images, ``size`` elements of each row of a window side by side, copied either way."""
    images = _random(8, 16, 16, size // 3)
    view = np.lib.stride_tricks.sliding_window_view(images, (3, 3), axis=(1, 2))  # n, u, v, c, p, q
    across = view.transpose(4, 5, 3, 0, 1, 2)
    along = view.transpose(0, 1, 2, 4, 5, 3)
    first, second = np.empty(across.shape, np.float32), np.empty(along.shape, np.float32)
    return lambda: np.copyto(first, across), lambda: np.copyto(second, along), view.size


def _stack(size: int) -> tuple[Call, Call, int]:
    """A stack of 1024 products of 16 × 8 with 8 × ``size``, the place in the stack fastest in memory."""
    left, right = (_random(*shape, 1024).transpose(2, 0, 1) for shape in ((16, 8), (8, size)))
    return lambda: np.einsum("bij,bjk->bik", left, right), lambda: np.matmul(left, right), left.size


def _stack_apart(size: int) -> tuple[Call, Call, int]:
    """The same, each matrix a block in memory."""
    left, right = _random(1024, 16, 8), _random(1024, 8, size)
    return lambda: np.einsum("bij,bjk->bik", left, right), lambda: np.matmul(left, right), left.size


def shown(bound: Bound) -> str:
    """A table of one constant."""
    rows = [f"{bound.name} = {bound.value}: {bound.below} below, {bound.above} from there"]
    rows += [f"  {size:5}  {first:8.3f}  {second:8.3f}" for size, first, second in bound.times]
    return "\n".join(rows)
