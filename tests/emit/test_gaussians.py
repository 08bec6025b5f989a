"""erfc and Gaussians in emitted modules: what is one call, and where it is written."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from symbprop.emit.calls import APART
from symbprop.verify.module import verify_module
from tests.networks import body_of, source_of

Compiled = Callable[..., ModuleType]

ALONE = "inputs: {{x: {{shape: [{units}]}}}}\nlayers:\n  - {layer}\nfunctions: [vjp]\n"
FORMULA = "formula: 'h[n, j] = {}'"
HELPERS = {f"_{name}" for name in APART}


def test_the_exponential_in_both_terms_is_computed_once(compiled: Compiled) -> None:
    module = compiled(ALONE.format(units=1024, layer="gelu"))
    assert "t = _erfc_and_gauss(x, x, -0.5, 0.5, 0.3989422804014327)" in body_of(module, "vjp")
    assert "np.exp(" not in body_of(module, "vjp")
    assert "h = _scaled_erfc(x, x, -0.5, 0.5)" in body_of(module, "forward")
    assert "scaled" not in "".join(re.findall("#.*", body_of(module, "vjp")))  # in the words of mathematics


def test_a_gaussian_of_another_argument_stands_alone(compiled: Compiled) -> None:
    text = ALONE.format(units=6, layer=FORMULA.format("x[n, j] * exp(-x[n, j]^2) + erfc(2 * x[n, j])"))
    body = body_of(compiled(text), "forward")
    assert "_erfc_and_gauss(" not in body
    assert "_scaled_gauss(x, x)" in body
    assert "_erfc(x, 4)" in body


def test_a_linear_factor_of_a_gaussian_is_not_clipped(compiled: Compiled) -> None:
    linear = compiled(ALONE.format(units=6, layer=FORMULA.format("(1 + 3 * x[n, j]) * exp(-x[n, j]^2)")))
    assert "np.maximum(" not in body_of(linear, "forward")
    cubic = compiled(ALONE.format(units=6, layer=FORMULA.format("x[n, j]^3 * exp(-x[n, j]^2)")))
    x = np.array([[-1e30, 1e30, 1e15, 0, 2, -25]])
    with np.errstate(all="raise", under="ignore"):  # the cube of 10³⁰ leaves the range of float32
        found = cubic.forward({}, x.astype("float32").astype(float))
    np.testing.assert_allclose(found, [[0, 0, 0, 0, 8 * np.exp(-4), -(25**3) * np.exp(-625)]], rtol=1e-13)


@pytest.mark.parametrize("units", [6, 300])
@pytest.mark.parametrize(
    "formula",
    [
        "(x[n, j]^2 + 1) * erfc(x[n, j]^2 + x[n, j])",
        "tanh(x[n, j]) * (1 + erf(x[n, j] / 2)) * exp(-x[n, j]^2 / 4)",
        "(1 + erf(x[n, j] / sqrt(2)))^2 * x[n, j] * exp(-x[n, j]^2 / 2)",
    ],
)
def test_no_helper_writes_into_what_it_reads(formula: str, units: int, compiled: Compiled) -> None:
    module = compiled(ALONE.format(units=units, layer=FORMULA.format(formula)))
    for call in ast.walk(ast.parse(source_of(module))):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in HELPERS:
            read = {each.id for argument in call.args for each in ast.walk(argument) if isinstance(each, ast.Name)}
            into = {ast.unparse(each.value).rpartition(".")[2] for each in call.keywords}
            assert not read & into, ast.unparse(call)
    certificate = verify_module(module)
    assert certificate.passed, certificate.format()


@pytest.mark.parametrize("dtype", ["float16", "longdouble"])
def test_gelu_is_right_in_other_precisions(dtype: str, compiled: Compiled) -> None:
    module = compiled(ALONE.format(units=64, layer="gelu").replace("functions", "dtype: float64\nfunctions"))
    x = np.linspace(-3, 3, 64)[None]
    expected = module.vjp({}, x, {"h": np.ones_like(x)})["x"]
    module.DTYPE = dtype
    module._PASSED.clear()
    found = module.vjp({}, x.astype(dtype), {"h": np.ones_like(x, dtype)})["x"]
    assert found.dtype == np.dtype(dtype)
    np.testing.assert_allclose(found.astype(float), expected, atol=4 * float(max(np.finfo(dtype).eps, 2e-16)))
