"""``accuracy: fast``: the cheapest forms, which agree with the accurate ones on normal numbers and stay finite."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from networks import ALL, MLP, point

from symbprop.deliver import compile_to
from symbprop.language.source import Source, SourceError
from symbprop.network.schema import json_schema
from symbprop.pipeline import compile_description, read

FAST = "accuracy: fast\n"
LOGISTIC = """
inputs: {x: {shape: [5]}}
targets: {y: {shape: [3]}}
layers: [{dense: {units: 4, activation: gelu}}, {dense: {units: 3, activation: sigmoid}}]
loss: binary_crossentropy
"""
LSTM = """
inputs: {x: {shape: [T, 3]}}
targets: {y: {shape: [4]}}
layers: [{lstm: {units: 4}}]
loss: mean_squared_error
"""
SMOOTH = """
inputs: {x: {shape: [5]}}
targets: {y: {shape: [4]}}
layers: [{dense: {units: 4, activation: ACTIVATION}}]
loss: mean_squared_error
"""
WRITTEN = """
inputs: {x: {shape: [6]}}
targets: {y: {shape: [5]}}
nodes:
  u: {dense: {units: 5}, inputs: [x]}
  q: {NODE, inputs: [u]}
loss: {mean_squared_error: {inputs: [q, y]}}
"""
ACTIVATIONS = (
    "softplus",
    "silu",
    "mish",
    "gelu",
    "tanh",
    "sigmoid",
    "elu",
    "selu",
    "log_sigmoid",
    "softsign",
    "softmax",
)
NETWORKS = {**ALL, "logistic": LOGISTIC, "lstm": LSTM, **{each: SMOOTH.replace("ACTIVATION", each) for each in ACTIVATIONS}}  # fmt: skip


def text_of(description: str) -> str:
    source = Source("net.yaml", description)
    return compile_description(read(source), source).source


def at(module: ModuleType, dtype: str, scale: float = 1.0) -> tuple[dict[str, np.ndarray], list[np.ndarray]]:
    params, data = point(module, batch=3)
    given = [each if each.dtype.kind == "i" else (scale * each).astype(dtype) for each in data]
    return {name: value.astype(dtype) for name, value in params.items()}, given


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(("dtype", "near"), [("float64", 1e-12), ("float32", 1e-5)])
def test_both_forms_agree_on_normal_numbers(
    name: str, dtype: str, near: float, compiled: Callable[..., ModuleType]
) -> None:
    accurate, fast = compiled(NETWORKS[name]), compiled(FAST + NETWORKS[name])
    params, data = at(accurate, dtype)
    loss, grads = accurate.loss_and_grad(params, *data)
    other, others = fast.loss_and_grad(params, *data)
    np.testing.assert_allclose(other, loss, rtol=near)
    for key, value in grads.items():
        size = float(np.max(np.abs(value), initial=0.0)) + 1e-3
        np.testing.assert_allclose(others[key], value, rtol=near, atol=near * size, err_msg=key)


@pytest.mark.parametrize("name", [each for each in NETWORKS if each not in ALL])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_nothing_overflows_at_moderate_numbers(name: str, dtype: str, compiled: Callable[..., ModuleType]) -> None:
    module = compiled(FAST + NETWORKS[name])
    params, data = at(module, dtype, scale=1000.0)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        loss, grads = module.loss_and_grad(params, *data)
    assert np.isfinite(loss)
    assert all(np.all(np.isfinite(each)) for each in grads.values())


def test_the_derivative_of_tanh_is_taken_from_its_value() -> None:
    fast, accurate = text_of(FAST + MLP), text_of(MLP)
    assert "1 − h²" in fast[fast.index("def loss_and_grad") :]
    assert "exp(−|z1|)" in accurate[accurate.index("def loss_and_grad") :]
    assert "\nAccuracy: fast, " in fast
    assert "\nAccuracy: accurate, " in accurate


@pytest.mark.parametrize("node", ["sigmoid: {}", "formula: 'q[n, j] = exp(u[n, j]) / (exp(u[n, j]) + 1)'"])
def test_a_sigmoid_is_one_tanh_whatever_it_is_called(node: str) -> None:
    body = text_of(FAST + WRITTEN.replace("NODE", node))
    body = body[body.index("def loss_and_grad") :]
    assert "np.tanh" in body
    assert "np.exp" not in body


def test_cross_entropy_is_the_probability_less_the_target() -> None:
    body = text_of(FAST + MLP)
    assert "argmax" not in body
    assert "_rest" not in body
    assert "z2_max" in body  # the largest is still subtracted


@pytest.mark.parametrize("description", [MLP, LOGISTIC, LSTM])
def test_fast_modules_are_verified_too(description: str, tmp_path: Path) -> None:
    source = Source("net.yaml", FAST + description)
    _, delivery = compile_to(read(source), source, tmp_path / "net.py")
    assert delivery.certificate is not None
    assert delivery.certificate.passed


def test_another_word_is_refused_with_a_hint() -> None:
    with pytest.raises(SourceError, match="accuracy") as error:
        read(Source("net.yaml", "accuracy: quick\n" + MLP))
    assert "fast" in str(error.value)
    assert json_schema()["properties"]["accuracy"]["enum"] == ["accurate", "fast"]


@pytest.mark.parametrize("accuracy", ["accurate", "fast"])
def test_what_a_logistic_multiplies_is_chosen_from_no_branches(accuracy: str) -> None:
    """A choice element by element costs as much as a dozen products; each side would be computed for all elements."""
    text = text_of(f"accuracy: {accuracy}\n{SMOOTH.replace('units: 4, activation: ACTIVATION', 'units: 4')}".replace(
        "}}]", "}}, {gelu: {approximate: true}}]"
    ))  # fmt: skip
    for choice in ("np.where", "np.greater", "np.logical_not"):
        assert choice not in text


def test_what_agrees_at_usual_points_is_fast_whatever_its_rounding_could_be() -> None:
    """1 + tanh(u) + x u′ (1 − tanh(u)²): x u′ is large only where the parenthesis is 0."""
    text = text_of(
        FAST
        + SMOOTH.replace("units: 4, activation: ACTIVATION", "units: 4").replace(
            "}}]", "}}, {gelu: {approximate: true}}]"
        )
    )
    gradient = text[text.index("def loss_and_grad") :]
    assert "np.exp" not in gradient
    assert gradient.count("np.tanh") == 1


FOCAL = """
inputs: {x: {shape: [3]}}
targets: {y: {shape: [1]}}
nodes:
  u: {dense: {units: 1}, inputs: [x]}
loss: {binary_focal_crossentropy: {inputs: [u, y], from_logits: true}}
"""


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("logit", [30.0, 80.0, 1000.0, -1000.0])
@pytest.mark.parametrize("target", [0, 1])
def test_a_form_that_no_number_tells_from_the_truth_is_not_taken(
    logit: float, dtype: str, target: int, compiled: Callable[..., ModuleType]
) -> None:
    """log(1 − p) from p is right wherever it is a number, and far out it is none: then the truth comes from further up."""
    module = compiled(FAST + FOCAL)
    params = {"W_u": np.ones((3, 1), dtype), "b_u": np.zeros(1, dtype)}
    x, y = np.full((1, 3), logit / 3, dtype), np.array([[target]], dtype)
    loss, grads = module.loss_and_grad(params, x, y)
    q = 1 / (1 + np.exp(-abs(logit)))  # of the class that the logit speaks for
    missed = (target == 1) != (logit > 0)
    assert loss == pytest.approx(q**2 * abs(logit) if missed else 0, rel=1e-5, abs=1e-5)
    assert np.isfinite(grads["b_u"]).all()
    assert grads["b_u"][0] == pytest.approx(np.sign(logit) if missed else 0, rel=1e-4, abs=1e-5)
