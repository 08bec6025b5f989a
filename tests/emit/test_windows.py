"""How reads and writes through windows are lowered: views, matrices, short loops; in every arithmetic."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from fractions import Fraction
from types import ModuleType

import numpy as np
import pytest

from symbprop.calculus.gradient import gradient
from symbprop.calculus.interpreter import Arithmetic, interpret
from symbprop.language.source import Source
from symbprop.library.catalogue import catalogue
from symbprop.network.build import build
from symbprop.pipeline import read
from tests.networks import assert_same_gradient, body_of, point, source_of

Compiled = Callable[..., ModuleType]

EXACT = Arithmetic(rational=Fraction, functions={}, power=lambda base, exponent: Fraction(base) ** int(exponent))

LENET = """
inputs: {x: {shape: [10, 8, 2]}}
targets: {y: {shape: [3]}}
layers:
  - conv2d: {filters: 4, kernel_size: 3, padding: same}
  - max_pooling2d
  - conv2d: {filters: 3, kernel_size: [2, 3]}
  - average_pooling2d: {pool_size: 3, strides: 1, padding: same}
  - global_average_pooling2d
loss: mean_squared_error
"""


def fractions(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    numbers = [
        Fraction(int(top), int(low)) for top, low in zip(*rng.integers(1, 9, (2, int(np.prod(shape)))), strict=True)
    ]
    return np.array(numbers, dtype=object).reshape(shape)


def test_a_chain_of_windows_is_exact_on_fractions(compiled: Compiled) -> None:
    """The loss and every gradient equal what index loops over the equations give, with tolerance zero."""
    module = compiled(LENET)
    rng = np.random.default_rng(7)
    params = {name: fractions(rng, shape) for name, shape in module.PARAMETERS.items()}
    x, y = fractions(rng, (2, 10, 8, 2)), fractions(rng, (2, 3))
    program = build(read(Source("net.yaml", LENET))).program
    derived = gradient(program, list(params))
    values = {**params, "x": x, "y": y, derived.seed: Fraction(1)}
    truth = interpret(derived.program, values, {"N": 2}, EXACT)
    loss, grads = module.loss_and_grad(params, x, y, cotangent=Fraction(1))
    assert loss == truth[str(program.loss)][()]
    for name, bar in derived.gradients.items():
        for place, value in truth[bar].items():
            assert grads[name][place] == value, (name, place)


def test_no_element_is_scattered_or_gathered_one_by_one(compiled: Compiled) -> None:
    text = source_of(compiled(LENET))
    for call in ("np.add.at", "np.einsum", "np.take", "np.arange"):
        assert call not in text, call


def test_forward_and_backward_share_the_matrix_of_windows(compiled: Compiled) -> None:
    body = body_of(compiled(LENET), "loss_and_grad")
    assert body.count("_windows(x_pad1,") == 1
    assert body.count("_windows(y1,") == 1
    assert body.count("x_pad1_windows") >= 4  # made, filled, and read by the product forward and the one backward


def test_a_large_matrix_of_windows_is_not_kept_from_forward_to_backward(compiled: Compiled) -> None:
    text = LENET.replace("[10, 8, 2]", "[200, 200, 2]").replace("filters: 4", "filters: 40")
    body = body_of(compiled(text), "loss_and_grad")
    assert body.count("_windows(x_pad1,") == 2


def test_a_window_may_run_backwards(compiled: Compiled) -> None:
    """The convolution of mathematics, which turns its kernel around."""
    text = """
inputs: {x: {shape: [9]}}
targets: {y: {shape: [9]}}
parameters: {k: {shape: [3]}}
layers:
  - formula: 'z[n, t] = sum(p, (x[n, t - p] else 0) * k[p])'
loss: mean_squared_error
"""
    module = compiled(text)
    rng = np.random.default_rng(1)
    x, k = rng.normal(size=(2, 9)), rng.normal(size=3)
    expected = [np.convolve(row, k)[:9] for row in x]
    np.testing.assert_allclose(module.forward({"k": k}, x), expected, rtol=1e-12)
    _, grads = module.loss_and_grad({"k": k}, x, np.zeros((2, 9)))
    shifted = np.array([[np.concatenate([np.zeros(p), row])[:9] for p in range(3)] for row in x])
    np.testing.assert_allclose(grads["k"], np.einsum("nt,npt->p", expected, shifted) * 2 / 18, rtol=1e-12)
    assert "np.arange" not in body_of(module, "loss_and_grad")


def test_the_first_of_equal_elements_gets_the_cotangent(compiled: Compiled) -> None:
    text = """
