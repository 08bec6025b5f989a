"""Gradients written out to the inputs, and derivations with numbers put in."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from symbprop.calculus.equations import number_equations
from symbprop.calculus.notation import TEXT
from symbprop.cli.app import app
from symbprop.explain.expand import TooLong, expanded
from symbprop.explain.numbers import evaluated, number, shown
from symbprop.language.source import Source
from symbprop.pipeline import derive, read

LINE = (
    "inputs: {x: {shape: [2]}}\ntargets: {y: {shape: [1]}}\nlayers: [{dense: {units: 1}}]\nloss: mean_squared_error\n"
)
RUN = CliRunner()


def written(text: str, name: str) -> str:
    gradient = derive(read(Source("net.yaml", text))).gradient
    assert gradient is not None
    bar = gradient.gradients[name]
    return expanded(next(e for e in number_equations(gradient.backward) if e.tensor == bar), gradient.program, TEXT)


def test_a_gradient_is_written_out_to_inputs_and_parameters() -> None:
    assert written(LINE, "W") == "W̄[k,j] = Σₙ x[n,k] (2 ((Σᵢ x[n,i] W[i,j] + b[j]) − y[n,j]) / N)"
    assert written(LINE, "b") == "b̄[j] = Σₙ 2 ((Σₖ x[n,k] W[k,j] + b[j]) − y[n,j]) / N"


def test_an_inner_sum_never_takes_the_name_of_an_outer_index() -> None:
    text = written(LINE.replace("[{dense: {units: 1}}]", "[{dense: {units: 2}}, {dense: {units: 1}}]"), "b2")
    assert text == "b̄2[m] = Σₙ 2 ((Σⱼ (Σₖ x[n,k] W1[k,j] + b1[j]) W2[j,m] + b2[m]) − y[n,m]) / N"


def test_what_nobody_would_read_is_refused() -> None:
    layers = "".join("  - dense: {units: 2, activation: silu}\n" for _ in range(12))
    deep = f"inputs: {{x: {{shape: [2]}}}}\ntargets: {{y: {{shape: [2]}}}}\nlayers:\n{layers}loss: mean_squared_error\n"
    with pytest.raises(TooLong):
        written(deep, "W1")


def test_numbers_put_in_are_exact_and_right() -> None:
    done = RUN.invoke(app, ["derive", "L = 3*x^2 + 2*x*y + y^2", "--at", "x=2,y=1/3"])
    assert done.exit_code == 0
    assert "L = 121/9" in done.output
    assert "x̄ = 38/3" in done.output
    assert "ȳ = 14/3" in done.output


def test_values_at_a_point_agree_with_differences() -> None:
    gradient = derive(
        read(Source("net.yaml", LINE.replace("units: 1", "units: 1, activation: tanh"))), free_sizes=True
    ).gradient
    assert gradient is not None
    given = {
        "x": [[1, Fraction(1, 2)], [-1, 2]],
        "y": [[Fraction(1, 4)], [1]],
        "W": [[Fraction(1, 2)], [-1]],
        "b": [Fraction(1, 3)],
    }
    values = evaluated(gradient.program, given, {"N": 2})
    step = 1e-6

    def loss(b: float) -> float:
        return float(evaluated(gradient.program, {**given, "b": [b]}, {"N": 2})[gradient.forward.loss or ""][()])

    difference = (loss(1 / 3 + step) - loss(1 / 3 - step)) / (2 * step)
    assert float(values[gradient.gradients["b"]][(0,)]) == pytest.approx(difference, rel=1e-8)


def test_values_come_from_a_file_too(tmp_path: Path) -> None:
    net, data = tmp_path / "net.yaml", tmp_path / "at.json"
    net.write_text(LINE, encoding="utf-8")
    data.write_text(json.dumps({"x": [[1, 2]], "y": [[3]], "W": [[1], [1]], "b": [0.5]}), encoding="utf-8")
    done = RUN.invoke(app, ["derive", str(net), "--at", str(data)])
    assert done.exit_code == 0, done.output
    assert "W̄ = [[1], [2]]" in done.output


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("x=2", "nothing is said of y"),
        ("x=2,y=1,z=3", "there is no input or parameter 'z'"),
        ("x=two,y=1", "is not NAME=NUMBER"),
        ("x=1/0,y=1", "division by zero"),
        ("missing.json", "cannot read missing.json"),
    ],
)
def test_bad_values_are_the_inputs_fault(values: str, message: str) -> None:
    done = RUN.invoke(app, ["derive", "L = x*y", "--at", values])
    assert done.exit_code == 2
    assert message in done.output


def test_a_wrong_shape_is_named(tmp_path: Path) -> None:
    net, data = tmp_path / "net.yaml", tmp_path / "at.json"
    net.write_text(LINE, encoding="utf-8")
    data.write_text(json.dumps({"x": [[1, 2, 3]], "y": [[3]], "W": [[1], [1]], "b": [0.5]}), encoding="utf-8")
    done = RUN.invoke(app, ["derive", str(net), "--at", str(data)])
    assert done.exit_code == 2
    assert "x has shape 1 × 3, not N × 2" in done.output


def test_values_are_shown_short() -> None:
    assert number(Fraction(-5, 3)) == "−5/3"
    assert number(0.1234567891) == "0.123457"
    assert shown({(n,): n for n in range(100)}) == "[0, 1, 2, 3, 4, 5, …] (100 elements)"
    assert shown({(0, 0): 1, (0, 1): np.float64(2.5)}) == "[[1, 2.5]]"
