"""Derivatives inside descriptions: against formulas differentiated by SymPy, and against how outputs move."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import sympy

from symbprop.language.source import SourceError

STEP = 1e-30
BUMP = "u[n] = exp(-w * x[n, 0]^2) * sin(v * x[n, 1])"


def described(*formulas: str, size: int = 2, outputs: str = "d") -> str:
    lines = "".join(f'  - "{each}"\n' for each in formulas)
    return f"inputs: {{x: {{shape: [{size}]}}}}\nformulas:\n{lines}outputs: [{outputs}]\n"


def net(loss: str) -> str:
    return f"""
inputs: {{x: {{shape: [3]}}}}
nodes:
  h: {{dense: {{units: 5, activation: tanh}}, inputs: x}}
  v: {{dense: {{units: 2}}, inputs: h}}
outputs: [v]
loss: {{formula: "{loss}"}}
"""


@pytest.mark.parametrize("variables", ["0", "1", "00", "01", "11", "000", "011"])
def test_a_partial_derivative_of_any_order(compiled: Callable[..., ModuleType], variables: str) -> None:
    by = ", ".join(f"x[n, {each}]" for each in variables)
    module = compiled(described(BUMP, f"d[n] = diff(u[n], {by})"))
    x, w, v = np.random.default_rng(0).normal(size=(6, 2)), np.array(0.7), np.array(1.3)
    symbols = sympy.symbols("x0 x1 w v")
    formula = sympy.exp(-symbols[2] * symbols[0] ** 2) * sympy.sin(symbols[3] * symbols[1])
    truth = sympy.lambdify(symbols, sympy.diff(formula, *(symbols[int(each)] for each in variables)))
    found = module.forward({"w": w, "v": v}, x)
    np.testing.assert_allclose(found, truth(x[:, 0], x[:, 1], w, v), rtol=1e-12, atol=1e-14)


def test_an_index_of_its_own_gives_every_partial_derivative(compiled: Callable[..., ModuleType]) -> None:
    module = compiled(
        described(BUMP, "d[n, k] = diff(u[n], x[n, k])", "H[n, k, m] = diff(u[n], x[n, k], x[n, m])", outputs="d, H")
    )
    single = [compiled(described(BUMP, f"d[n] = diff(u[n], x[n, {k}])")) for k in range(2)]
    double = compiled(described(BUMP, "d[n] = diff(u[n], x[n, 0], x[n, 1])"))
    x, params = np.random.default_rng(0).normal(size=(6, 2)), {"w": np.array(0.7), "v": np.array(1.3)}
    gradient, hessian = module.forward(params, x)
    for k, each in enumerate(single):
        np.testing.assert_allclose(gradient[:, k], each.forward(params, x), rtol=1e-13)
    np.testing.assert_allclose(hessian, hessian.transpose(0, 2, 1), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(hessian[:, 0, 1], double.forward(params, x), rtol=1e-12)


def test_the_loss_of_a_network_may_hold_its_derivative(compiled: Callable[..., ModuleType]) -> None:
    module = compiled(net("L = mean((n, j, k), diff(v[n, j], x[n, k])^2)"))
    rng = np.random.default_rng(1)
    params = {name: rng.normal(size=value.shape) for name, value in module.init().items()}
    x = rng.normal(size=(4, 3))
    total = 0.0
    for k in range(3):
        moved = x + 1j * STEP * np.eye(3)[k]
        total += np.sum((np.imag(module.forward(params, moved)) / STEP) ** 2)
    loss, grads = module.loss_and_grad(params, x)
    np.testing.assert_allclose(loss, total / (4 * 2 * 3), rtol=1e-12)
    for name, value in params.items():
        along = rng.normal(size=value.shape)
        moved = {**params, name: value + 1j * STEP * along}
        np.testing.assert_allclose(
            np.sum(grads[name] * along), np.imag(module.loss(moved, x)) / STEP, rtol=1e-10, atol=1e-14
        )


def test_derivatives_by_parameters_and_of_scalars(compiled: Callable[..., ModuleType]) -> None:
    module = compiled("formulas:\n  - y = a^3 * b\n  - g = diff(y, a) + 2 * diff(y, a, b)\nloss: g\n")
    loss, grads = module.loss_and_grad({"a": np.array(2.0), "b": np.array(5.0)})
    assert (loss, grads["a"], grads["b"]) == (60 + 24, 60 + 24, 12)


def test_a_derivative_that_is_zero_or_constant_is_folded(compiled: Callable[..., ModuleType]) -> None:
    module = compiled(
        described("u[n] = w * x[n, 0]", "d[n] = diff(u[n], x[n, 0], x[n, 1]) + diff(u[n], x[n, 0]) * x[n, 1]")
    )
    found = module.forward({"w": np.array(3.0)}, np.array([[1.0, 2.0], [5.0, 7.0]]))
    np.testing.assert_array_equal(found, [6, 21])


@pytest.mark.parametrize(
    ("formulas", "message"),
    [
        (("u[n] = x[n, 0] - mean(m, x[m, 0])", "d[n] = diff(u[n], x[n, 0])"), r"the statement .* mixes examples"),
        (("u[n] = x[n, 0]", "d[n] = diff(u[n])"), "with respect to another"),
        (("u[n] = x[n, 0]", "d[n] = diff(u[n] + 1, x[n, 0])"), "of an element"),
        (("u[n] = x[n, 0]", "d[n] = diff(q[n], x[n, 0])"), "q is not known here"),
        (("u[n] = x[n, 0]", "d[n] = diff(u[n], x[n])"), "x has 2 axes"),
        (("u[n] = x[n, 0]", "d[n] = diff(u[n], x[n, 2])"), "x has 2 elements along this axis"),
        (("u[n] = x[n, 0]", "d[n] = diff(u[n], x[n + 1, 0])"), "cannot stand in the brackets"),
        (("d[n] = diff(x[n, 0], x[n, 0])",), "is differentiated by itself"),
    ],
)
def test_what_cannot_be_differentiated_is_said(
    compiled: Callable[..., ModuleType], formulas: tuple[str, ...], message: str
) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        compiled(described(*formulas))
    assert caught.value.span.line == 2 + len(formulas)


def test_the_oscillator_is_solved_to_the_error_that_is_stated(root: Path, compiled: Callable[..., ModuleType]) -> None:
    text = (root / "examples" / "pinn.yaml").read_text(encoding="utf-8")
    assert "within 0.002 of the solution" in text
    module = compiled(text, "pinn.yaml")
    t, steps = np.linspace(0, 2, 64)[:, None], 800
    params = module.init(0)
    means = {name: np.zeros_like(value) for name, value in params.items()}
    squares = {name: np.zeros_like(value) for name, value in params.items()}
    for step in range(1, steps + 1):  # Adam (Kingma & Ba 2015), its rate down to 0 along a cosine
        _, grads = module.loss_and_grad(params, t)
        rate = 0.01 * (1 + np.cos(np.pi * step / steps))
        for name, grad in grads.items():
            means[name] += 0.1 * (grad - means[name])
            squares[name] += 0.001 * (grad**2 - squares[name])
            mean, square = means[name] / (1 - 0.9**step), squares[name] / (1 - 0.999**step)
            params[name] = params[name] - rate * mean / (np.sqrt(square) + 1e-8)
    between = np.linspace(0, 2, 1001)[:, None]
    assert np.max(np.abs(module.forward(params, between) - np.sin(between))) < 0.002
