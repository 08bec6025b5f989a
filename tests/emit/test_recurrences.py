"""Recurrences as formulas: the emitted loops against index loops over elements, and what stands in and outside of them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from networks import GRID, LSTM, point

from symbprop.calculus.gradient import gradient, jvp
from symbprop.calculus.interpreter import interpret
from symbprop.calculus.program import Role
from symbprop.language.source import Source, SourceError
from symbprop.network.build import build
from symbprop.pipeline import compile_description, read
from symbprop.verify.module import verify_module

Compiled = Callable[..., ModuleType]

INTEGRATOR = """
inputs: {x: {shape: [T]}}
targets: {y: {shape: [T]}}
formulas: |
  h[n, t + 1] = (1 - a) * h[n, t] + a * x[n, t]
  L = mean((n, t), (h[n, t + 1] - y[n, t])^2)
"""

KALMAN = """
inputs: {x: {shape: [T]}}
formulas: |
  P[0] = p0^2
  m[n, 0] = m0
  K[t] = (P[t] + q^2) / (P[t] + q^2 + r^2)
  m[n, t + 1] = m[n, t] + K[t] * (x[n, t] - m[n, t])
  P[t + 1] = (1 - K[t]) * (P[t] + q^2)
  L = mean((n, t), (x[n, t] - m[n, t + 1])^2 / (P[t + 1] + r^2 + 1))
""".replace("  K[t] =", "  K[t:6] =").replace("shape: [T]", "shape: [6]")

COUPLED = """
inputs: {u: {shape: [T, 2]}}
formulas: |
  a[n, 0, i:3] = 1/2
  a[n, t + 1, i] = tanh(sum(j, A[i, j] * a[n, t, j]) + b[n, t, i])
  b[n, t + 1, i:3] = b[n, t, i] * c[i] + a[n, t, i]^2 / 4 + sum(k, B[k, i] * u[n, t, k])
  L = sum((n, t, i), a[n, t, i] * b[n, t, i])
"""

EULER = """
inputs: {x0: {shape: []}, x: {shape: [T]}}
formulas: |
  p[n, 0] = x0[n]
  p[n, t + 1] = p[n, t] + 1/10 * v[n, t + 1]
  v[n, t + 1] = v[n, t] - 1/10 * (w^2 * sin(p[n, t]) + d * v[n, t]) + f * cos(t / 10)
  L = mean((n, t), (p[n, t + 1] - x[n, t])^2)
"""

BACKWARDS = """
inputs: {r: {shape: [T]}}
formulas: |
  v[n, t] = tanh(r[n, t] + g * v[n, t + 1])
  v[n, size(t)] = tanh(g)
  L = mean(n, v[n, 0]^2)
"""

SECOND_ORDER = """
inputs: {x: {shape: [T]}}
formulas: |
  h[n, t + 2] = a * h[n, t + 1] + b * h[n, t] + x[n, t]
  L = mean((n, t), tanh(h[n, t + 2])^2)
"""

BEST_PATH = """
inputs: {x: {shape: [T, 3]}}
formulas: |
  s[n, t + 1, j] = max(i, s[n, t, i] + A[i, j]) + x[n, t, j]
  L = mean(n, max(j, s[n, size(t), j]))
"""

SOFT_PATHS = """
inputs: {x: {shape: [T, 3]}}
formulas: |
  s[n, t + 1, j] = log(sum(i, exp(s[n, t, i] + A[i, j]))) + x[n, t, j]
  L = mean(n, log(sum(j, exp(s[n, size(t), j]))))