inputs: {x: {shape: [3, 3, 1]}}
targets: {y: {shape: [2, 2, 1]}}
layers:
  - formula: 'h[n, i, j, c] = x[n, i, j, c] + w[i, j, c]'
  - max_pooling2d: {pool_size: 2, strides: 1}
loss: mean_squared_error
"""
    module = compiled(text)
    _, grads = module.loss_and_grad({"w": np.zeros((3, 3, 1))}, np.ones((1, 3, 3, 1)), np.zeros((1, 2, 2, 1)))
    assert grads["w"][..., 0].tolist() == [[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 0, 0]]


@pytest.mark.parametrize("name", [name for name, each in catalogue().operations.items() if each.axes == 2])
def test_single_precision_stays_single(name: str, compiled: Compiled) -> None:
    operation = catalogue().operations[name]
    arguments = ", ".join(f"{each.name}: 2" for each in operation.attributes if each.default is None)
    head = "inputs: {x: {shape: [5, 6, 2]}}\n"
    layers = f"layers: [bias, {{{name}: {{{arguments}}}}}]\n"
    program = build(read(Source("net.yaml", head + layers))).program
    out = [size for size in program.tensors[program.outputs[0]].shape if isinstance(size, int)]
    module = compiled(f"{head}targets: {{y: {{shape: {out}}}}}\n{layers}loss: mean_squared_error\n")
    rng = np.random.default_rng(3)
    params = {key: rng.normal(size=shape) for key, shape in module.PARAMETERS.items()}
    x, y = rng.normal(size=(2, 5, 6, 2)), rng.normal(size=(2, *out))
    narrow = {key: value.astype("f4") for key, value in params.items()}
    loss, grads = module.loss_and_grad(narrow, x.astype("f4"), y.astype("f4"))
    exact, truth = module.loss_and_grad(params, x, y)
    assert loss.dtype == np.float32
    np.testing.assert_allclose(loss, exact, rtol=1e-5)
    for key, value in grads.items():
        assert value.dtype == np.float32
        np.testing.assert_allclose(value, truth[key], rtol=1e-3, atol=1e-5)


PICTURES = """
inputs: {x: {shape: [28, 28, 1]}}
targets: {label: {shape: [], dtype: int, classes: 3}}
layers:
  - conv2d: {filters: 6, kernel_size: 5, activation: relu}
  - max_pooling2d
  - flatten
  - dense: {units: 3, activation: softmax}
