"""Formulas that cannot be: told at once, at their place, before anything is computed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from refusal import refused
from warm import Warm

UNKNOWN = {
    "L = foo(x)": "there is no function foo",
    "L = sigmod(x)": "did you mean 'sigmoid'?",
    "L = x + sin": "write sin(…)",
    "L = factorial(x)": "there is no function factorial",
    "L = size(k)": "k is not an index here",
    "L = sum(k, x[k])": "the size of the index k is not known",
}
ARITY = {
    "L = exp(x, 2)": "exp takes 1 argument, here are 2",
    "L = exp()": "exp takes 1 argument, here are 0",
    "L = where(x > 0, x)": "where takes 3 arguments",
    "L = max(x)": "max takes at least 2 arguments",
    "L = sigmoid(x, 2)": "sigmoid takes 1 arguments",
    "L = x[0]^2 + x[0, 1]": "x has 1 axes, here it is read with 2",
}
COMPLEX = {
    "L = x * sqrt(0 - 1)": "not a real number",
    "L = x + log(-1)": "not a real number",
    "L = (-8)^(1/3) * x": "not a real number",
    "L = (0 - 1)^x": "a negative number to a power that is no integer",
    "L = (-2)^(2 * x)": "not a real number",
    "L = asin(2) * x": "not a real number",
    "L = acosh(0) * x": "not a real number",
}
TOO_LARGE = {
    "L = 1e999 * x": "too large",
    "L = 10^400 * x": "overflows",
    "L = 1e300 * x * 1e300": "overflows",
    "L = (1e200 * x)^2": "overflows",
    "L = exp(1000) * x": "overflows",
    "L = exp(exp(10)) * x": "overflows",
    "L = 1e-400 * x": "too small",
    "L = 1e-200 * (1e-200 * x)": "too small",
    "L = exp(-1000) * x": "too small",
    "L = exp(-500) * exp(-500) * x": "too small",
    "L = log(0) * x": "not a finite number",
    "L = x / (1 - 1)": "divides by zero",
    "L = x / 0": "divides by zero",
    "L = 0^-1 * x": "not a finite number",
    "L = where(x > 0, log(0), x)": "not a finite number",
    "L = " + "9" * 5000 + " * x": "too large or too long",
}
ABSURD = {
    "L = 9^9^9^9": "too large a constant",
    "L = (2/3)^-1000000 * x": "too large a constant",
    "L = x^99999999": "absurdly large",
    "L = x^1e10": "absurdly large",
    "L = x^(10^6)": "absurdly large",
    "L = ((((x^9)^9)^9)^9)^9": "absurdly large",
    "L = x^-1000000": "absurdly large",
}
DEEP = {
    "L = " + "(" * 500 + "x" + ")" * 500: "deeper",
    "L = " + "exp(" * 90 + "x" + ")" * 90: "deeper",
    "L = x" + "^x" * 300: "deeper",
    "L = " + "-" * 5000 + "x": "deeper",
    "L = " + "1/(1+" * 99 + "x" + ")" * 99: "deeper",
    "L = where(" + "not " * 3000 + "x > 0, x, 1)": "deeper",
    "L = " + "[" * 50_000: "deeper",
    "L = x" + "*x" * 49_990: "deeper",
}
FORMULAS = {**UNKNOWN, **ARITY, **COMPLEX, **TOO_LARGE, **ABSURD, **DEEP}


def described(formula: str) -> str:
    return f"formulas: {json.dumps(formula)}\n"


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula[4:34])
def test_it_is_refused_at_its_place(formula: str, warm: Warm, tmp_path: Path) -> None:
    refused(warm, tmp_path, described(formula), FORMULAS[formula])


def test_it_is_refused_in_less_than_a_tenth_of_a_second(warm: Warm, tmp_path: Path) -> None:
    """Beyond what the refusal of an empty description takes in the same process; the best of three, for the machine is shared."""

    def cpu(text: str) -> float:
        (tmp_path / "bad.yaml").write_text(text)
        return min(warm.run(tmp_path, "compile", "bad.yaml").cpu for _ in range(3))

    nothing = cpu("{}\n")
    for formulas in (UNKNOWN, ARITY, COMPLEX, TOO_LARGE, ABSURD):
        for formula in formulas:
            assert cpu(described(formula)) < nothing + 0.1, formula


@pytest.mark.parametrize(
    "name", ["E", "S", "I", "N", "O", "Q", "beta", "gamma", "lambda", "zoo", "oo", "nan", "inf", "re", "Symbol"]
)
def test_a_parameter_is_that_parameter_whatever_others_call_so(name: str, warm: Warm, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(described(f"L = 3 * {name}^2 + {name} * other"))
    ended = warm.run(tmp_path, "compile", "net.yaml", "--json", "--quick")
    assert ended.status == 0, ended.stderr
    certificate = json.loads(ended.stdout)["certificate"]
    assert certificate["passed"]
    assert len(certificate["parameters"]) == 2


def test_what_only_looks_absurd_is_accepted(warm: Warm, tmp_path: Path) -> None:
    for formula in ("L = x^999", "L = 2^-1000 * x", "L = sum(i:4, (-1)^i * x[i])", "L = x", "L = -x", "L = 2^0.5 * x", "L = floor(x) + y^2", "L = " + "sin(" * 20 + "x" + ")" * 20):  # fmt: skip
        (tmp_path / "net.yaml").write_text(described(formula))
        ended = warm.run(tmp_path, "compile", "net.yaml", "--quick")
        assert ended.status == 0, (formula, ended.stderr, ended.stdout)
        assert "probes" in ended.stdout


def test_a_gradient_that_only_underflows_is_no_zero(warm: Warm, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(described("L = x^999"))
    ended = warm.run(tmp_path, "compile", "net.yaml", "--quick")
    assert "x̄ = 999 x⁹⁹⁸" in ended.stdout
    assert "identically zero" not in ended.stdout


@pytest.mark.parametrize("formula", ["L = 0 * x", "L = x - x + 3", "L = 0^0", "L = 1/3"])
def test_a_loss_that_is_a_constant_compiles(formula: str, warm: Warm, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(described(formula))
    ended = warm.run(tmp_path, "compile", "net.yaml")
    assert ended.status == 0, ended.stderr
