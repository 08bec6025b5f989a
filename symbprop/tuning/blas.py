"""The BLAS that NumPy has loaded: which, its version, its kernels, its threads. Asked of the library itself where it is OpenBLAS."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

MAPS = Path("/proc/self/maps")
NAMES = ("openblas", "mkl_rt", "libblis", "Accelerate")
# NumPy's own OpenBLAS has its names decorated; with 64-bit integers they end in 64_.
DECORATIONS = (("scipy_", "64_"), ("scipy_", ""), ("", "64_"), ("", ""))


@dataclass(frozen=True, slots=True)
class Blas:
    """``kernels``, ``threads`` and ``path`` are unknown for a library that does not tell."""

    name: str
    version: str
    kernels: str | None
    threads: int | None
    configuration: str | None
    path: str | None


def blas() -> Blas:
    """The BLAS in use, from the loaded library, else from what NumPy was built with."""
    built = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    library = loaded()
    configuration = _text("get_config")
    version = next(
        (word for word in (configuration or "").split() if word[:1].isdigit()), str(built.get("version", ""))
    )
    name = str(built.get("name", "unknown")) if configuration is None else "OpenBLAS"
    count = _function("get_num_threads")
    threads = None if count is None else int(count())
    return Blas(name, version, _text("get_corename"), threads, configuration, None if library is None else str(library))


def set_threads(count: int) -> bool:
    """Let the loaded library use so many threads from now on; False if it cannot be told."""
    function = _function("set_num_threads")
    if function is None:
        return False
    function(ctypes.c_int(count))
    return True


@cache
def loaded() -> Path | None:
    """The file of the BLAS: among what this process has mapped, else beside NumPy."""
    found: list[Path] = []
    try:
        rows = MAPS.read_text(encoding="utf-8", errors="replace").splitlines()
        found.extend(Path(row[row.index("/") :]) for row in rows if "/" in row)
    except OSError:
        pass
    package = Path(np.__file__).parent
    for folder in (package.parent / "numpy.libs", package / ".dylibs"):
        found.extend(sorted(folder.glob("*")) if folder.is_dir() else [])
    return next((path for name in NAMES for path in found if name in path.name), None)


@cache
def _library() -> ctypes.CDLL | None:
    path = loaded()
    if path is None or "openblas" not in path.name:
        return None
    try:
        return ctypes.CDLL(str(path))
    except OSError:
        return None


def _function(name: str) -> Callable[..., Any] | None:
    """A function of OpenBLAS, under whatever name it has in this build."""
    library = _library()
    for before, after in DECORATIONS if library is not None else ():
        found: Callable[..., Any] | None = getattr(library, f"{before}openblas_{name}{after}", None)
        if found is not None:
            return found
    return None


def _text(name: str) -> str | None:
    function: Any = _function(name)
    if function is None:
        return None
    function.restype = ctypes.c_char_p
    answer = function()
    return answer.decode(errors="replace").strip() if answer else None
