"""``microbatch``: the gradient of a batch, computed in parts, is that of the batch, or is refused with the reason."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType

import numpy as np
import pytest

from tests.networks import point

Compiled = Callable[..., ModuleType]
HEAD = "inputs: {x: {shape: [3]}}\ntargets: {y: {shape: [2]}}\n"
ADDED_UP = {  # each is a mean or a sum over examples, alone or with what belongs to no example
    "mean": HEAD + "layers:\n  - dense: {units: 2, activation: tanh}\nloss: mean_squared_error\n",
    "sum": HEAD + "layers:\n  - {name: h, dense: {units: 2}}\nloss: {formula: 'L = sum((n, j), (h[n, j] - y[n, j])^2)', inputs: [h, y]}\n",
    "mean and penalty": HEAD + "layers:\n  - dense: {units: 2, kernel_regularizer: {l2: 0.1}}\nloss: mean_squared_error\n",
    "attention": "inputs: {x: {shape: [T, 4]}}\ntargets: {y: {shape: [T, 4]}}\nlayers:\n"
    "  - multi_head_attention: {num_heads: 2, key_dim: 3, use_bias: false}\nloss: mean_squared_error\n",
    "recurrence": "inputs: {x: {shape: [T, 3]}}\ntargets: {y: {shape: [2]}}\nlayers:\n  - lstm: {units: 2}\nloss: mean_squared_error\n",
    "labels": "inputs: {x: {shape: [5]}}\ntargets: {t: {shape: [], dtype: int, classes: 3}}\nlayers:\n"
    "  - dense: {units: 3, activation: softmax}\nloss: sparse_categorical_crossentropy\n",
}  # fmt: skip


@pytest.mark.parametrize("microbatch", [1, 2, 3, 7, 50])
@pytest.mark.parametrize("name", ADDED_UP)
def test_parts_of_any_size_add_up_to_the_whole(name: str, microbatch: int, compiled: Compiled) -> None:
    module = compiled(ADDED_UP[name])
    params, data = point(module, batch=7)
    loss, grads = module.loss_and_grad(params, *data, cotangent=0.75)
    in_parts, each = module.loss_and_grad(params, *data, cotangent=0.75, microbatch=microbatch)
    np.testing.assert_allclose(in_parts, loss, rtol=1e-13)
    assert list(each) == list(grads)
    for key, grad in grads.items():
        np.testing.assert_allclose(each[key], grad, rtol=1e-12, atol=1e-15)


REFUSED = {
    "batch normalisation": (
        HEAD + "layers:\n  - batch_normalization\n  - dense: {units: 2}\nloss: mean_squared_error\n",
        "state",
    ),
    "a mean over examples inside": (
        HEAD + "nodes:\n  h: {formula: 'h[n, j] = x[n, j] * A[j] - mean(m, x[m, j] * A[j])', inputs: [x]}\n"
        "  p: {dense: {units: 2}, inputs: [h]}\nloss: {mean_squared_error: {inputs: [p, y]}}\n",
        "mixes examples",
    ),
    "a maximum over examples": (
        "inputs: {x: {shape: [3]}}\nnodes:\n  h: {formula: 'h[n] = sum(k, x[n, k] * w[k])', inputs: [x]}\n"
        "loss: {formula: 'L = max(n, h[n]^2)', inputs: [h]}\n",
        "mixes examples",
    ),
    "noise": (
        HEAD + "layers:\n  - dropout: {rate: 0.5}\n  - dense: {units: 2}\nloss: mean_squared_error\n",
        "drawn for the whole batch",
    ),
    "a mean and a sum": (
        "inputs: {x: {shape: [3]}}\nnodes:\n  h: {formula: 'h[n] = sum(k, x[n, k] * w[k])', inputs: [x]}\n"
        "loss: {formula: 'L = mean(n, h[n]^2) + sum(n, h[n])', inputs: [h]}\n",
        "neither a sum nor a mean",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_made_of_parts_is_refused_with_the_reason(name: str, compiled: Compiled) -> None:
    text, reason = REFUSED[name]
    module = compiled(text)
    params, data = point(module)
    with pytest.raises(ValueError, match=reason):
        module.loss_and_grad(params, *data, microbatch=2)


def test_the_statement_that_mixes_examples_is_named(compiled: Compiled) -> None:
    module = compiled(REFUSED["a mean over examples inside"][0])
    params, data = point(module)
    with pytest.raises(ValueError, match=r"h\[n,"):
        module.loss_and_grad(params, *data, microbatch=2)


@pytest.mark.parametrize("microbatch", [0, -3])
def test_parts_of_no_examples_are_refused(microbatch: int, compiled: Compiled) -> None:
    module = compiled(ADDED_UP["mean"])
    params, data = point(module)
    with pytest.raises(ValueError, match="microbatch"):
        module.loss_and_grad(params, *data, microbatch=microbatch)


def test_wrong_arguments_are_told_before_any_part_is_computed(compiled: Compiled) -> None:
    module = compiled(ADDED_UP["mean"])
    params, (x, y) = point(module)
    with pytest.raises(ValueError, match="y has shape"):
        module.loss_and_grad(params, x, y[:2], microbatch=2)
    with pytest.raises(ValueError, match="no examples"):
        module.loss_and_grad(params, x[:0], y[:0], microbatch=2)


LONG = """
inputs: {x: {shape: [200]}}
targets: {t: {shape: [], dtype: int, classes: 4}}
layers:
  - dense: {units: 4, activation: softmax}
