"""Emitted modules with state, noise and modes: signatures, who owns what, and which numbers belong to which mode."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from networks import ALL, point

from symbprop.calculus.interpreter import interpret
from symbprop.language.source import Source
from symbprop.network.build import build
from symbprop.pipeline import compile_description, read

Compiled = Callable[..., ModuleType]

BOTH = """
inputs: {x: {shape: [6]}}
targets: {label: {shape: [], dtype: int, classes: 4}}
layers:
  - dense: {units: 5, use_bias: false}
  - batch_normalization: {momentum: 0.9, activation: relu}
  - dropout: {rate: 0.4}
  - dense: {units: 4, activation: softmax}
loss: sparse_categorical_crossentropy
metrics: [accuracy, sparse_categorical_crossentropy, {sparse_top_k_categorical_accuracy: {k: 2}}]
"""
NOISE_ONLY = BOTH.replace("  - batch_normalization: {momentum: 0.9, activation: relu}\n", "")
STATE_ONLY = BOTH.replace("  - dropout: {rate: 0.4}\n", "")
SAMPLED = """
inputs: {x: {shape: [3]}}
targets: {y: {shape: [3]}}
operations: "op sampled(m[n, k], e[n, k] ~ normal):\\n    z[n, k] = m[n, k] + e[n, k] / 10"
layers: [{dense: {units: 3}}, sampled]
loss: mean_squared_error
"""


def keywords(function: Callable[..., Any]) -> list[str]:
    parameters = inspect.signature(function).parameters.values()
    return [each.name for each in parameters if each.kind is inspect.Parameter.KEYWORD_ONLY]


@pytest.mark.parametrize(
    ("text", "forward", "gradient"),
    [
        (BOTH, ["training", "state", "seed"], ["state", "seed", "cotangent", "out", "microbatch", "map"]),
        (NOISE_ONLY, ["training", "seed"], ["seed", "cotangent", "out", "microbatch", "map"]),
        (STATE_ONLY, ["training", "state"], ["state", "cotangent", "out", "microbatch", "map"]),
        (SAMPLED, ["seed"], ["seed", "cotangent", "out", "microbatch", "map"]),
        (ALL["mlp"], [], ["cotangent", "out", "microbatch", "map"]),
    ],
)
def test_functions_ask_for_what_the_network_needs_and_no_more(
    text: str, forward: list[str], gradient: list[str], compiled: Compiled
) -> None:
    module = compiled(text)
    assert keywords(module.forward) == keywords(module.loss) == forward
    assert keywords(module.loss_and_grad) == gradient
    assert hasattr(module, "init_state") == ("state" in forward)


def arrays_of(text: str, module: ModuleType) -> dict[str, Any]:
    params, data = point(module, batch=3)
    rng = np.random.default_rng(2)
    state = {name: value + rng.uniform(0.2, 1, value.shape) for name, value in module.init_state().items()}
    return {"params": params, "data": data, "state": state}


def test_both_modes_and_the_next_state_are_what_index_loops_give(compiled: Compiled) -> None:
    module = compiled(BOTH)
    given = arrays_of(BOTH, module)
    network = build(read(Source("net.yaml", BOTH)))
    noise = np.random.default_rng(7).uniform(-1, 1, (3, 5))
    values = {
        **given["params"],
        **given["state"],
        **dict(zip((*module.INPUTS, *module.TARGETS), given["data"], strict=True)),
    }
    training = interpret(network.program, {**values, "u": noise}, {"N": 3})
    assert network.inference is not None
    inference = interpret(network.inference, values, {"N": 3})
    x = given["data"][0]

    def elements(table: Any, name: str, shape: tuple[int, ...]) -> np.ndarray:
        return np.array([table[name][index] for index in np.ndindex(*shape)]).reshape(shape)

    p, following = module.forward(given["params"], x, training=True, state=given["state"], seed=7)
    np.testing.assert_allclose(p, elements(training, "p", (3, 4)), rtol=1e-12)
    for state, name in network.program.updates.items():
        np.testing.assert_allclose(following[state], elements(training, name, (5,)), rtol=1e-12)
    inferred = module.forward(given["params"], x, state=given["state"])
    np.testing.assert_allclose(inferred, elements(inference, "p", (3, 4)), rtol=1e-12)
    for mode, table in ((True, training), (False, inference)):
        loss = module.loss(given["params"], *given["data"], training=mode, state=given["state"], seed=7)
        assert loss == pytest.approx(table["L1"][()] if "L1" in table else table["L"][()], rel=1e-12)
    metrics = module.metrics(given["params"], *given["data"], state=given["state"])
    assert list(metrics) == ["accuracy", "sparse_categorical_crossentropy", "sparse_top_k_categorical_accuracy"]
    assert metrics["accuracy"] == np.mean(np.argmax(inferred, axis=1) == given["data"][1])
    assert metrics["sparse_categorical_crossentropy"] == pytest.approx(
        module.loss(given["params"], *given["data"], state=given["state"]), rel=1e-12
    )


def test_calls_leave_the_state_as_it_is_and_hand_over_one_of_their_own(compiled: Compiled) -> None:
    module = compiled(BOTH)
    given = arrays_of(BOTH, module)
    before = {name: value.copy() for name, value in given["state"].items()}
    for value in given["state"].values():
        value.flags.writeable = False
    _, _, first = module.loss_and_grad(given["params"], *given["data"], state=given["state"])
    kept = {name: value.copy() for name, value in first.items()}
    _, _, second = module.loss_and_grad(given["params"], *given["data"], state=first)
    for name, value in before.items():
        np.testing.assert_array_equal(given["state"][name], value)
        np.testing.assert_array_equal(first[name], kept[name])
        assert not np.shares_memory(first[name], second[name])
        assert not np.array_equal(first[name], second[name])
        first[name][...] = 0
        assert np.any(second[name] != 0)


def test_a_state_whose_next_value_is_itself_or_an_output_is_copied(compiled: Compiled) -> None:
    text = """
