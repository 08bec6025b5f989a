"""The compiler with one line of its source changed: imported afresh, beside the honest one, and gone again."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

PACKAGE = "symbprop"


class _Loader(SourceFileLoader):
    """Reads the source and replaces ``old`` by ``new``; neither reads nor writes a compiled file."""

    def __init__(self, name: str, path: str, old: str, new: str) -> None:
        super().__init__(name, path)
        self.old, self.new = old, new

    def get_code(self, fullname: str) -> Any:
        text = self.get_source(fullname) or ""
        if text.count(self.old) != 1:
            raise ImportError(f"{fullname} holds {self.old!r} {text.count(self.old)} times, not once")
        return compile(text.replace(self.old, self.new), self.path, "exec")


class _Finder(MetaPathFinder):
    def __init__(self, name: str, old: str, new: str) -> None:
        self.name, self.old, self.new = name, old, new

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        spec = PathFinder.find_spec(fullname, path)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin, self.old, self.new)
        return spec


@contextmanager
def patched(name: str, old: str, new: str) -> Iterator[ModuleType]:
    """``symbprop.pipeline`` of a compiler in whose module ``name`` the text ``new`` stands for ``old``."""
    honest = {key: each for key, each in sys.modules.items() if key == PACKAGE or key.startswith(f"{PACKAGE}.")}
    finder = _Finder(f"{PACKAGE}.{name}", old, new)
    for key in honest:
        del sys.modules[key]
    sys.meta_path.insert(0, finder)
    try:
        pipeline = importlib.import_module(f"{PACKAGE}.pipeline")
        if finder.name not in sys.modules:
            raise ImportError(f"the compiler never imports {finder.name}")
        yield pipeline
    finally:
        sys.meta_path.remove(finder)
        for key in [key for key in sys.modules if key == PACKAGE or key.startswith(f"{PACKAGE}.")]:
            del sys.modules[key]
        sys.modules.update(honest)
