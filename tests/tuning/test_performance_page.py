"""What docs/performance.md says runs."""

from __future__ import annotations

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from symbprop.cli.app import app
from symbprop.verify.module import load_module

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("count", [1, 2, 3, 9])
def test_the_recipe_for_threads_gives_the_gradient_of_the_whole_batch(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    digits = load_module(ROOT / "generated" / "digits.py")
    monkeypatch.setitem(sys.modules, "digits", digits)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    rng = np.random.default_rng(0)
    x, label = rng.random((7, 64)), rng.integers(0, 10, 7)
    params = digits.init(0)
    names: dict[str, object] = {"params": params, "x": x, "label": label}
    exec(block, names)
    recipe = names["in_threads"]
    assert callable(recipe)
    with ThreadPoolExecutor(count) as pool:
        loss, grads = recipe(pool, count, params, x, label)
    wanted, expected = digits.loss_and_grad(params, x, label)
    np.testing.assert_allclose(loss, wanted, rtol=1e-14)
    assert grads.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(grads[name], value, rtol=1e-11, atol=1e-16)
    np.testing.assert_allclose(names["loss"], wanted, rtol=1e-14)


def test_every_command_and_option_it_names_exists() -> None:
    commands = {command.name or command.callback.__name__: command.callback for command in app.registered_commands}  # type: ignore[union-attr]
    for name, rest in re.findall(r"symbprop (\w+)((?: --?[\w]+| SPEC| \d+| float32)*)", PAGE):
        assert name in commands
        source = (ROOT / "symbprop" / "cli" / "app.py").read_text(encoding="utf-8")
        for option in re.findall(r"--(\w+)", rest):
            assert option in source
