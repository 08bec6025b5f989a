"""The constants of the cost model (``schedule/machine.py``), measured here: one call of each kind, small and large."""

from __future__ import annotations

from collections.abc import Callable
from itertools import starmap
from typing import Any

import numpy as np

from symbprop.schedule.machine import REFERENCE, Machine, Pair
from symbprop.tuning.clock import seconds_of
from symbprop.tuning.processor import processor

LENGTH = 1 << 14  # elements: three arrays of them are in cache, and a call is nothing beside them
STREAM = 1 << 23  # elements that no cache holds
SIDE = 768  # of a matrix that has the full speed of a product
NARROW = 16  # a side at which it has not
DTYPES = ("float32", "float64")

Make = Callable[[np.ndarray, np.ndarray, np.ndarray], Callable[[], object]]


def calibrate() -> Machine:
    """The table for this machine, with one thread; about ten seconds of processor time."""
    where = processor()
    tiny, out = np.ones(1), np.empty(1)
    square, row = np.ones((8, 8)), np.ones(8)
    stack, wide = np.ones((2, 8, 8)), np.empty((8, 8))
    rows, places, number = np.arange(8), np.zeros(8, int), np.float64(2)
    gemm = tuple(map(_gemm, DTYPES))
    call = _fixed(lambda: np.add(tiny, tiny, out=out))
    return Machine(
        source=f"{where.name}, NumPy {np.__version__}",
        entry=call * REFERENCE.entry / REFERENCE.call,  # Python too, so as much slower as a call is
        call=call,
        broadcast=_fixed(lambda: np.add(square, row, out=wide)),
        number=_fixed(lambda: np.multiply(2, tiny, out=out)),
        product=_fixed(lambda: square.dot(square, out=wide)),
        stack=_fixed(lambda: np.matmul(stack, stack)),
        reduction=_fixed(lambda: np.add.reduce(row)),
        indexing=_fixed(lambda: square[rows, places]),
        view=_fixed(lambda: square[1]),
        scalar=_fixed(lambda: number / 3),
        plain=_each(lambda a, b, c: lambda: np.add(a, b, out=c)),
        quotient=_each(lambda a, b, c: lambda: np.divide(a, b, out=c)),
        root=_each(lambda a, b, c: lambda: np.sqrt(a, out=c)),
        exponential=_each(lambda a, b, c: lambda: np.exp(a, out=c)),
        logarithm=_each(lambda a, b, c: lambda: np.log(a, out=c)),
        careful=_each(lambda a, b, c: lambda: np.log1p(a, out=c)),
        tangent=_each(lambda a, b, c: lambda: np.tanh(a, out=c)),
        sine=_each(lambda a, b, c: lambda: np.sin(a, out=c)),
        power=_each(lambda a, b, c: lambda: np.power(a, b, out=c)),
        comparison=_each(_comparison),
        masking=_each(_masking),
        extreme=_each(lambda a, b, c: lambda: np.maximum(a, b, out=c)),
        choice=_each(_choice),
        total=_each(_total),
        largest=_each(_largest),
        place=_each(_place),
        gather=_each(_gather),
        scatter=_each(_scatter),
        window=_each(_window),
        gemm=(gemm[0][0], gemm[1][0]),
        small=(gemm[0][1], gemm[1][1]),
        streamed=streaming(),
        fresh=_fresh(),
        cache=1 << 20,
    )


def speed(rows: int, length: int, columns: int, dtype: str) -> float:
    """GFLOP/s of a product of matrices."""
    rng = np.random.default_rng(0)
    a, b = (rng.random(shape).astype(dtype) for shape in ((rows, length), (length, columns)))
    out = np.empty((rows, columns), dtype)
    return 2e-9 * rows * length * columns / seconds_of(lambda: np.dot(a, b, out=out))


def streaming() -> float:
    """GB/s at which memory is read and written, by a sum of two arrays."""
    a, b, c = (np.ones(STREAM, np.float32) for _ in range(3))
    return 3e-9 * a.nbytes / seconds_of(lambda: np.add(a, b, out=c), samples=3)


def _fresh() -> float:
    """GB/s at which memory is filled that the system hands out anew."""
    return 4e-9 * STREAM / seconds_of(lambda: np.empty(STREAM, np.float32).fill(1), samples=3)


def _gemm(dtype: str) -> Pair:
    """The full speed, and the side at which a product has half of it: s / (s + side) of it is what is measured."""
    full = speed(SIDE, SIDE, SIDE, dtype)
    part = speed(SIDE, SIDE, NARROW, dtype)
    return full, max(0.5, NARROW * (full / part - 1))


def _fixed(call: Callable[[], object]) -> float:
    return 1e9 * seconds_of(call)


def _each(make: Make) -> Pair:
    """Nanoseconds for an element, without the fixed part, in both dtypes."""

    def measured(dtype: str) -> float:
        times = list(starmap(seconds_of, ([make(*_arrays(length, dtype))] for length in (LENGTH // 16, LENGTH))))
        return max(1e-3, 1e9 * (times[1] - times[0]) / (LENGTH - LENGTH // 16))

    return measured(DTYPES[0]), measured(DTYPES[1])


def _arrays(length: int, dtype: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    first, second = (rng.uniform(0.1, 1.9, length).astype(dtype) for _ in range(2))
    return first, second, np.ones_like(first)


def _comparison(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> Callable[[], object]:
    mask = np.empty(a.shape, bool)
    return lambda: np.greater(a, b, out=mask)


def _masking(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> Callable[[], object]:
    mask = a > b
    return lambda: np.multiply(a, mask, out=c)


def _choice(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> Callable[[], object]:
    mask = a > b
    return lambda: np.where(mask, a, b)


def _total(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> Callable[[], object]:
    table, ones = a.reshape(-1, 64), np.ones(len(a) // 64, a.dtype)
    return lambda: np.dot(ones, table)


def _largest(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> Callable[[], object]:
    table = a.reshape(8, -1)
    return lambda: np.maximum.reduce(table, axis=0)


def _place(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> Callable[[], object]:
    table = a.reshape(8, -1)
    return lambda: np.argmax(table, axis=0)


def _gather(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> Callable[[], object]:
    places = _places(a)
    return lambda: a[places]


def _scatter(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> Callable[[], object]:
    places = _places(a)
    return lambda: np.add.at(c, places, a)


def _window(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> Callable[[], object]:
    """Windows of five, of rows of which 64 elements lie side by side."""
    rows: Any = np.lib.stride_tricks.sliding_window_view(a.reshape(-1, 64), 5, axis=0)
    flat = np.empty((5, *rows.shape[:2]), a.dtype)
    windows = rows.transpose(2, 0, 1)[:, : max(1, len(rows) // 5)]
    part = flat[:, : windows.shape[1]]
    return lambda: np.copyto(part, windows)


def _places(a: np.ndarray) -> np.ndarray:
    return np.random.default_rng(0).permutation(len(a))
