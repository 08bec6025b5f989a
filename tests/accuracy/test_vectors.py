"""Functions of whole vectors against 400 digits: softmax, its logarithm and cross-entropy, where one logit outweighs the others."""

from __future__ import annotations

import types
from types import ModuleType

import mpmath
import numpy as np
import pytest

from symbprop.language.source import Source
from symbprop.pipeline import compile_description, read

UNIT = "nodes:\n  u: {formula: 'u[n, j] = x[n, j] + b[j]', inputs: [x]}\n"
NUMBER, ONE_HOT = "{shape: [], dtype: int, classes: 3}", "{shape: [3]}"
SOFTMAX = "  p: {softmax: {}, inputs: [u]}\n"
LOGITS = (
    [0.0, 0.0, 0.0],
    [20.0, 1.0, -3.0],
    [40.0, 0.0, 1.0],
    [300.0, -300.0, -320.0],
    [-1000.25, -1000.0, -1040.0],
    [5.0, 5.0, -60.0],
    [1e5, 1e5 - 1, 1e5 - 50],
    [1e300, -1e300, 0.0],
)
DIGITS = 400
ROOM = {"float64": (1e-15, 1e-300), "float32": (1e-6, 1e-37)}  # relative to the truth, and below what is normal


def loaded(text: str) -> ModuleType:
    source = Source("net.yaml", text)
    module = types.ModuleType("emitted")
    exec(compile(compile_description(read(source), source).source, "emitted", "exec"), module.__dict__)
    return module


def shares(row: np.ndarray) -> tuple[list[mpmath.mpf], mpmath.mpf, list[mpmath.mpf]]:
    """Softmax, log Σ exp(u), and 1 − p as the sum of the others."""
    exact = [mpmath.mpf(float(each)) for each in row]
    parts = [mpmath.exp(each - max(exact)) for each in exact]
    others = [sum(parts[:k] + parts[k + 1 :]) / sum(parts) for k in range(len(parts))]
    largest = parts.index(max(parts))
    log_total = max(exact) + mpmath.log1p(sum(parts[:largest] + parts[largest + 1 :]))
    return [each / sum(parts) for each in parts], log_total, others


def assert_close(got: object, truth: mpmath.mpf, dtype: str, what: object) -> None:
    relative, tiny = ROOM[dtype]
    assert np.isfinite(got), what
    assert abs(mpmath.mpf(float(got)) - truth) <= relative * abs(truth) + tiny, (what, got, mpmath.nstr(truth, 17))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("target", "node", "loss"),
    [
        (NUMBER, "", "sparse_categorical_crossentropy: {inputs: [u, y], from_logits: true}"),
        (NUMBER, SOFTMAX, "sparse_categorical_crossentropy: {inputs: [p, y]}"),
        (ONE_HOT, "", "categorical_crossentropy: {inputs: [u, y], from_logits: true}"),
        (ONE_HOT, SOFTMAX, "categorical_crossentropy: {inputs: [p, y]}"),
    ],
)
def test_cross_entropy_and_its_gradient_keep_their_digits_where_the_label_is_nearly_certain(
    target: str, node: str, loss: str, dtype: str
) -> None:
    module = loaded(f"inputs: {{x: {{shape: [3]}}}}\ntargets: {{y: {target}}}\n{UNIT}{node}loss: {{{loss}}}\n")
    for values in LOGITS:
        if dtype == "float32" and max(map(abs, values)) > 1e30:
            continue
        row = np.array([values], dtype)
        for label in range(3):
            y = np.array([label]) if target == NUMBER else np.eye(3, dtype=dtype)[[label]]
            with np.errstate(all="raise", under="ignore"):
                value, grads = module.loss_and_grad({"b_u": np.zeros(3, dtype)}, row, y)
            with mpmath.workdps(DIGITS):
                p, log_total, others = shares(row[0])
                assert_close(value, log_total - mpmath.mpf(float(row[0, label])), dtype, (values, label))
                slopes = [-others[k] if k == label else p[k] for k in range(3)]
                for got, truth in zip(grads["b_u"], slopes, strict=True):
                    assert_close(got, truth, dtype, (values, label))


@pytest.mark.parametrize(("dtype", "large"), [("float64", 1.7e308), ("float32", 3e38)])
@pytest.mark.parametrize("node", ["", SOFTMAX])
def test_a_difference_of_logits_that_overflows_is_nothing_where_the_target_is_zero(
    node: str, dtype: str, large: float
) -> None:
    inputs = "{inputs: [p, y]}" if node else "{inputs: [u, y], from_logits: true}"
    loss = f"loss: {{categorical_crossentropy: {inputs}}}\n"
    module = loaded(f"inputs: {{x: {{shape: [3]}}}}\ntargets: {{y: {ONE_HOT}}}\n{UNIT}{node}{loss}")
    row, start = np.array([[large, -large, 0.0]], dtype), {"b_u": np.zeros(3, dtype)}
    with np.errstate(over="ignore", invalid="raise", divide="raise"):
        value, grads = module.loss_and_grad(start, row, np.eye(3, dtype=dtype)[[0]])
        lost, slopes = module.loss_and_grad(start, row, np.eye(3, dtype=dtype)[[1]])
    assert value == 0
    assert not np.any(grads["b_u"])
    assert lost == np.inf
    np.testing.assert_array_equal(slopes["b_u"], [1, -1, 0])


