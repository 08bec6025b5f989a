"""Functions asked for on the command line and from Python, beside those of the description."""

from __future__ import annotations

from pathlib import Path

import pytest
from networks import MLP
from typer.testing import CliRunner

import symbprop
from symbprop.cli.app import app
from symbprop.language.source import Source, SourceError
from symbprop.network.asked import FUNCTIONS, with_functions
from symbprop.pipeline import read
from symbprop.simplify.requests import MAKERS
from symbprop.verify.functions import COMPARED
from symbprop.verify.module import load_module


def test_what_may_be_asked_for_is_what_is_derived_and_what_is_verified() -> None:
    assert set(FUNCTIONS) == set(MAKERS) == set(COMPARED)


def test_the_command_line_asks_for_more_and_the_module_says_how_it_is_made(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(f"{MLP}functions: [jvp]\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["compile", str(spec), "-o", str(tmp_path), "--functions", "hvp, jvp"])
    assert result.exit_code == 0, result.output
    assert "hvp: right at" in result.output
    module = load_module(tmp_path / "net.py")
    assert hasattr(module, "hvp")
    assert hasattr(module, "jvp")
    assert "symbprop compile net.yaml --functions hvp\n" in str(module.__doc__)


def test_a_function_that_there_is_not_is_an_error_with_its_place(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(MLP, encoding="utf-8")
    result = CliRunner().invoke(app, ["compile", str(spec), "-o", str(tmp_path), "--functions", "jvp,hpv"])
    assert result.exit_code == 2
    assert "--functions:1:5: error: there is no function 'hpv'" in result.stderr
    assert "did you mean 'hvp'" in result.stderr
    assert not (tmp_path / "net.py").exists()


def test_python_asks_for_functions_of_a_network_and_where_it_is_compiled() -> None:
    net = symbprop.Network(name="bowl", formulas="L = 3*x^2 + 2*x*y + y^2", functions=["hvp"])
    module = symbprop.compile(net, functions=["hessian"])
    assert float(module.hvp({"x": 1.0, "y": 2.0}, {"x": 1.0})["y"]) == 2
    assert float(module.hessian({"x": 1.0, "y": 2.0})["x"]["x"]) == 6


def test_a_function_asked_for_twice_is_there_once() -> None:
    description = read(Source("net.yaml", f"{MLP}functions: [hvp]\n"))
    asked = with_functions(description, Source("--functions", "hvp,vjp,vjp"))
    assert [each.text for each in asked.functions] == ["hvp", "vjp"]
    with pytest.raises(SourceError):
        with_functions(description, Source("--functions", "gradient"))
