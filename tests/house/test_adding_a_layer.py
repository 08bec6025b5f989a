"""The tutorial's layer is what it says, and its commands run."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from typer.testing import CliRunner

from symbprop.cli.app import app
from symbprop.language.parser import parse_operations
from symbprop.language.source import Source
from symbprop.verify.module import load_module

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "adding_a_layer.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"```(\w*)\n(.*?)```", PAGE, flags=re.DOTALL))


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module that the page's commands make, run in order in an empty folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gated.yaml").write_text(BLOCKS["yaml"], encoding="utf-8")
    commands = [line.removeprefix("$ symbprop ").split() for line in BLOCKS["console"].splitlines()]
    assert [each[0] for each in commands] == ["derive", "compile", "check"]
    for each in commands:
        result = CliRunner().invoke(app, each)
        assert result.exit_code == 0, result.output
    return load_module(tmp_path / "gated.py")


def test_the_pages_formula_is_the_one_in_its_network() -> None:
    (alone,) = parse_operations(Source("my_layers.sym", BLOCKS[""]))
    indented = BLOCKS["yaml"].split("operations: |\n")[1].split("layers:")[0]
    (inside,) = parse_operations(Source("gated.yaml", re.sub(r"^  ", "", indented, flags=re.MULTILINE)))
    assert (alone.name, alone.comment) == (inside.name, inside.comment)
    assert [each.name for each in alone.arguments] == [each.name for each in inside.arguments]
    assert BLOCKS[""].split() == indented.split()


def test_the_pages_network_has_the_layer_and_its_gradient(module: ModuleType) -> None:
    assert module.PARAMETERS["w"] == module.PARAMETERS["c"] == (4,)
    params = module.init(0)
    np.testing.assert_array_equal(params["w"], 2)
    rng = np.random.default_rng(0)
    params = {name: rng.standard_normal(value.shape) for name, value in params.items()}
    x, y = rng.standard_normal((3, 5)), rng.standard_normal((3, 2))
    z = x @ params["W1"] + params["b1"]
    gate = 1 / (1 + np.exp(-(params["w"] * z + params["c"])))
    out = (z * gate) @ params["W3"] + params["b3"]
    np.testing.assert_allclose(module.forward(params, x), out, rtol=1e-13)
    bar = 2 * (out - y) / out.size @ params["W3"].T
    np.testing.assert_allclose(module.loss_and_grad(params, x, y)[1]["c"], (bar * z * gate * (1 - gate)).sum(0))
