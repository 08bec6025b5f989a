"""What docs/performance.md says runs."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from symbprop.cli.app import app
from symbprop.verify.module import load_module

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")


def test_the_recipe_for_threads_gives_the_gradient_of_the_whole_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    digits = load_module(ROOT / "generated" / "digits.py")
    monkeypatch.setitem(sys.modules, "digits", digits)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    rng = np.random.default_rng(0)
    x, label = rng.random((300, 64)), rng.integers(0, 10, 300)
    params = digits.init(0)
    names: dict[str, Any] = {"params": params, "x": x, "label": label}
    exec(block, names)
    wanted, expected = digits.loss_and_grad(params, x, label)
    np.testing.assert_allclose(names["loss"], wanted, rtol=1e-14)
    assert names["grads"].keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(names["grads"][name], value, rtol=1e-11, atol=1e-16)


def test_every_command_and_option_it_names_exists() -> None:
    commands = {command.name or command.callback.__name__: command.callback for command in app.registered_commands}  # type: ignore[union-attr]
    for name, rest in re.findall(r"symbprop (\w+)((?: --?[\w]+| SPEC| \d+| float32)*)", PAGE):
        assert name in commands
        source = (ROOT / "symbprop" / "cli" / "app.py").read_text(encoding="utf-8")
        for option in re.findall(r"--(\w+)", rest):
            assert option in source
