"""Functions beside the gradient, against steps in the complex plane through what is verified: forward and loss_and_grad."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest
from asked import (
    NETWORKS,
    STEP,
    asked,
    assert_close,
    directions,
    each_network,
    marked,
    moved,
    outputs,
    point,
    real,
    unit,
)
from networks import EMBEDDED, MLP

from symbprop.language.source import SourceError


@each_network
def test_a_hessian_vector_product_is_how_the_gradient_moves(compiled: Callable[..., ModuleType], name: str) -> None:
    module = compiled(asked(NETWORKS[name], "hvp"))
    params, data = point(module)
    along = directions(params)
    _, grads = module.loss_and_grad(moved(params, along), *data.values())
    wanted = {key: np.imag(value) / STEP for key, value in grads.items()}
    assert max(np.max(np.abs(each)) for each in wanted.values()) > 1e-3
    assert_close(module.hvp(params, *data.values(), along), wanted)
    assert_close(module.hvp(params, *data.values(), along, cotangent=-3), {k: -3 * v for k, v in wanted.items()})
    first = next(iter(along))
    _, grads = module.loss_and_grad(moved(params, {first: along[first]}), *data.values())
    wanted = {key: np.imag(value) / STEP for key, value in grads.items()}
    assert_close(module.hvp(params, *data.values(), {first: along[first]}), wanted)


@each_network
def test_a_jacobian_vector_product_is_how_the_outputs_move(compiled: Callable[..., ModuleType], name: str) -> None:
    module = compiled(asked(NETWORKS[name], "jvp"))
    params, data = point(module)
    along = directions({**params, **real(module, data)})
    wanted = outputs(module, moved(params, along), moved(data, along))
    given = [data[name] for name in module.INPUTS]
    assert_close(module.jvp(params, *given, along), {key: np.imag(each) / STEP for key, each in wanted.items()})


@each_network
def test_a_product_from_the_left_agrees_with_that_from_the_right(
    compiled: Callable[..., ModuleType], name: str
) -> None:
    module = compiled(asked(NETWORKS[name], "vjp"))
    params, data = point(module)
    given = [data[name] for name in module.INPUTS]
    bars = directions(outputs(module, params, data), 2)
    found = module.vjp(params, *given, bars)
    places = {**params, **real(module, data)}
    assert list(found) == list(places)
    for key in places:
        for seed in range(3):
            along = directions({key: places[key]}, seed)
            moving = outputs(module, moved(params, along), moved(data, along))
            wanted = sum(np.sum(bars[each] * np.imag(value)) / STEP for each, value in moving.items())
            np.testing.assert_allclose(np.sum(found[key] * along[key]), wanted, rtol=1e-9, atol=1e-11, err_msg=key)


@pytest.mark.parametrize("name", [each for each in NETWORKS if each != "embedded"])
def test_the_gradient_with_respect_to_inputs(compiled: Callable[..., ModuleType], name: str) -> None:
    module = compiled(asked(NETWORKS[name], "input_grad"))
    params, data = point(module)
    found = module.input_grad(params, *data.values())
    assert set(found) == set(real(module, data))
    for key, value in found.items():
        assert value.shape == data[key].shape
        for seed in range(3):
            along = directions({key: data[key]}, seed)
            loss = module.loss(params, *moved(data, along).values())
            np.testing.assert_allclose(np.sum(value * along[key]), np.imag(loss) / STEP, rtol=1e-9, err_msg=key)


@each_network
def test_the_gradients_of_single_examples(compiled: Callable[..., ModuleType], name: str) -> None:
    """Row n is the gradient of a batch of example n alone, over N: what it adds to a mean over the batch."""
    module = compiled(asked(NETWORKS[name], "per_example_grad"))
    params, data = point(module)
    found = module.per_example_grad(params, *data.values())
    rows = [module.loss_and_grad(params, *(each[n : n + 1] for each in data.values()))[1] for n in range(4)]
    assert_close(found, {key: np.stack([row[key] for row in rows]) / 4 for key in params})
    _, whole = module.loss_and_grad(params, *data.values())
    for key, value in whole.items():
        np.testing.assert_allclose(np.sum(found[key], axis=0), value, rtol=1e-10, atol=1e-12, err_msg=key)


def test_a_loss_that_mixes_examples_has_no_gradient_of_single_ones(compiled: Callable[..., ModuleType]) -> None:
    mixed = "inputs: {x: {shape: [3]}}\nformulas:\n  - y[n] = sum(k, x[n, k] * w[k])\n  - L = sqrt(sum(n, y[n]^2))\n"
    with pytest.raises(SourceError, match=r"the statement .* mixes examples") as caught:
        compiled(asked(mixed, "per_example_grad"))
    assert caught.value.span.line == 5
    normalised = """
inputs: {x: {shape: [3]}}
layers:
  - dense: {units: 2}
  - batch_normalization: {name: z}
