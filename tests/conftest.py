"""What all tests share: how a description becomes a module, and how Hypothesis searches."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Collection
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

from symbprop.language.source import Source
from symbprop.pipeline import compile_description, read

# The machine's speed of the moment is no property of the code, and a run must be repeatable.
settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the repository."""
    return ROOT


@pytest.fixture
def compiled(tmp_path: Path) -> Callable[..., ModuleType]:
    """The emitted module of a description's text, imported from a file as its user would; not yet verified."""

    def compile_text(text: str, name: str = "net.yaml", *, without: Collection[str] = ()) -> ModuleType:
        source = Source(name, text)
        result = compile_description(read(source), source, without=without)
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}_{Path(name).stem}.py"
        path.write_text(result.source, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return compile_text