loss: sparse_categorical_crossentropy
"""


def examples_at_once(module: ModuleType) -> set[int]:
    """The sizes of the batches that have been computed."""
    return {size for _, _, size in module._IDLE}


def test_a_large_batch_goes_through_in_parts_by_itself(compiled: Compiled) -> None:
    module = compiled(LONG)
    params, data = point(module, batch=20_000)
    loss, grads = module.loss_and_grad(params, *data)
    assert max(examples_at_once(module)) < 4000
    module.release()
    whole, each = module.loss_and_grad(params, *data, microbatch=20_000)
    assert examples_at_once(module) == {20_000}
    np.testing.assert_allclose(loss, whole, rtol=1e-12)
    for key, grad in grads.items():
        np.testing.assert_allclose(grad, each[key], rtol=1e-10, atol=1e-14)
    with ThreadPoolExecutor(2) as pool:
        again, others = module.loss_and_grad(params, *data, map=pool.map)
    assert again == loss
    assert all(np.array_equal(others[key], grad) for key, grad in grads.items())


def test_a_small_batch_and_parts_of_a_given_size_are_not_cut(compiled: Compiled) -> None:
    module = compiled(LONG)
    params, data = point(module, batch=20_000)
    module.loss_and_grad(params, *(each[:500] for each in data))
    module.loss_and_grad(params, *data, microbatch=10_000)
    assert examples_at_once(module) == {500, 10_000}


UNCUT = {
    "many parameters": "inputs: {x: {shape: [300]}}\ntargets: {y: {shape: [300]}}\nlayers:\n"
    "  - dense: {units: 300}\nloss: mean_squared_error\n",
    "another free size": ADDED_UP["recurrence"],
}


@pytest.mark.parametrize("name", UNCUT)
def test_where_parts_are_no_faster_the_batch_is_whole(name: str, compiled: Compiled) -> None:
    module = compiled(UNCUT[name])
    params, data = point(module, batch=3000)
    module.loss_and_grad(params, *data)
    assert {3000} <= {size for key in module._IDLE for size in key[2:]}


def test_no_part_may_share_memory_with_what_is_written(compiled: Compiled) -> None:
    module = compiled(ADDED_UP["mean"])
    params, (x, y) = point(module, batch=6)
    out = {name: np.empty_like(value) for name, value in params.items()}
    bias = next(name for name, value in params.items() if value.shape == (2,))
    out[bias] = y[5]  # of the last part
    with pytest.raises(ValueError, match="shares memory"):
        module.loss_and_grad(params, x, y, microbatch=2, out=out)
