"""``generated/`` holds what the compiler makes of ``examples/`` today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from symbprop.network.document import load_source
from symbprop.network.build import build
from symbprop.pipeline import compile_description, read
from symbprop.stillness import reasons_for_zero
from symbprop.verify.module import load_module

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_generated_module_of_an_example_is_current(path: Path) -> None:
    source = load_source(str(path))
    kept = ROOT / "generated" / f"{path.stem}.py"
    assert kept.exists(), f"run: symbprop compile examples/{path.name}"
    # Which gradients vanish is found when a module is verified; why each does is held below.
    zeros = load_module(kept).ZERO_GRADIENTS
    made = compile_description(read(source), source, zeros=zeros).source
    verified = re.sub(r"^Verified by \d+ probes; .*\n", "", kept.read_text(encoding="utf-8"), count=1, flags=re.MULTILINE)
    assert verified == made, f"out of date; run: symbprop compile examples/{path.name}"


def test_a_gradient_is_left_out_only_where_the_loss_does_not_move() -> None:
    found = {}
    for path in EXAMPLES:
        zeros = load_module(ROOT / "generated" / f"{path.stem}.py").ZERO_GRADIENTS
        if zeros:
            found[path.stem] = zeros
            assert reasons_for_zero(build(read(load_source(str(path)))), list(zeros)) == zeros
    assert found == {"transformer": {"bk": "w stays the same whatever bk is"}}


def test_there_is_no_module_without_an_example() -> None:
    stems = {path.stem for path in EXAMPLES}
    assert {path.stem for path in (ROOT / "generated").glob("*.py")} == stems
