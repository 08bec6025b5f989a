"""Examples: arrays by name from an .npz file, held against what the module takes."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

from symbprop.language.source import SourceError, did_you_mean


@dataclass(frozen=True, slots=True)
class Examples:
    """Arrays in the order in which the module takes them; ``inputs`` is how many of them are inputs."""

    arrays: tuple[np.ndarray, ...]
    inputs: int

    def __len__(self) -> int:
        return len(self.arrays[0])

    def take(self, rows: np.ndarray | slice) -> Examples:
        """Some of the examples."""
        return Examples(tuple(array[rows] for array in self.arrays), self.inputs)


def read_examples(path: str | Path, module: ModuleType) -> Examples:
    """The examples in an .npz file: one array for each input and target, by name.

    Raises ``SourceError`` for a file that is none, a name that is missing, and an array that does not fit.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            tables = {name: stored[name] for name in stored.files}
    except (OSError, ValueError, zipfile.BadZipFile, EOFError) as error:
        raise SourceError(
            f"cannot read the examples in {path}: {error}", hint="give an .npz file of NumPy's"
        ) from error
    wanted = {**module.INPUTS, **module.TARGETS}
    arrays = []
    for name, shape in wanted.items():
        if name not in tables:
            raise SourceError(f"{path} holds no array '{name}'", hint=did_you_mean(name, tables))
        arrays.append(_fitting(str(path), name, tables[name], shape, module))
    lengths = {len(array) for array in arrays}
    if len(lengths) != 1:
        counts = ", ".join(f"{name}: {len(array)}" for name, array in zip(wanted, arrays, strict=True))
        raise SourceError(f"{path} holds different numbers of examples: {counts}")
    return Examples(tuple(arrays), len(module.INPUTS))


def _fitting(path: str, name: str, array: np.ndarray, shape: tuple[int | str, ...], module: ModuleType) -> np.ndarray:
    fits = array.ndim == len(shape) and all(
        isinstance(size, str) or size == length for size, length in zip(shape, array.shape, strict=True)
    )
    if not fits or not shape:
        wanted = ", ".join(map(str, shape))
        raise SourceError(f"{path}: the array '{name}' has shape {array.shape}, the network takes ({wanted})")
    if name in module.INTEGERS:
        if array.dtype.kind not in "iu":
            raise SourceError(f"{path}: the array '{name}' has dtype {array.dtype}, it must hold integers")
        classes = module.INTEGERS[name]
        if array.size and not 0 <= array.min() <= array.max() < classes:
            raise SourceError(f"{path}: '{name}' holds {array.min()} to {array.max()}, not 0 to {classes - 1}")
    elif array.dtype.kind not in "biuf" or not np.all(np.isfinite(array)):
        raise SourceError(f"{path}: the array '{name}' holds something other than finite numbers")
    return array