loss: {formula: "L = mean((n, k), z[n, k]^3)", inputs: [z]}
"""
    with pytest.raises(SourceError, match="mixes examples"):
        compiled(asked(normalised, "per_example_grad"))


@pytest.mark.parametrize("function", ["input_grad", "hvp", "per_example_grad"])
def test_what_is_of_a_loss_needs_one(compiled: Callable[..., ModuleType], function: str) -> None:
    text = "inputs: {x: {shape: [3]}}\nlayers: [dense: {units: 2}]\n"
    with pytest.raises(SourceError, match="this network has none") as caught:
        compiled(asked(text, function))
    assert marked(caught.value) == function


def test_integers_have_no_gradient(compiled: Callable[..., ModuleType]) -> None:
    with pytest.raises(SourceError, match="no input of real numbers"):
        compiled(asked(EMBEDDED, "input_grad"))


def test_a_function_that_there_is_not(compiled: Callable[..., ModuleType]) -> None:
    with pytest.raises(SourceError, match="hvp") as caught:
        compiled(asked(MLP, "hessian_vector"))
    assert marked(caught.value) == "hessian_vector"


def test_directions_are_checked(compiled: Callable[..., ModuleType]) -> None:
    module = compiled(asked(MLP, "hvp", "jvp"))
    params, data = point(module)
    with pytest.raises(KeyError, match=r"tangents: unknown \['x'\]"):
        module.hvp(params, *data.values(), {"x": data["x"]})
    with pytest.raises(ValueError, match=r"tangents: b1 has shape \(4,\), not \(5,\)"):
        module.hvp(params, *data.values(), {"b1": np.zeros(4)})
    with pytest.raises(TypeError, match="dtype complex128, not float64"):
        module.jvp(params, data["x"], {"b1": np.zeros(5) + 0j})


def test_functions_leave_the_rest_of_a_module_as_it_is(compiled: Callable[..., ModuleType]) -> None:
    def text(module: ModuleType) -> str:
        with open(str(module.__file__), encoding="utf-8") as file:
            return file.read()

    plain, more = text(compiled(MLP)), text(compiled(asked(MLP, "hvp", "vjp", "jvp", "input_grad")))
    start = plain.index("def init("), plain.index("def _arguments(")
    assert plain[start[0] : start[1]] in more
    assert plain[: plain.index("Cost of")].split("Axes")[1] in more


def test_what_is_returned_belongs_to_the_caller(compiled: Callable[..., ModuleType]) -> None:
    text = "inputs: {a: {shape: [3]}, b: {shape: [3]}}\nformulas:\n  - y[n, k] = a[n, k] + b[n, k]\n"
    module = compiled(asked(text, "vjp", "jvp"))
    a, b, bar = np.ones((2, 3)), np.ones((2, 3)), np.ones((2, 3))
    found = module.vjp({}, a, b, {"y": bar})
    found["a"] += 1
    np.testing.assert_array_equal(bar, 1)
    np.testing.assert_array_equal(found["b"], 1)
    np.testing.assert_array_equal(module.jvp({}, a, b, {"a": bar})["y"], 1)


@each_network
def test_the_jacobian_is_how_outputs_move_with_each_element_of_an_input(
    compiled: Callable[..., ModuleType], name: str
) -> None:
    if name == "embedded":
        with pytest.raises(SourceError, match="no input of real numbers"):
            compiled(asked(NETWORKS[name], "jacobian"))
        return
    module = compiled(asked(NETWORKS[name], "jacobian"))
    params, data = point(module, examples=3)
    given = [data[each] for each in module.INPUTS]
    found = module.jacobian(params, *given)
    for key, value in real(module, data).items():
        rng = np.random.default_rng(3)
        places = list(np.ndindex(value.shape[1:]))
        for place in [places[each] for each in rng.choice(len(places), min(len(places), 12), replace=False)]:
            along = {key: np.stack([unit(row, place) for row in value])}
            for each, moving in outputs(module, params, moved(data, along)).items():
                column = found[each][key]
                assert column.shape == (*moving.shape, *value.shape[1:])
                column = column[(..., *place)]
                np.testing.assert_allclose(column, np.imag(moving) / STEP, rtol=1e-10, atol=1e-12)


def test_a_jacobian_across_examples_is_whole(compiled: Callable[..., ModuleType]) -> None:
    text = (
        "inputs: {x: {shape: [2]}}\nformulas:\n  - c = mean(m, sin(x[m, 0]) * exp(x[m, 1]))\n  - y[n] = x[n, 0]^2 - c\n"
    )
    module = compiled(asked(text, "jacobian"))
    x = np.random.default_rng(0).normal(size=(3, 2))
    found = module.jacobian({}, x)["y"]["x"]
    assert found.shape == (3, 3, 2)
    for place in np.ndindex(x.shape):
        column = np.imag(module.forward({}, x + 1j * STEP * unit(x, place))) / STEP
        np.testing.assert_allclose(found[(..., *place)], column, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", ["mlp", "branched", "embedded", "recurrent", "attention", "scaled"])
def test_the_hessian_is_how_the_gradient_moves_with_each_element(
    compiled: Callable[..., ModuleType], name: str
) -> None:
    module = compiled(asked(NETWORKS[name], "hessian"))
    params, data = point(module, examples=3)
    found = module.hessian(params, *data.values())
    assert list(found) == list(params)
    for key, value in params.items():
        places = list(np.ndindex(value.shape))
        for place in [places[0], places[len(places) // 2], places[-1]]:
            along = {key: unit(value, place)}
            _, grads = module.loss_and_grad(moved(params, along), *data.values())
            wanted = {of: np.imag(each) / STEP for of, each in grads.items()}
            assert_close({of: found[of][key][(..., *place)] for of in params}, wanted)
            assert all(found[of][key].shape == (*params[of].shape, *value.shape) for of in params)
