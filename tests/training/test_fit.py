"""``fit`` of an emitted module: batches, early stopping, going on with a run, and what it must not do."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trained import DIGITS, NET, examples, module_of, source_of

from symbprop.deliver import audit
from symbprop.language.source import Source
from symbprop.library.catalogue import catalogue
from symbprop.pipeline import compile_description, read

ADAM = "{optimizer: {adam: {learning_rate: 0.02}}, learning_rate: {cosine_decay: {decay_steps: 900}}, validation: 0.25}"
Params = dict[str, np.ndarray]


def same(first: Any, second: Any) -> bool:
    """Whether two dictionaries hold the same bits."""
    return first.keys() == second.keys() and all(np.array_equal(first[key], second[key]) for key in first)


def test_all_examples_in_one_batch_is_descent_along_the_gradient_of_all() -> None:
    module = module_of("{optimizer: {sgd: {learning_rate: 0.5}}, batch_size: all}")
    x, label = examples()
    params = module.init(3)
    fitted, history = module.fit(params, x, label, epochs=3)
    expected = dict(params)
    for row in history:
        loss, grads = module.loss_and_grad(expected, x, label)
        assert row["loss"] == pytest.approx(float(loss), rel=1e-14)
        expected = {name: expected[name] - 0.5 * grads[name] for name in expected}
    assert same(fitted, expected)
    for batch_size in (len(x), len(x) + 7):
        assert same(module.fit(params, x, label, epochs=3, batch_size=batch_size)[0], fitted)


def test_mini_batches_and_single_examples_see_each_example_once_in_an_epoch() -> None:
    module = module_of("{optimizer: {sgd: {learning_rate: 0.1}}}")
    x, label = examples(30)
    params = module.init(0)
    for batch_size, shuffle in ((1, True), (7, True), (7, False)):
        order = np.random.default_rng([5, 1]).permutation(30) if shuffle else np.arange(30)
        assert sorted(order) == list(range(30))
        expected, total = dict(params), 0.0
        for start in range(0, 30, batch_size):
            rows = order[start : start + batch_size]
            loss, grads = module.loss_and_grad(expected, x[rows], label[rows])
            total += float(loss) * len(rows)
            expected = {name: expected[name] - 0.1 * grads[name] for name in expected}
        fitted, history = module.fit(params, x, label, epochs=1, batch_size=batch_size, seed=5, shuffle=shuffle)
        assert same(fitted, expected)
        assert history[0]["loss"] == pytest.approx(total / 30, rel=1e-14)


def test_what_is_held_out_is_the_last_part_and_is_not_trained_on() -> None:
    module = module_of(ADAM)
    x, label = examples()
    params = module.init(0)
    fitted, history = module.fit(params, x, label, epochs=2)
    apart, other = module.fit(params, x[:150], label[:150], epochs=2, validation=(x[150:], label[150:]))
    assert same(fitted, apart)
    assert history == other
    assert history[-1]["validation_loss"] == module.loss(fitted, x[150:], label[150:])


def test_ten_epochs_are_five_and_five_more_to_the_bit() -> None:
    for optimizer in [name for name, category in catalogue().categories.items() if category == "optimizers"]:
        module = module_of(f"{{optimizer: {optimizer}, validation: 0.2, early_stopping: {{patience: 20}}}}")
        x, label = examples()
        params = module.init(0)
        whole, history = module.fit(params, x, label, epochs=10)
        runs: list[dict[str, Any]] = []
        module.fit(params, x, label, epochs=5, callback=runs.append)
        rest, later = module.fit(params, x, label, epochs=10, resume=runs[-1])
        assert same(whole, rest), optimizer
        assert history == later


def test_training_stops_early_and_gives_the_best_parameters() -> None:
    training = "{optimizer: {sgd: {learning_rate: 3}}, epochs: 60, validation: 0.3, early_stopping: {patience: 4}}"
    module = module_of(training)
    x, label = examples(120)
    runs: list[dict[str, Any]] = []
    fitted, history = module.fit(module.init(1), x, label, callback=runs.append)
    losses = [row["validation_loss"] for row in history]
    best = int(np.argmin(losses))
    assert len(history) < 60
    assert len(history) == best + 1 + 4
    assert same(fitted, runs[best]["params"])
    assert module.loss(fitted, x[84:], label[84:]) == losses[best]
    last, again = module.fit(module.init(1), x, label, restore_best=False)
    assert same(last, runs[-1]["params"])
    assert again == history
    stopped, _ = module.fit(module.init(1), x, label, resume=runs[-1])
    assert same(stopped, fitted)
    # What hardly falls is no improvement, and the training loss may be watched instead.
    _, coarse = module.fit(module.init(1), x, label, min_delta=100.0)
    assert len(coarse) == 5
    _, watched = module.fit(module.init(1), x, label, monitor="loss", epochs=12)
    falling = [row["loss"] for row in watched]
    assert len(watched) == min(12, int(np.argmin(falling)) + 5)


def test_a_callback_that_says_so_stops_the_run() -> None:
    module = module_of(ADAM)
    _, history = module.fit(module.init(0), *examples(), epochs=9, callback=lambda run: run["epoch"] == 3)
    assert [row["epoch"] for row in history] == [1, 2, 3]


def test_nothing_given_to_fit_is_changed_and_what_it_gives_is_the_callers() -> None:
    module = module_of(ADAM)
    x, label = examples()
    params = module.init(0)
    before = {name: value.copy() for name, value in params.items()}
    inputs = x.copy()
    x.setflags(write=False)
    try:
        fitted, _ = module.fit(params, x, label, epochs=2)
        unfitted, _ = module.fit(params, x, label, epochs=0)
    finally:
        x.setflags(write=True)
    assert same(params, before)
    assert np.array_equal(x, inputs)
    assert same(unfitted, before)
    for result in (fitted, unfitted):
        assert not any(np.shares_memory(result[a], params[b]) for a in params for b in params)


def test_a_loss_that_is_no_number_stops_with_the_epoch() -> None:
    module = module_of("{optimizer: {sgd: {learning_rate: 1e200}}}", NET.replace("tanh", "relu"))
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match=r"epoch \d"):
        module.fit(module.init(0), *examples(), epochs=9)


def test_wrong_examples_are_told() -> None:
    module = module_of(ADAM)
    x, label = examples()
    params = module.init(0)
    with pytest.raises(ValueError, match="different numbers"):
        module.fit(params, x, label[:-1])
    with pytest.raises(ValueError, match="no example"):
        module.fit(params, x[:0], label[:0])
    with pytest.raises(ValueError, match="batch of 0"):
        module.fit(params, x, label, batch_size=0)
    with pytest.raises(ValueError, match="has shape"):
        module.step({**params, "b1": params["W1"]}, params, module.init_optimizer(params))
    with pytest.raises(KeyError, match="b1"):
        module.step({"b1": params["b1"]}, params, module.init_optimizer(params))


def test_formulas_without_examples_are_descended_one_step_an_epoch() -> None:
    module = module_of(
        "{optimizer: {sgd: {learning_rate: 0.1}}, epochs: 200}", "formulas: 'L = (x - 3)^2 + (y + 1)^2'\n"
    )
    fitted, history = module.fit({"x": np.array(0.0), "y": np.array(5.0)})
    assert len(history) == 200
    np.testing.assert_allclose([fitted["x"], fitted["y"]], [3, -1], atol=1e-12)
    assert fitted["x"].shape == ()


def test_what_has_no_axis_of_examples_is_given_to_every_batch() -> None:
    net = (
        "inputs: {x: {shape: [3]}, s: {shape: [3], batch: false}}\ntargets: {y: {shape: []}}\nnodes:\n"
        "  a: {formula: 'a[n] = sum(k, x[n, k] * s[k] * w[k])', inputs: [x, s]}\nloss: mean_squared_error\n"
    )
    module = module_of("{optimizer: {sgd: {learning_rate: 0.1}}, batch_size: 4, validation: 0.2}", net)
    rng = np.random.default_rng(0)
    x, s, w = rng.normal(size=(40, 3)), np.array([1.0, 2.0, 0.5]), np.array([0.3, -1.0, 2.0])
    fitted, history = module.fit(module.init(0), x, s, x @ (s * w), epochs=400)
    np.testing.assert_allclose(fitted["w_a"], w, rtol=1e-6)
    assert history[-1]["validation_loss"] < 1e-10


def test_the_module_trains_alone_with_numpy(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(source_of(ADAM), encoding="utf-8")
    script = f"""
