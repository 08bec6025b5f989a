"""What no form makes accurate is said when a description is compiled; what is accurate is passed over in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from symbprop.accuracy.computed import doubtful
from symbprop.cli.compiling import run_compile
from symbprop.language.source import Source
from symbprop.library.catalogue import catalogue
from symbprop.pipeline import derive, read

UNIT = "inputs: {x: {shape: [3]}}\nnodes:\n  u: {formula: 'u[n, j] = x[n, j] + b[j]', inputs: [x]}\n"
LOSS = "loss: {formula: 'L = sum((n, j), h[n, j])', inputs: [h]}\n"


def found(node: str) -> set[str]:
    derived = derive(read(Source("net.yaml", f"{UNIT}  h: {{{node}, inputs: [u]}}\n{LOSS}")))
    assert derived.gradient is not None
    return set(doubtful(derived.gradient.program))


ACTIVATIONS = [
    name for name, operation in catalogue().operations.items()
    if catalogue().category(name) == "activations" and len(operation.arguments) == 1
]  # fmt: skip


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_library_gives_no_reason_to_doubt(name: str) -> None:
    assert found(f"{name}: {{}}") == set()


@pytest.mark.parametrize(
    ("formula", "names"),
    [
        ("u[n, j] * log(1 + exp(u[n, j])) / (1 + u[n, j]^2)", set()),
        ("tanh(u[n, j])^3", set()),
        ("(1 - cos(u[n, j])) / u[n, j]^2", {"h", "u_bar"}),
        ("exp(u[n, j]) - exp(u[n, j] / 2)", {"h"}),
    ],
)
def test_a_formula_of_the_users_own_is_doubted_where_it_loses_digits(formula: str, names: set[str]) -> None:
    assert found(f"formula: 'h[n, j] = {formula}'") == names


def test_compile_warns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "net.yaml"
    file.write_text(
        f"{UNIT}  h: {{formula: 'h[n, j] = sqrt(u[n, j]^2 + 1) - 1', inputs: [u]}}\n{LOSS}", encoding="utf-8"
    )
    run_compile(str(file), tmp_path, verify=False, without=[], as_json=False, functions="")
    assert "warning: h: its error is up to 10^" in capsys.readouterr().err
    file.write_text(f"{UNIT}  h: {{silu: {{}}, inputs: [u]}}\n{LOSS}", encoding="utf-8")
    run_compile(str(file), tmp_path, verify=False, without=[], as_json=False, functions="")
    assert "warning" not in capsys.readouterr().err
