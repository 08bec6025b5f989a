"""Every metric of the library against NumPy, written out by hand here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from symbprop.language.source import Source, SourceError
from symbprop.library.catalogue import catalogue
from symbprop.network.build import build
from symbprop.pipeline import read
from symbprop.verify.module import verify_module

Compiled = Callable[..., ModuleType]
METRICS = [name for name in catalogue().operations if catalogue().category(name) == "metrics"]


def network(metrics: str, *, target: str = "{shape: [4]}", loss: str = "mean_squared_error", units: int = 4) -> str:
    return f"""
inputs: {{x: {{shape: [3]}}}}
targets: {{y: {target}}}
layers: [{{dense: {{units: {units}}}}}]
loss: {loss}
metrics: [{metrics}]
"""


SPARSE = "{shape: [], dtype: int, classes: 4}"
CLASSES = np.array([0, 3, 2, 1, 1, 0, 2])
rng = np.random.default_rng(0)
X = rng.standard_normal((7, 3))
YES = (rng.random((7, 4)) > 0.5).astype(float)
REAL = rng.standard_normal((7, 4))


def values(module: ModuleType, target: np.ndarray) -> tuple[np.ndarray, dict[str, float]]:
    params = {name: np.random.default_rng(4).standard_normal(shape) for name, shape in module.PARAMETERS.items()}
    return module.forward(params, X), module.metrics(params, X, target)


def above(outputs: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """How many outputs lie above that of the class."""
    return np.sum(outputs > outputs[np.arange(len(outputs)), classes][:, None], axis=1)


def test_accuracies_count_what_is_right(compiled: Compiled) -> None:
    text = "sparse_categorical_accuracy, sparse_top_k_categorical_accuracy, {sparse_top_k_categorical_accuracy: {k: 2}}"
    out, found = values(compiled(network(text, target=SPARSE, loss="sparse_categorical_crossentropy")), CLASSES)
    assert list(found.values()) == [np.mean(np.argmax(out, 1) == CLASSES), 1.0, np.mean(above(out, CLASSES) < 2)]
    assert list(found)[-1] == "sparse_top_k_categorical_accuracy_2"
    text = "categorical_accuracy, {top_k_categorical_accuracy: {k: 2}}"
    out, found = values(compiled(network(text)), REAL)
    largest = np.argmax(REAL, axis=1)
    assert list(found.values()) == [np.mean(np.argmax(out, 1) == largest), np.mean(above(out, largest) < 2)]


def test_yes_and_no_are_counted_on_either_side_of_a_threshold(compiled: Compiled) -> None:
    text = "{binary_accuracy: {threshold: 0.2}}, {binary_accuracy: {from_logits: true}}, precision, recall"
    out, found = values(compiled(network(text)), YES)
    said = out > 0.5
    expected = [
        np.mean((out > 0.2) == (YES > 0.5)),
        np.mean((out > 0) == (YES > 0.5)),
        YES[said].mean(),
        np.sum(YES * said) / YES.sum(),
    ]
    np.testing.assert_allclose(list(found.values()), expected, rtol=1e-14)
    _, none = values(compiled(network("{precision: {threshold: 1000}}")), YES)
    assert none == {"precision": 0.0}
    _, none = values(compiled(network("recall")), np.zeros_like(YES))
    assert none == {"recall": 0.0}


def test_errors_of_real_targets(compiled: Compiled) -> None:
    text = "root_mean_squared_error, r2_score, mean_absolute_error, mean_squared_error"
    out, found = values(compiled(network(text)), REAL)
    spread = np.sum((REAL - REAL.mean(axis=0)) ** 2, axis=0)
    r2 = np.mean(1 - np.sum((out - REAL) ** 2, axis=0) / spread)
    square = np.mean((out - REAL) ** 2)
    expected = [np.sqrt(square), r2, np.mean(np.abs(out - REAL)), square]
    np.testing.assert_allclose(list(found.values()), expected, rtol=1e-13)


@pytest.mark.parametrize(
    ("loss", "target", "named"),
    [
        ("sparse_categorical_crossentropy", SPARSE, "sparse_categorical_accuracy"),
        ("categorical_crossentropy", "{shape: [4]}", "categorical_accuracy"),
        ("binary_crossentropy", "{shape: [4]}", "binary_accuracy"),
        ("binary_focal_crossentropy: {from_logits: true}", "{shape: [4]}", "binary_accuracy: {from_logits: true}"),
    ],
)
def test_accuracy_is_the_one_that_the_loss_names(loss: str, target: str, named: str, compiled: Compiled) -> None:
    loss = f"{{{loss}}}" if ":" in loss else loss
    data = CLASSES if target == SPARSE else YES
    _, found = values(compiled(network("accuracy", target=target, loss=loss)), data)
    _, same = values(compiled(network(f"{{{named}}}" if ":" in named else named, target=target, loss=loss)), data)
    assert list(found.values()) == list(same.values())
    assert list(found) == ["accuracy"]


@pytest.mark.parametrize("name", METRICS)
def test_a_module_with_a_metric_passes_verification(name: str, compiled: Compiled) -> None:
    sparse = len(catalogue().operations[name].arguments[1].index) < len(catalogue().operations[name].arguments[0].index)
    loss = "sparse_categorical_crossentropy: {from_logits: true}" if sparse else "mean_squared_error: {}"
    text = network(name, target=SPARSE if sparse else "{shape: [4], range: [0, 1]}", loss=f"{{{loss}}}")
    certificate = verify_module(compiled(text))
    assert certificate.passed, certificate.format()


def test_metrics_of_one_output_among_several(compiled: Compiled) -> None:
    text = """
inputs: {x: {shape: [3]}}
targets: {y: {shape: [2]}, z: {shape: [2]}}
nodes:
  a: {dense: {units: 2}, inputs: [x]}
  b: {dense: {units: 2}, inputs: [x]}
loss: [{mean_squared_error: {inputs: [a, y]}}, {mean_squared_error: {inputs: [b, z]}}]
metrics: [{mean_absolute_error: {inputs: [b, z]}}]
"""
    module = compiled(text)
    params = module.init(0)
    y, z = rng.standard_normal((2, 7, 2))
    _, b = module.forward(params, X)
    assert module.metrics(params, X, y, z)["mean_absolute_error"] == pytest.approx(np.mean(np.abs(b - z)))


def test_no_metrics_leave_a_module_without_the_function(compiled: Compiled) -> None:
    assert not hasattr(compiled(network("").replace("metrics: []", "")), "metrics")


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ("accuracy", "there is no metric 'accuracy'"),
        ("mean_square_error", "there is no metric 'mean_square_error'"),
        ("{r2_score: {inputs: [nowhere]}}", "nowhere"),
        ("{r2_score: {k: 2}}", "'r2_score' has no argument 'k'"),
    ],
)
def test_a_metric_that_cannot_be_is_an_error_at_its_place(metric: str, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        build(read(Source("net.yaml", network(metric))))
    assert message in caught.value.message
    assert caught.value.span.line == 6