import importlib.util as u, sys, numpy as np
s = u.spec_from_file_location('net', 'net.py'); m = u.module_from_spec(s); s.loader.exec_module(m)
d = np.load({str(DIGITS)!r})
params, history = m.fit(m.init(), d['x'], d['label'], epochs=8)
print(history[0]['validation_loss'], history[-1]['validation_loss'])
assert not [n for n in sys.modules if n.split('.')[0] in ('symbprop', 'sympy', 'jinja2')]
"""
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    first, last = map(float, done.stdout.split())
    assert last < first / 2


OPTIMIZERS = [name for name, category in catalogue().categories.items() if category == "optimizers"]
SCHEDULES = {
    "step_decay": "decay_steps: 3", "exponential_decay": "decay_steps: 3, decay_rate: 0.7", "polynomial_decay": "decay_steps: 9, power: 3",
    "inverse_time_decay": "decay_steps: 3, decay_rate: 0.7, staircase: true", "cosine_decay": "decay_steps: 9",
    "cosine_decay_restarts": "first_decay_steps: 7, t_mul: 1.3, m_mul: 0.9", "one_cycle": "total_steps: 77, three_phase: true",
    "triangular": "max_learning_rate: 3, step_size_up: 7", "triangular2": "max_learning_rate: 3, step_size_up: 7",
    "exp_range": "max_learning_rate: 3, gamma: 0.99", "inverse_square_root": "warmup_steps: 7", "constant_rate": "",
}  # fmt: skip


@pytest.mark.parametrize("number", range(len(OPTIMIZERS)))
def test_what_is_emitted_is_formatted_audited_and_free_of_what_is_not_used(number: int, tmp_path: Path) -> None:
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    if ruff is None:
        pytest.skip("ruff is not installed")
    schedule, arguments = list(SCHEDULES.items())[number % len(SCHEDULES)]
    clip = ["clip_by_value", "clip_by_norm", "clip_by_global_norm"][number % 3]
    training = f"{{optimizer: {OPTIMIZERS[number]}, learning_rate: {{{schedule}: {{{arguments}}}}}, clip: {clip}"
    training += ", warmup: {linear_warmup: {warmup_steps: 5}}}" if number % 2 else ", early_stopping: {patience: 3}}"
    text = source_of(training)
    audit(text)
    path = tmp_path / "net.py"
    path.write_text(text, encoding="utf-8")
    for command in (
        ["format", "--isolated", "--diff"],
        ["check", "--isolated", "--select", "F,E,W", "--ignore", "E501"],
    ):
        done = subprocess.run([ruff, *command, str(path)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_every_schedule_of_the_library_was_formatted() -> None:
    named = {name for name, category in catalogue().categories.items() if category == "schedules"}
    assert set(SCHEDULES) == named - {"piecewise_constant_decay"}  # there are as many optimisers as others
    assert len(OPTIMIZERS) >= len(SCHEDULES)


def test_a_description_without_a_part_on_training_emits_none() -> None:
    module = module_of("{}")
    assert all(hasattr(module, name) for name in ("fit", "step", "init_optimizer", "learning_rate"))
    source = Source("net.yaml", NET)
    text = compile_description(read(source), source).source
    assert not any(f"def {name}(" in text for name in ("fit", "step", "init_optimizer", "learning_rate", "_packed"))
