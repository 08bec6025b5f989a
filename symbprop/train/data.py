"""Examples: arrays by name from an .npz file, held against what the module takes."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

from symbprop.language.source import SourceError, did_you_mean

EXAMPLES = "N"  # the size of the axis of examples


@dataclass(frozen=True, slots=True)
class Examples:
    """Arrays in the order in which the module takes them; ``inputs`` is how many of them are inputs."""

    arrays: tuple[np.ndarray, ...]
    inputs: int
    batched: tuple[bool, ...]  # whether an array's first axis is that of the examples

    def __len__(self) -> int:
        lengths = [len(array) for array, batched in zip(self.arrays, self.batched, strict=True) if batched]
        return lengths[0] if lengths else 1

    def split(self, share: float) -> tuple[Examples, Examples | None]:
        """The examples to train on, and those held out: the last ones, if there are any."""
        held = round(len(self) * share)
        if held == 0:
            return self, None
        return self.take(slice(0, len(self) - held)), self.take(slice(len(self) - held, None))

    def take(self, rows: np.ndarray | slice) -> Examples:
        """Some of the examples."""
        taken = (array[rows] if batched else array for array, batched in zip(self.arrays, self.batched, strict=True))
        return Examples(tuple(taken), self.inputs, self.batched)


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
    batched = tuple(shape[:1] == (EXAMPLES,) for shape in wanted.values())
    lengths = {len(array) for array, each in zip(arrays, batched, strict=True) if each}
    if len(lengths) > 1:
        named = zip(wanted, arrays, batched, strict=True)
        counts = ", ".join(f"{name}: {len(array)}" for name, array, each in named if each)
        raise SourceError(f"{path} holds different numbers of examples: {counts}")
    return Examples(tuple(arrays), len(module.INPUTS), batched)


def _fitting(path: str, name: str, array: np.ndarray, shape: tuple[int | str, ...], module: ModuleType) -> np.ndarray:
    fits = array.ndim == len(shape) and all(
        isinstance(size, str) or size == length for size, length in zip(shape, array.shape, strict=True)
    )
    if not fits:
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
