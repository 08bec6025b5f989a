"""What the README shows is what there is."""

from __future__ import annotations

import re
from pathlib import Path

from symbprop.explain.derive import derivation
from symbprop.network.document import load_source
from symbprop.pipeline import derive, read


def test_the_session_shows_the_equations_that_are_derived(root: Path) -> None:
    text = (root / "README.md").read_text(encoding="utf-8")
    gradient = derive(read(load_source(str(root / "examples" / "digits.yaml")))).gradient
    assert gradient is not None
    assert derivation(gradient).strip() in text


def test_the_code_it_quotes_stands_in_the_generated_module(root: Path) -> None:
    text = (root / "README.md").read_text(encoding="utf-8")
    module = (root / "generated" / "digits.py").read_text(encoding="utf-8")
    quoted = re.search(r"```python\n(    h_bar.*?)```", text, re.DOTALL)
    assert quoted is not None
    assert quoted[1] in module


def test_every_command_it_names_exists(root: Path) -> None:
    text = (root / "README.md").read_text(encoding="utf-8")
    commands = set(re.findall(r"\| `symbprop (\w+)", text))
    app = (root / "symbprop" / "cli" / "app.py").read_text(encoding="utf-8")
    assert commands == set(re.findall(r"@app\.command\(\)\ndef (\w+)", app))