inputs: {x: {shape: [3]}}
targets: {y: {shape: [3]}}
operations: |
  op kept(x[n, k], w[k] = ones, state m[k] = ones, state q[k] = zeros, state c[k] = ones):
      q'[k] = m[k]
      m'[k] = mean(n, x[n, k])
      y[n, k] = x[n, k] * w[k] + m'[k] + c[k]
layers: [kept]
outputs: [kept]
loss: mean_squared_error
""".replace("outputs: [kept]\n", "")
    module = compiled(text)
    given = arrays_of(text, module)
    _, _, following = module.loss_and_grad(given["params"], *given["data"], state=given["state"])
    np.testing.assert_array_equal(following["q"], given["state"]["m"])
    np.testing.assert_array_equal(following["c"], given["state"]["c"])
    for value in following.values():
        assert not any(np.shares_memory(value, old) for old in given["state"].values())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_of_the_parameters_is_that_of_outputs_gradients_and_state(dtype: Any, compiled: Compiled) -> None:
    module = compiled(BOTH)
    params = module.init(0, dtype=np.dtype(dtype).name)
    x, label = arrays_of(BOTH, module)["data"]
    loss, grads, state = module.loss_and_grad(params, x, label, seed=1)
    assert np.asarray(loss).dtype == dtype
    assert {value.dtype for value in (*grads.values(), *state.values())} == {np.dtype(dtype)}
    assert module.forward(params, x, state=state).dtype == dtype


@pytest.mark.parametrize(
    ("state", "words"),
    [({}, "missing"), ({"moving_mean": np.zeros(5)}, "missing"), ({"other": np.zeros(5)}, "unknown")],
)
def test_a_state_with_wrong_keys_is_refused(state: dict[str, np.ndarray], words: str, compiled: Compiled) -> None:
    module = compiled(BOTH)
    params, data = point(module)
    with pytest.raises(KeyError, match=words):
        module.loss_and_grad(params, *data, state=state)


def test_a_state_with_a_wrong_shape_is_refused(compiled: Compiled) -> None:
    module = compiled(BOTH)
    params, data = point(module)
    state = {**module.init_state(), "moving_mean": np.zeros(4)}
    with pytest.raises(ValueError, match=r"moving_mean has shape \(4,\), not \(5\)"):
        module.loss(params, *data, state=state)


def test_a_network_trains_by_its_state_and_noise(compiled: Compiled) -> None:
    module = compiled(BOTH)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 6))
    label = np.argmax(x @ rng.standard_normal((6, 4)), axis=1)
    params, state = module.init(0), module.init_state()
    start = module.loss(params, x, label, state=state)
    noise = np.random.default_rng(1)
    for _ in range(150):
        _, grads, state = module.loss_and_grad(params, x, label, state=state, seed=noise)
        params = {name: value - 0.3 * grads[name] for name, value in params.items()}
    assert module.loss(params, x, label, state=state) < start / 2
    assert module.metrics(params, x, label, state=state)["accuracy"] > 0.85


def test_threads_with_seeds_of_their_own_do_not_meet(compiled: Compiled) -> None:
    module = compiled(BOTH)
    params, data = point(module)
    expected = [module.loss_and_grad(params, *data, seed=seed)[0] for seed in range(8)]
    found: list[list[float]] = [[] for _ in range(8)]

    def run(seed: int) -> None:
        found[seed] = [module.loss_and_grad(params, *data, seed=seed)[0] for _ in range(40)]

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[value] * 40 for value in expected]


def test_names_that_the_functions_need_are_kept_free(compiled: Compiled) -> None:
    text = BOTH.replace("{x: {", "{state: {").replace("label: {", "training: {")
    module = compiled(text)
    params = module.init(0)
    loss, _, _ = module.loss_and_grad(params, np.ones((3, 6)), np.array([0, 1, 2]), seed=3)
    assert np.isfinite(loss)


def test_the_docstring_tells_what_differs_in_inference() -> None:
    source = Source("net.yaml", BOTH)
    text = compile_description(read(source), source).source
    inference = text[text.index("Forward, in inference") : text.index("Cost of")]
    assert "moving_variance[j]" in inference
    assert "d[n,j] = h[n,j]" in inference
    assert "Σₖ x[n,k]" not in inference
