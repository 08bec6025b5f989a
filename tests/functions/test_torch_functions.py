"""Functions beside the gradient, held against ``torch.func`` in double precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

torch: Any = pytest.importorskip("torch", reason="PyTorch is the peer of these tests")
func: Any = pytest.importorskip("torch.func", reason="PyTorch is the peer of these tests")

# torch.func.jvp itself calls what PyTorch has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script. is:DeprecationWarning")

TEXT = """
inputs: {x: {shape: [6]}}
targets: {label: {shape: [], dtype: int, classes: 4}}
layers:
  - dense: {units: 5, activation: tanh}
  - layer_normalization
  - dense: {units: 4, activation: softmax}
loss: sparse_categorical_crossentropy
functions: [input_grad, vjp, jvp, jacobian, hvp, hessian, per_example_grad]
"""
NAMES = ("W1", "b1", "gamma", "beta", "W2", "b2")  # the module's parameters, in its order
CLOSE = {"rtol": 1e-10, "atol": 1e-12}


def logits(params: dict[str, Any], x: Any) -> Any:
    h = torch.tanh(x @ params["W1"] + params["b1"])
    h = torch.nn.functional.layer_norm(h, (5,), params["gamma"], params["beta"], 1e-3)
    return h @ params["W2"] + params["b2"]


def outputs(params: dict[str, Any], x: Any) -> Any:
    return torch.softmax(logits(params, x), -1)


def loss(params: dict[str, Any], x: Any, label: Any) -> Any:
    return torch.nn.functional.cross_entropy(logits(params, x), label)


@pytest.fixture
def module(compiled: Callable[..., ModuleType]) -> ModuleType:
    return compiled(TEXT)


def drawn(module: ModuleType) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    params = {name: rng.normal(size=value.shape) for name, value in module.init().items()}
    along = {name: rng.normal(size=value.shape) for name, value in params.items()}
    return params, along, rng.normal(size=(7, 6)), rng.integers(4, size=7)


def peers(module: ModuleType, *values: Any) -> Iterator[Any]:
    """NumPy's arrays as PyTorch's, parameters under the names of the functions above."""
    names = dict(zip(module.PARAMETERS, NAMES, strict=True))
    for each in values:
        if isinstance(each, dict):
            yield {names[key]: torch.tensor(value) for key, value in each.items()}
        else:
            yield torch.tensor(each)


def assert_same(found: dict[str, np.ndarray], wanted: dict[str, Any]) -> None:
    for name, key in zip(found, NAMES, strict=True):
        np.testing.assert_allclose(found[name], wanted[key].detach().numpy(), err_msg=name, **CLOSE)


def test_products_with_the_hessian_and_the_hessian(module: ModuleType) -> None:
    params, along, x, label = drawn(module)
    p, v, tx, tl = peers(module, params, along, x, label)
    # Reverse over reverse: PyTorch 2's forward mode through the gradient of layer_norm is wrong in gamma's rows.
    gradient = func.grad(lambda q: loss(q, tx, tl))
    assert_same(module.hvp(params, x, label, along), func.vjp(gradient, p)[1](v)[0])
    wanted = func.jacrev(gradient)(p)
    found = module.hessian(params, x, label)
    for name, key in zip(found, NAMES, strict=True):
        assert_same(found[name], wanted[key])


def test_products_with_the_jacobian_and_the_jacobian(module: ModuleType) -> None:
    params, along, x, _ = drawn(module)
    x_along, bar = np.random.default_rng(6).normal(size=x.shape), np.random.default_rng(7).normal(size=(7, 4))
    p, v, tx, tv, tb = peers(module, params, along, x, x_along, bar)
    (output,) = module.OUTPUTS
    wanted = func.jvp(outputs, (p, tx), (v, tv))[1]
    np.testing.assert_allclose(module.jvp(params, x, {**along, "x": x_along})[output], wanted.numpy(), **CLOSE)
    by_parameters, by_input = func.vjp(outputs, p, tx)[1](tb)
    found = module.vjp(params, x, {output: bar})
    np.testing.assert_allclose(found.pop("x"), by_input.numpy(), **CLOSE)
    assert_same(found, by_parameters)
    wanted = func.vmap(func.jacrev(lambda row: outputs(p, row)))(tx)
    np.testing.assert_allclose(module.jacobian(params, x)[output]["x"], wanted.numpy(), **CLOSE)


def test_gradients_by_inputs_and_by_examples(module: ModuleType) -> None:
    params, _, x, label = drawn(module)
    p, tx, tl = peers(module, params, x, label)
    wanted = func.grad(loss, argnums=1)(p, tx, tl)
    np.testing.assert_allclose(module.input_grad(params, x, label)["x"], wanted.numpy(), **CLOSE)
    rows = func.vmap(func.grad(loss), (None, 0, 0))(p, tx[:, None], tl[:, None])
    found = module.per_example_grad(params, x, label)
    assert_same({name: 7 * value for name, value in found.items()}, rows)
