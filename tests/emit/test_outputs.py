"""``out``: the gradient is written into arrays of the caller's, which hold the same bits, or are refused unharmed."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType

import numpy as np
import pytest

from tests.networks import ALL, CENTRED, MLP, point

Compiled = Callable[..., ModuleType]
Arrays = dict[str, np.ndarray]
RECURRENT = "inputs: {x: {shape: [T, 3]}}\ntargets: {y: {shape: [2]}}\nlayers:\n  - lstm: {units: 2}\nloss: mean_squared_error\n"
KINDS = {**ALL, "centred": CENTRED, "recurrent": RECURRENT}


@pytest.mark.parametrize("without", [(), ("workspace",)])
@pytest.mark.parametrize("name", KINDS)
def test_the_same_bits_are_written_into_what_is_given(name: str, without: tuple[str, ...], compiled: Compiled) -> None:
    module = compiled(KINDS[name], without=without)
    params, data = point(module)
    loss, grads = module.loss_and_grad(params, *data, cotangent=0.5)
    out = {key: np.full_like(each, np.nan) for key, each in grads.items()}
    again, written = module.loss_and_grad(params, *data, cotangent=0.5, out=out)
    assert again == loss
    assert all(written[key] is out[key] for key in grads)
    assert all(np.array_equal(out[key], each) for key, each in grads.items())
    assert all(
        np.array_equal(each, value) for each, value in zip(params.values(), point(module)[0].values(), strict=True)
    )


def test_an_earlier_gradient_may_be_given_again_and_again(compiled: Compiled) -> None:
    module = compiled(MLP)
    out = None
    for seed in range(3):
        params, data = point(module, seed)
        _, out = module.loss_and_grad(params, *data, out=out)
        _, grads = module.loss_and_grad(params, *data)
        assert all(np.array_equal(out[key], each) for key, each in grads.items())


def test_nothing_as_large_as_a_gradient_is_made_anew(compiled: Compiled) -> None:
    module = compiled(
        "inputs: {x: {shape: [400]}}\ntargets: {y: {shape: [300]}}\nlayers: [{dense: {units: 300}}]\nloss: mean_squared_error\n"
    )
    params, data = point(module)
    _, out = module.loss_and_grad(params, *data)
    tracemalloc.start()
    try:
        module.loss_and_grad(params, *data, out=out)
        _, given = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        module.loss_and_grad(params, *data)
        _, anew = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert given < out["W"].nbytes / 4
    assert anew > out["W"].nbytes


def _renamed(out: Arrays, params: Arrays, data: list[np.ndarray]) -> Arrays:
    return {"V1" if key == "W1" else key: each for key, each in out.items()}


def _with(
    **arrays: Callable[[Arrays, Arrays, list[np.ndarray]], object],
) -> Callable[[Arrays, Arrays, list[np.ndarray]], Arrays]:
    def changed(out: Arrays, params: Arrays, data: list[np.ndarray]) -> Arrays:
        return {**out, **{key: make(out, params, data) for key, make in arrays.items()}}  # type: ignore[dict-item]

    return changed


def _read_only(out: Arrays, params: Arrays, data: list[np.ndarray]) -> np.ndarray:
    held = np.zeros_like(out["b1"])
    held.flags.writeable = False
    return held


REFUSED = {
    "another key": (_renamed, KeyError, "V1"),
    "another shape": (_with(b1=lambda o, p, d: np.zeros(4)), ValueError, r"b1.*\(4,\).*\(5,\)"),
    "another dtype": (_with(b1=lambda o, p, d: np.zeros(5, np.float32)), ValueError, "b1.*float32.*float64"),
    "a list": (_with(b1=lambda o, p, d: [0.0] * 5), TypeError, "b1.*no array"),
    "read-only": (_with(b1=_read_only), ValueError, "b1.*writeable"),
    "every other element": (_with(b1=lambda o, p, d: np.zeros(10)[::2]), ValueError, "b1.*contiguous"),
    "columns first": (_with(W1=lambda o, p, d: np.zeros((5, 6)).T), ValueError, "W1.*contiguous"),
    "the parameter itself": (_with(b1=lambda o, p, d: p["b1"]), ValueError, "b1.*shares memory"),
    "a view of another parameter": (_with(b1=lambda o, p, d: p["W1"][0]), ValueError, "b1.*shares memory"),
    "part of an input": (_with(W1=lambda o, p, d: d[0].reshape(-1)[:30].reshape(6, 5)), ValueError, "W1.*shares memory"),
    "one array twice": (_with(W1=lambda o, p, d: o["W2"].reshape(-1)), ValueError, "W1"),
    "parts of one array that overlap": (_with(b1=lambda o, p, d: o["W1"].reshape(-1)[:5]), ValueError, "b1.*shares memory"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused_before_anything_is_written(name: str, compiled: Compiled) -> None:
    change, error, message = REFUSED[name]
    module = compiled(MLP)
    params, data = point(module, batch=6)
    _, grads = module.loss_and_grad(params, *data)
    out = change({key: np.full_like(each, 7) for key, each in grads.items()}, params, data)
    before = {key: np.copy(each) for key, each in out.items()}
    with pytest.raises(error, match=message):
        module.loss_and_grad(params, *data, out=out)
    assert all(np.array_equal(out[key], each) for key, each in before.items())


def test_parts_of_one_array_that_lie_apart_are_taken(compiled: Compiled) -> None:
    module = compiled(MLP)
    params, data = point(module)
    _, grads = module.loss_and_grad(params, *data)
    ends = np.cumsum([each.size for each in grads.values()])
    flat = np.zeros(ends[-1])
    out = {
        key: part.reshape(each.shape)
        for (key, each), part in zip(grads.items(), np.split(flat, ends[:-1]), strict=True)
    }
    module.loss_and_grad(params, *data, out=out)
    assert np.array_equal(flat, np.concatenate([each.ravel() for each in grads.values()]))


def test_the_dtype_is_that_of_the_parameters(compiled: Compiled) -> None:
    module = compiled(MLP)
    params, data = point(module)
    params = {key: each.astype(complex) for key, each in params.items()}
    _, grads = module.loss_and_grad(params, *data)
    out = {key: np.zeros_like(each) for key, each in grads.items()}
    module.loss_and_grad(params, *data, out=out)
    assert all(np.array_equal(out[key], each) for key, each in grads.items())


@pytest.mark.parametrize("microbatch", [1, 2, 5, 9])
def test_parts_of_a_batch_are_added_up_in_the_arrays_that_are_given(microbatch: int, compiled: Compiled) -> None:
    module = compiled(MLP)
    params, data = point(module)
    loss, grads = module.loss_and_grad(params, *data, microbatch=microbatch)
    out = {key: np.full_like(each, np.nan) for key, each in grads.items()}
    again, written = module.loss_and_grad(params, *data, microbatch=microbatch, out=out)
    assert again == loss
    assert all(written[key] is out[key] and np.array_equal(out[key], each) for key, each in grads.items())


@pytest.mark.parametrize("name", ["mlp", "embedded", "attentive"])
def test_threads_over_parts_give_the_bits_that_one_thread_gives(name: str, compiled: Compiled) -> None:
    module = compiled(ALL[name])
    params, data = point(module, batch=13)
    loss, grads = module.loss_and_grad(params, *data, microbatch=2)
    with ThreadPoolExecutor(4) as pool:
        for _ in range(20):
            again, each = module.loss_and_grad(params, *data, microbatch=2, map=pool.map)
            assert again == loss
            assert all(np.array_equal(each[key], grad) for key, grad in grads.items())


def test_the_map_that_is_given_runs_every_part(compiled: Compiled) -> None:
    module = compiled(MLP)
    params, data = point(module, batch=7)
    seen: list[int] = []

    def counting(part: Callable[[int], object], starts: range) -> list[object]:
        seen.extend(starts)
        return [part(start) for start in starts]

    module.loss_and_grad(params, *data, microbatch=3, map=counting)
    assert seen == [0, 3, 6]
