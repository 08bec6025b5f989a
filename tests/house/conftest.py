"""The source text of the project, as the tests of this folder look at it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def files(root: Path) -> list[Path]:
    """Every file of the repository that is not hidden or made by a build; ``.ci`` is not hidden here."""
    found = []
    for top in sorted(root.iterdir()):
        if top.name == ".ci" or not (top.name.startswith(".") or top.name in ("build", "dist")):
            found.extend([top] if top.is_file() else sorted(path for path in top.rglob("*") if path.is_file()))
    return [path for path in found if "__pycache__" not in path.parts]


@pytest.fixture(scope="session")
def modules(root: Path) -> Mapping[str, ast.Module]:
    """The syntax trees of symbprop's modules by dotted name; a package is named by itself, not by its ``__init__``."""
    trees = {}
    for path in sorted((root / "symbprop").rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        trees[name] = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    assert len(trees) > 20, "the package was not found"
    return trees