loss: sparse_categorical_crossentropy
"""


def pictures(module: ModuleType) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    params = {name: rng.normal(size=shape) for name, shape in module.PARAMETERS.items()}
    return params, rng.normal(size=(4, 28, 28, 1)), rng.integers(0, 3, 4)


def test_a_narrow_matrix_times_a_long_one_is_a_stack_of_small_products(
    compiled: Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = PICTURES.replace("kernel_size: 5", "kernel_size: 5, dilation_rate: [2, 1]")
    module = compiled(text)
    body = body_of(module, "loss_and_grad")
    assert "x_windows.reshape(25, 20, -1).transpose(1, 0, 2)" in body
    assert body.count("np.matmul(") == 2
    assert body.count("_windows(x_last,") == 1  # one matrix of windows for both
    monkeypatch.setattr("symbprop.emit.columns.pieces", lambda *_, **__: None)
    whole = compiled(text)
    assert "np.matmul(" not in body_of(whole, "loss_and_grad")
    params, *data = pictures(module)
    assert_same_gradient(module, whole, params, data, loss=1e-13, rtol=1e-11, atol=1e-13)


def test_windows_slide_over_a_copy_of_the_images_that_has_the_examples_last(
    compiled: Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("symbprop.emit.matrices.bands", lambda *_: None)
    module = compiled(PICTURES)
    body = body_of(module, "loss_and_grad")
    assert "np.copyto(x_last, x)" in body
    monkeypatch.setattr("symbprop.emit.matrices.GROWN", 26)  # windows of 5 × 5 grow by less
    plain = compiled(PICTURES)
    assert "_last" not in body_of(plain, "loss_and_grad")
    loss, grads = module.loss_and_grad(*pictures(module))
    expected, truth = plain.loss_and_grad(*pictures(plain))
    assert loss == expected  # the same numbers in another order
    for name, value in grads.items():
        np.testing.assert_array_equal(value, truth[name])


def test_a_cotangent_that_is_seen_as_images_lies_as_they_do(compiled: Compiled) -> None:
    body = body_of(compiled(PICTURES), "loss_and_grad")
    (line,) = (line for line in body.splitlines() if ".dot(" in line and "_bar.T, out=" in line)
    assert line.strip().startswith("W.dot(z2_bar.T, out="), line


def test_what_finds_the_first_maximum_keeps_the_order_in_memory(compiled: Compiled) -> None:
    module = compiled(PICTURES)
    images = np.random.default_rng(2).normal(size=(6, 4, 4, 5)).transpose(3, 1, 2, 0)
    found = module._argmax(images.reshape(5, 2, 2, 2, 2, 6).transpose(0, 1, 3, 5, 2, 4), (4, 5))
    assert found.transpose(3, 1, 2, 0).flags.c_contiguous
    windows = images.reshape(5, 2, 2, 2, 2, 6).transpose(0, 1, 3, 5, 2, 4).reshape(5, 2, 2, 6, 4)
    np.testing.assert_array_equal(found, windows.argmax(axis=-1))


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("sizes", [(2, 2), (3, 2), (1, 3), (1, 1), (12, 11)])
def test_of_equal_maxima_the_first_is_found_whether_the_maximum_is_given_or_not(
    sizes: tuple[int, int], given: bool, compiled: Compiled
) -> None:
    module = compiled(PICTURES)
    windows = np.random.default_rng(1).integers(0, 3, (4, 3, *sizes)).astype(float)
    windows[0, 0] = -np.inf
    largest = (windows.max(axis=(2, 3)),) if given else ()
    found = module._argmax(windows, (2, 3), *largest)
    np.testing.assert_array_equal(found, windows.reshape(4, 3, -1).argmax(axis=-1))


def test_a_maximum_that_is_there_says_where_it_is(compiled: Compiled) -> None:
    body = body_of(compiled(PICTURES), "loss_and_grad")
    calls = [each for each in ast.walk(ast.parse(body)) if isinstance(each, ast.Call)]
    (searched,) = (each for each in calls if ast.unparse(each.func) == "_argmax")
    pooled = re.search(r"(\w+) = np\.maximum\(\s*z1_part\[", body)
    assert pooled is not None
    assert ast.unparse(searched.args[2]) == pooled[1]


POOLED = """
inputs: {{x: {{shape: [{size}, 6, 2]}}}}
targets: {{y: {{shape: [3]}}}}
layers:
  - layer_scale: {{}}
  - max_pooling2d: {{pool_size: [{pool}, 2], strides: [{stride}, 2]}}
  - flatten
  - dense: {{units: 3}}
loss: mean_squared_error
"""


@pytest.mark.parametrize(
    ("size", "pool", "stride", "side_by_side"),
    [(6, 2, 2, True), (6, 3, 3, True), (6, 6, 6, True), (7, 2, 2, False), (6, 3, 1, False), (7, 2, 3, False)],
)
def test_where_windows_lie_side_by_side_the_adjoint_of_a_maximum_is_written_not_added(
    size: int, pool: int, stride: int, side_by_side: bool, compiled: Compiled
) -> None:
    module = compiled(POOLED.format(size=size, pool=pool, stride=stride))
    body = body_of(module, "loss_and_grad")
    added = [line for line in body.splitlines() if "y1_bar[" in line and "+= " in line]
    assert bool(added) != side_by_side
    params, (x, y) = point(module, batch=4)
    x[0] = 1.0  # ties
    for _ in range(2):  # the second time over what the first has left in the workspace
        loss, grads = module.loss_and_grad(params, x, y)
    for name, value in params.items():
        step = 1e-6 * np.random.default_rng(1).normal(size=value.shape)
        above, below = (module.loss({**params, name: value + s * step}, x, y) for s in (1, -1))
        assert np.sum(grads[name] * step) == pytest.approx((above - below) / 2, rel=2e-5, abs=1e-12)
    assert loss == pytest.approx(module.loss(params, x, y), rel=1e-14)
