"""The examples: each is explained and can be built, its data fit it, and twins among them agree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from symbprop.network.build import build
from symbprop.network.document import load_source
from symbprop.pipeline import read

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
DESCRIPTIONS = sorted(EXAMPLES.glob("*.yaml"))
DATA = EXAMPLES / "data"
TRAINED = [path for path in DESCRIPTIONS if "\ntraining:" in path.read_text(encoding="utf-8")]
each_description = pytest.mark.parametrize("path", DESCRIPTIONS, ids=lambda path: path.stem)


def test_there_are_examples() -> None:
    assert len(DESCRIPTIONS) > 10


@each_description
def test_an_example_begins_with_two_to_four_lines_that_explain_it(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    header = next(number for number, line in enumerate(lines) if not line.startswith("# "))
    assert 2 <= header <= 4


@each_description
def test_an_example_is_a_network_with_a_loss_and_has_its_files_name(path: Path) -> None:
    network = build(read(load_source(str(path))))
    assert network.name == path.stem
    assert network.program.loss is not None
    assert network.initializers, "nothing to learn"


@pytest.mark.parametrize("path", TRAINED, ids=lambda path: path.stem)
def test_the_data_of_an_example_are_what_its_inputs_and_targets_say(path: Path) -> None:
    description = read(load_source(str(path)))
    assert description.training is not None
    arrays = np.load(EXAMPLES / str(description.training.data))
    specs = {**description.inputs, **description.targets}
    assert set(arrays.files) == set(specs)
    for name, spec in specs.items():
        values = arrays[name]
        assert values.shape[1:] == spec.shape
        assert values.dtype.kind == spec.dtype[0]
        low, high = (0, spec.classes - 1) if spec.classes else spec.range or (-np.inf, np.inf)
        assert low <= values.min() <= values.max() <= high


def test_the_digits_are_whole_sixteenths_and_every_digit_is_in_both_parts() -> None:
    with np.load(DATA / "digits.npz") as arrays:
        x, label = arrays["x"], arrays["label"]
    assert x.shape == (1797, 64)
    assert x.dtype == np.float32
    assert np.array_equal(x * 16, np.round(x * 16))
    held_out = len(label) // 5
    # The counts of the UCI test set, so no row was lost or doubled in shuffling.
    assert np.bincount(label).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.bincount(label[-held_out:], minlength=10).min() > 20
    assert len(np.unique(x, axis=0)) == len(x)


def test_logistic_regression_as_a_layer_and_as_formulas_is_one_module_up_to_its_name(
    compiled: Callable[..., ModuleType],
) -> None:
    modules = [
        compiled((EXAMPLES / name).read_text(encoding="utf-8"), name)
        for name in ("logistic.yaml", "logistic_formula.yaml")
    ]
    bodies = []
    for module in modules:
        text = Path(str(module.__file__)).read_text(encoding="utf-8")
        bodies.append(text[text.index("Axes") :].replace(module.NAME, "NAME"))
    assert bodies[0] == bodies[1]
    rng = np.random.default_rng(0)
    x, y, w, b = rng.normal(size=(7, 5)), rng.uniform(size=(7, 1)), rng.normal(size=(5, 1)), rng.normal(size=1)
    loss, grads = modules[0].loss_and_grad({"W": w, "b": b}, x, y)
    p = 1 / (1 + np.exp(-(x @ w + b)))
    np.testing.assert_allclose(loss, -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)), rtol=1e-13)
    np.testing.assert_allclose(grads["W"], x.T @ (p - y) / 7, rtol=1e-12)
    np.testing.assert_allclose(grads["b"], np.mean(p - y, axis=0), rtol=1e-12)


def test_the_gradient_of_the_textbooks_bowl_at_one_two(compiled: Callable[..., ModuleType]) -> None:
    module = compiled((EXAMPLES / "gradient.yaml").read_text(encoding="utf-8"), "gradient.yaml")
    loss, grads = module.loss_and_grad({"x": np.array(1.0), "y": np.array(2.0)})
    assert (loss, grads["x"], grads["y"]) == (11, 10, 6)
    assert round(float(np.hypot(grads["x"], grads["y"])), 2) == 11.66


def test_the_chain_rule_goes_link_by_link(compiled: Callable[..., ModuleType]) -> None:
    module = compiled((EXAMPLES / "chain.yaml").read_text(encoding="utf-8"), "chain.yaml")
    text = str(module.__doc__)
    assert "v̄ = y" in text
    assert "ū = v̄ cos(u)" in text
    assert "x̄ = 2 x ū" in text
    _, grads = module.loss_and_grad({"x": np.array(0.7)})
    np.testing.assert_allclose(grads["x"], np.exp(np.sin(0.49)) * np.cos(0.49) * 1.4, rtol=1e-14)


def test_xor_is_learned_by_its_emitted_module(compiled: Callable[..., ModuleType]) -> None:
    description = read(load_source(str(EXAMPLES / "xor.yaml")))
    module = compiled((EXAMPLES / "xor.yaml").read_text(encoding="utf-8"), "xor.yaml")
    assert description.training is not None
    arrays = np.load(DATA / "xor.npz")
    data = [arrays[name] for name in (*module.INPUTS, *module.TARGETS)]
    params = module.init(0)
    for _ in range(description.training.epochs):
        _, grads = module.loss_and_grad(params, *data)
        for name in params:
            params[name] -= 1.0 * grads[name]
    assert np.array_equal(np.round(module.forward(params, data[0])), data[1])


@pytest.mark.slow
def test_lenet_gets_98_percent_of_the_held_out_digits_right(compiled: Callable[..., ModuleType]) -> None:
    assert _held_out_accuracy(compiled, "lenet.yaml") >= 0.98


@pytest.mark.slow
def test_an_lstm_reads_more_than_95_percent_of_the_held_out_digits(compiled: Callable[..., ModuleType]) -> None:
    assert _held_out_accuracy(compiled, "lstm_digits.yaml") > 0.95


def _held_out_accuracy(compiled: Callable[..., ModuleType], name: str) -> float:
    """The share of the last fifth of the digits that an example gets right once its ``fit`` has run."""
    module = compiled((EXAMPLES / name).read_text(encoding="utf-8"), name)
    with np.load(DATA / "digits.npz") as arrays:
        x, label = arrays["x"], arrays["label"]
    params, _ = module.fit(module.init(0), x, label)
    kept = len(label) - round(len(label) * 0.2)
    return float(np.mean(module.forward(params, x[kept:]).argmax(axis=1) == label[kept:]))
