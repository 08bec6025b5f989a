"""``fit`` of networks with state, noise and modes: what it carries, draws and gives back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from trained import examples, module_of

NET = """
inputs: {x: {shape: [64]}}
targets: {label: {shape: [], dtype: int, classes: 10}}
layers:
  - dense: {units: 8}
  - batch_normalization: {momentum: 0.8, activation: relu}
  - dropout: {rate: 0.3}
  - dense: {units: 10, activation: softmax}
loss: sparse_categorical_crossentropy
"""
DROPOUT = NET.replace("  - batch_normalization: {momentum: 0.8, activation: relu}\n", "")
TRAINING = "{optimizer: {sgd: {learning_rate: 0.1}}, validation: 0.25, early_stopping: {patience: 50}}"


def same(first: Any, second: Any) -> bool:
    """Whether two dictionaries hold the same bits."""
    return first.keys() == second.keys() and all(np.array_equal(first[key], second[key]) for key in first)


def test_state_is_carried_from_batch_to_batch_and_noise_follows_from_seed_and_epoch() -> None:
    module = module_of(TRAINING, NET)
    x, label = examples()
    params = module.init(0)
    fitted, history, state = module.fit(params, x, label, epochs=2, batch_size=50, seed=7, restore_best=False)
    expected, kept = dict(params), module.init_state()
    for epoch in (1, 2):
        order, rng = np.random.default_rng([7, epoch]).permutation(150), np.random.default_rng([7, epoch, 1])
        total = 0.0
        for start in range(0, 150, 50):
            rows = order[start : start + 50]
            loss, grads, kept = module.loss_and_grad(expected, x[rows], label[rows], state=kept, seed=rng)
            total += float(loss) * 50
            expected = {name: expected[name] - 0.1 * grads[name] for name in expected}
        assert history[epoch - 1]["loss"] == pytest.approx(total / 150, rel=1e-14)
    assert same(fitted, expected)
    assert same(state, kept)
    assert not same(state, module.init_state())


def test_what_is_held_out_is_measured_in_inference() -> None:
    module = module_of(TRAINING, NET)
    x, label = examples()
    fitted, history, state = module.fit(module.init(0), x, label, epochs=3, restore_best=False)
    assert history[-1]["validation_loss"] == module.loss(fitted, x[150:], label[150:], state=state)
    assert history[-1]["validation_loss"] != module.loss(fitted, x[150:], label[150:], state=state, training=True)
    right = np.argmax(module.forward(fitted, x[150:], state=state), axis=1) == label[150:]
    assert module.metrics(fitted, x[150:], label[150:], state=state) == {"accuracy": pytest.approx(np.mean(right))}


@pytest.mark.parametrize("net", [NET, DROPOUT], ids=["state and noise", "noise alone"])
def test_six_epochs_are_three_and_three_more_to_the_bit(net: str) -> None:
    module = module_of(TRAINING, net)
    x, label = examples()
    whole, history, *states = module.fit(module.init(0), x, label, epochs=6)
    runs: list[dict[str, Any]] = []
    module.fit(module.init(0), x, label, epochs=3, callback=runs.append)
    rest, later, *others = module.fit(module.init(0), x, label, epochs=6, resume=runs[-1])
    assert same(whole, rest)
    assert history == later
    assert len(states) == len(others) == ("batch" in net)
    assert all(same(a, b) for a, b in zip(states, others, strict=True))
    other, *_ = module.fit(module.init(0), x, label, epochs=6, seed=1)
    assert not same(whole, other)


def test_the_best_epochs_parameters_come_with_its_state() -> None:
    module = module_of(TRAINING.replace("0.1", "2").replace("50", "3"), NET)
    x, label = examples()
    runs: list[dict[str, Any]] = []
    fitted, history, state = module.fit(module.init(0), x, label, epochs=30, callback=runs.append)
    best = int(np.argmin([row["validation_loss"] for row in history]))
    assert best < len(history) - 1
    assert same(fitted, runs[best]["params"])
    assert same(state, runs[best]["state"])
    assert module.loss(fitted, x[150:], label[150:], state=state) == history[best]["validation_loss"]


def test_a_state_that_is_given_is_where_training_begins_and_stays_as_it_is() -> None:
    module = module_of(TRAINING, NET)
    x, label = examples()
    given = {name: value + 0.5 for name, value in module.init_state().items()}
    before = {name: value.copy() for name, value in given.items()}
    *_, none = module.fit(module.init(0), x, label, epochs=0, state=given, restore_best=False)
    assert same(none, before)
    assert not any(np.shares_memory(none[name], given[name]) for name in given)
    *_, one = module.fit(module.init(0), x, label, epochs=1, state=given)
    *_, other = module.fit(module.init(0), x, label, epochs=1)
    assert same(given, before)
    assert not same(one, other)