def test_a_target_that_is_a_distribution_is_as_accurate_as_its_sum() -> None:
    loss = "categorical_crossentropy: {inputs: [u, y], from_logits: true}"
    module = loaded(f"inputs: {{x: {{shape: [3]}}}}\ntargets: {{y: {ONE_HOT}}}\n{UNIT}loss: {{{loss}}}\n")
    y = np.array([[0.5, 0.25, 0.125]])
    for values in LOGITS[:-1]:
        _, grads = module.loss_and_grad({"b_u": np.zeros(3)}, np.array([values]), y)
        with mpmath.workdps(DIGITS):
            p, _, _ = shares(np.array(values))
            truth = [float(0.875 * p[k] - y[0, k]) for k in range(3)]
        np.testing.assert_allclose(grads["b_u"], truth, rtol=1e-15, atol=2e-16)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_logarithm_of_softmax_keeps_the_digits_of_what_is_nearly_zero(dtype: str) -> None:
    module = loaded(f"inputs: {{x: {{shape: [3]}}}}\n{UNIT}  l: {{log_softmax: {{}}, inputs: [u]}}\n")
    for values in LOGITS:
        if dtype == "float32" and max(map(abs, values)) > 1e30:
            continue
        row = np.array([values], dtype)
        found = module.forward({"b_u": np.zeros(3, dtype)}, row)[0]
        with mpmath.workdps(DIGITS):
            _, log_total, _ = shares(row[0])
            for got, logit in zip(found, row[0], strict=True):
                assert_close(got, mpmath.mpf(float(logit)) - log_total, dtype, values)


@pytest.mark.parametrize("first", [np.nan, np.inf])
def test_what_is_not_a_number_stays_so(first: float) -> None:
    loss = "sparse_categorical_crossentropy: {inputs: [u, y], from_logits: true}"
    module = loaded(f"inputs: {{x: {{shape: [3]}}}}\ntargets: {{y: {NUMBER}}}\n{UNIT}loss: {{{loss}}}\n")
    with np.errstate(all="ignore"):
        value, grads = module.loss_and_grad({"b_u": np.zeros(3)}, np.array([[first, 0.0, 1.0]]), np.array([0]))
    assert np.isnan(value)
    assert np.isnan(grads["b_u"]).any()


LAYER_NORM = """operations: |
  op centred(x[..., k]; epsilon = 1e-3):
      m[...]    = mean(k, x[..., k])
      v[...]    = mean(k, (x[..., k] - m[...])^2)
      y[..., k] = (x[..., k] - m[...]) / sqrt(v[...] + epsilon)
inputs: {x: {shape: [5]}}
nodes:
  u: {formula: 'u[n, j] = x[n, j] + b[j]', inputs: [x]}
  y: {centred: {}, inputs: [u]}
loss: {formula: 'L = sum((n, j), y[n, j]^3)', inputs: [y]}
"""
COSINE = (
    "inputs: {x: {shape: [3]}}\ntargets: {y: {shape: [3]}}\n" + UNIT + "loss: {cosine_similarity: {inputs: [u, y]}}\n"
)


@pytest.mark.parametrize("offset", [0.0, 1e3, -1e8, 1e15])
def test_layer_normalization_is_the_same_whatever_is_added(offset: float) -> None:
    module = loaded(LAYER_NORM)
    row = np.array([[1.0, 2.0, 4.0, -3.0, 7.5]]) + offset
    found = module.forward({"b_u": np.zeros(5)}, row)[0]
    with mpmath.workdps(60):
        exact = [mpmath.mpf(float(each)) for each in row[0]]
        mean = sum(exact) / 5
        spread = mpmath.sqrt(sum((each - mean) ** 2 for each in exact) / 5 + mpmath.mpf("1e-3"))
        truth = [(each - mean) / spread for each in exact]
        # L = Σ y³ and its gradient: 3 (y² − mean y² − y mean y³) / spread.
        cubes, squares = sum(each**3 for each in truth) / 5, sum(each**2 for each in truth) / 5
        slopes = [float(3 * (each**2 - squares - each * cubes) / spread) for each in truth]
        loss = float(5 * cubes)
    np.testing.assert_allclose(found, [float(each) for each in truth], rtol=1e-14)
    value, grads = module.loss_and_grad({"b_u": np.zeros(5)}, row)
    np.testing.assert_allclose(value, loss, rtol=1e-13)
    np.testing.assert_allclose(grads["b_u"], slopes, rtol=1e-13)


@pytest.mark.parametrize("scale", [1.0, 1e100, 1e200, 1e-200, 1e-300, 1e300])
def test_cosine_similarity_is_the_same_whatever_the_scale(scale: float) -> None:
    module = loaded(COSINE)
    row, y = np.array([[1.0, 2.0, 3.0]]) * scale, np.array([[1.0, 0.0, 2.0]])
    with np.errstate(all="ignore"):
        value, grads = module.loss_and_grad({"b_u": np.zeros(3)}, row, y)
    with mpmath.workdps(60):
        norm = mpmath.sqrt(70)
        truth = -7 / norm
        slopes = [
            float((-b / norm - a * truth / 14) / mpmath.mpf(scale)) for a, b in zip((1, 2, 3), (1, 0, 2), strict=True)
        ]
    np.testing.assert_allclose(float(value), float(truth), rtol=1e-15)
    np.testing.assert_allclose(grads["b_u"], slopes, rtol=1e-14)
