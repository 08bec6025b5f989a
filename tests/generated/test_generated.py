"""``generated/`` holds what the compiler makes of ``examples/`` today."""

from __future__ import annotations

from pathlib import Path

import pytest

from symbprop.network.document import load_source
from symbprop.pipeline import compile_description, read

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_generated_module_of_an_example_is_current(path: Path) -> None:
    source = load_source(str(path))
    made = compile_description(read(source), source).source
    kept = ROOT / "generated" / f"{path.stem}.py"
    assert kept.exists(), f"run: symbprop compile examples/{path.name}"
    assert kept.read_text(encoding="utf-8") == made, f"out of date; run: symbprop compile examples/{path.name}"


def test_there_is_no_module_without_an_example() -> None:
    stems = {path.stem for path in EXAMPLES}
    assert {path.stem for path in (ROOT / "generated").glob("*.py")} == stems