"""

ALL = {
    "integrator": INTEGRATOR, "kalman": KALMAN, "coupled": COUPLED, "euler": EULER, "backwards": BACKWARDS,
    "second order": SECOND_ORDER, "grid": GRID, "best path": BEST_PATH, "soft paths": SOFT_PATHS,
}  # fmt: skip


def values(module: ModuleType) -> tuple[dict[str, np.ndarray], list[np.ndarray], dict[str, int], dict[str, np.ndarray]]:
    params, data = point(module, batch=3)
    names = [*module.INPUTS, *module.TARGETS]
    given = {**params, **dict(zip(names, data, strict=True))}
    sizes = {"N": 3}
    for name, shape in {**module.INPUTS, **module.TARGETS}.items():
        sizes.update({s: given[name].shape[axis] for axis, s in enumerate(shape) if isinstance(s, str)})
    return params, data, sizes, given


@pytest.mark.parametrize("name", ALL)
def test_a_recurrence_of_the_users_own_is_verified_and_is_what_loops_over_elements_give(
    name: str, compiled: Compiled
) -> None:
    module = compiled(ALL[name])
    certificate = verify_module(module)
    assert certificate.passed, certificate.format()
    params, data, sizes, given = values(module)
    program = build(read(Source("net.yaml", ALL[name]))).program
    assert program.loss is not None
    wrt = [tensor.name for tensor in program.of(Role.PARAMETER)]
    whole = gradient(program, wrt)
    truth = interpret(whole.program, {**given, whole.seed: 1.0}, sizes)
    loss, grads = module.loss_and_grad(params, *data)
    np.testing.assert_allclose(loss, truth[program.loss][()], rtol=1e-12)
    for parameter, bar in whole.gradients.items():
        for index, expected in truth[bar].items():
            np.testing.assert_allclose(grads[parameter][index], expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", ALL)
def test_the_adjoint_of_a_recurrence_is_the_transpose_of_its_tangent(name: str) -> None:
    program = build(read(Source("net.yaml", ALL[name]))).program
    wrt = [tensor.name for tensor in program.of(Role.PARAMETER)]
    rng = np.random.default_rng(5)
    sizes = {"N": 2, "T": 3}
    given = {
        t.name: rng.uniform(0.2, 0.9, [s if isinstance(s, int) else sizes[s.name] for s in t.shape])
        for t in program.tensors.values()
        if t.role is not Role.VALUE
    }
    whole = gradient(program, wrt)
    back = interpret(whole.program, {**given, whole.seed: 1.0}, sizes)
    moved, tangents = jvp(program, wrt)
    seeds = {tangents[name]: rng.standard_normal(np.shape(given[name])) for name in wrt}
    forth = interpret(moved, {**given, **seeds}, sizes)[tangents[str(program.loss)]][()]
    total = sum(
        value * seeds[tangents[name]][index]
        for name, bar in whole.gradients.items()
        for index, value in back[bar].items()
    )
    np.testing.assert_allclose(total, forth, rtol=1e-12)


def loops(text: str) -> list[str]:
    return re.findall(r"^ *(?:for \w+|\)) in (.*):$", text, re.MULTILINE)


def test_one_loop_forward_one_backward_and_the_gradients_of_the_weights_outside(compiled: Compiled) -> None:
    module = compiled(LSTM)
    text = Path(str(module.__file__)).read_text(encoding="utf-8")
    body = text[text.index("def loss_and_grad") : text.index("def _arguments")]
    assert loops(body) == ["work.steps", "work.steps_back"]
    for name in ("W1_bar", "U_bar", "b1_bar", "z1"):
        assert re.search(rf"^    {name} = ", body, re.MULTILINE), f"{name} is computed once, over all steps"
    inside = [line for line in body.splitlines() if line.startswith("        ")]
    assert sum(".dot(" in line for line in inside) == 2, "of products, only h U and its transpose wait for their step"
    backward = body[body.index("work.steps_back") :]
    steps = backward[: backward.index("\n    U_bar")].splitlines()
    assert not any("np.exp" in line or "W1" in line for line in steps), "derivatives that wait for nothing stand before"


def test_what_lives_in_one_step_has_no_axis_for_the_steps(compiled: Compiled) -> None:
    text = Path(str(compiled(LSTM).__file__)).read_text(encoding="utf-8")
    forward = text[text.index("def forward(") : text.index("def loss(")]
    assert "f[:, t]" not in forward, "the gates are needed at their own step alone"
    assert "h[:, t + 1]" in forward


def test_what_a_step_is_the_first_to_write_is_no_sum(compiled: Compiled) -> None:
    module = compiled(LSTM)
    text = Path(str(module.__file__)).read_text(encoding="utf-8")
    assert ", out=c_bar_t)" in text, "nobody has written to the step before"
    assert "c_bar_t +=" not in text
    assert "c_bar_next += " in text, "the step before has"
    assert "h_bar_t += " in text, "the loss has"


def test_a_thousand_steps_compile_and_run(compiled: Compiled) -> None:
    start = time.perf_counter()
    module = compiled(LSTM.replace("[T,", "[1000,"))
    assert time.perf_counter() - start < 30
    text = Path(str(module.__file__)).read_text(encoding="utf-8")
    gradient = text[text.index("def loss_and_grad") : text.index("def _arguments")]
    assert loops(gradient) == ["work.steps", "work.steps_back"]
    free = compiled(LSTM)
    rng = np.random.default_rng(0)
    params = module.init(0)
    x, y = rng.standard_normal((2, 1000, 3)), rng.standard_normal((2, 1000, 2))
    loss, grads = module.loss_and_grad(params, x, y)
    again, same = free.loss_and_grad(params, x, y)
    assert loss == again
    assert all(np.array_equal(grads[name], same[name]) for name in grads)
    step = {name: value + 1e-30j * np.cos(np.arange(value.size)).reshape(value.shape) for name, value in params.items()}
    slope = float(np.imag(module.loss(step, x, y))) / 1e-30
    along = sum(np.sum(grads[n] * np.cos(np.arange(v.size)).reshape(v.shape)) for n, v in params.items())
    np.testing.assert_allclose(along, slope, rtol=1e-10)


def test_the_length_is_free_at_run_time_and_may_be_none(compiled: Compiled) -> None:
    module = compiled(LSTM)
    params = module.init(0)
    for length in (0, 1, 5):
        assert module.forward(params, np.ones((2, length, 3))).shape == (2, length, 2)


def test_float32_stays_float32(compiled: Compiled) -> None:
    for text in (LSTM, EULER):
        module = compiled(text)
        params, data, _, _ = values(module)
        params = {name: value.astype(np.float32) for name, value in params.items()}
        loss, grads = module.loss_and_grad(params, *(each.astype(np.float32) for each in data))
        assert np.asarray(loss).dtype == np.float32
        assert {value.dtype for value in grads.values()} == {np.dtype(np.float32)}


def test_objects_go_through_the_loop(compiled: Compiled) -> None:
    module = compiled(COUPLED.replace("tanh(", "("))
    params, data, _, _ = values(module)
    exact = {name: value.astype(object) for name, value in params.items()}
    np.testing.assert_allclose(float(module.loss(exact, *data)), module.loss(params, *data), rtol=1e-12)


def test_the_cost_sheet_counts_every_step() -> None:
    def operations(length: int) -> int:
        text = LSTM.replace("[T,", f"[{length},")
        source = compile_description(read(Source("lstm.yaml", text)), Source("lstm.yaml", text)).source
        numbers = re.findall(r"([\d,]+) N", source[source.index("Cost") :].splitlines()[1])
        return int(numbers[0].replace(",", ""))

    # twice the steps, twice the work, up to what does not depend on the steps
    assert 1.9 < operations(200) / operations(100) < 2.1


IMPOSSIBLE = {
    "itself": ("h[n, j] = tanh(x[n, j] + h[n, j])", "h → h"),
    "each other": ("a[n, j] = tanh(b[n, j] + x[n, j])\n      b[n, j] = 2 * a[n, j]", "a → b → a"),
    "its own sum": ("m[n] = sum(t, h[n, t])\n      h[n, t + 1] = m[n] * x[n, t]", "h"),
    "past and future": ("h[n, t + 1] = x[n, t] + h[n, t]\n      h[n, t] = h[n, t + 1] * w", "h"),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_a_circle_that_no_order_of_steps_computes_is_an_error_that_prints_it(name: str) -> None:
    formula, told = IMPOSSIBLE[name]
    text = f"inputs: {{x: {{shape: [5]}}}}\nlayers:\n  - formula: |\n      {formula}\n"
    with pytest.raises(SourceError, match="depends on itself") as caught:
        build(read(Source("net.yaml", text)))
    assert told in str(caught.value)
    assert "net.yaml:4" in str(caught.value) or "net.yaml:5" in str(caught.value)


def test_equations_may_stand_in_any_order(compiled: Compiled) -> None:
    lines = [line for line in COUPLED.splitlines() if line.startswith("  ")]
    turned = COUPLED.replace("\n".join(lines), "\n".join([lines[2], lines[0], lines[1], lines[3]]))
    one, two = compiled(COUPLED), compiled(turned)
    params, data, _, _ = values(one)
    np.testing.assert_allclose(
        two.loss({k: params[k] for k in two.PARAMETERS}, *data), one.loss(params, *data), rtol=1e-14
    )
