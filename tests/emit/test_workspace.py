"""The arrays that are kept from call to call: never shared by two calls, never handed out, let go of on request."""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from tests.networks import ALL, point

Compiled = Callable[..., ModuleType]


@pytest.mark.parametrize("name", ["mlp", "attentive", "branched", "narrow"])
def test_what_is_returned_is_the_callers_to_keep(name: str, compiled: Compiled) -> None:
    module = compiled(ALL[name])
    params, data = point(module)
    loss, grads = module.loss_and_grad(params, *data)
    kept = {key: grad.copy() for key, grad in grads.items()}
    for seed in range(1, 4):
        module.loss_and_grad(*_other(module, seed))
    assert all(np.array_equal(grads[key], kept[key]) for key in kept)
    for grad in grads.values():
        grad[...] = np.nan
    again, others = module.loss_and_grad(params, *data)
    assert again == loss
    assert all(np.array_equal(others[key], kept[key]) for key in kept)


def _other(module: ModuleType, seed: int) -> tuple[object, ...]:
    params, data = point(module, seed)
    return (params, *data)


@pytest.mark.parametrize("name", ["mlp", "attentive", "narrow"])
def test_what_an_earlier_call_left_is_never_read(name: str, compiled: Compiled) -> None:
    module = compiled(ALL[name])
    params, data = point(module)
    loss, grads = module.loss_and_grad(params, *data)
    for idle in module._IDLE.values():
        for work in idle:
            for array in vars(work).values():
                if isinstance(array, np.ndarray) and array.flags.writeable:
                    array.fill(True if array.dtype == bool else np.nan)
    again, others = module.loss_and_grad(params, *data)
    assert again == loss
    assert all(np.array_equal(others[key], grads[key]) for key in grads)


def test_threads_never_share_arrays(compiled: Compiled) -> None:
    module = compiled(ALL["mlp"])
    points = [_other(module, seed) for seed in range(4)]
    truths = [module.loss_and_grad(*each) for each in points]
    wrong: list[int] = []

    def run(number: int) -> None:
        for _ in range(300):
            loss, grads = module.loss_and_grad(*points[number])
            truth, expected = truths[number]
            if loss != truth or any(not np.array_equal(grads[key], expected[key]) for key in expected):
                wrong.append(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert wrong == []


def test_a_call_that_fails_does_not_spoil_the_next(compiled: Compiled) -> None:
    module = compiled(ALL["mlp"])
    params, data = point(module)
    loss, _ = module.loss_and_grad(params, *data)
    with pytest.raises((TypeError, ValueError)):
        module.loss_and_grad(params, *data, cotangent="no number")
    assert module.loss_and_grad(params, *data)[0] == loss


def test_memory_stays_flat_over_many_batch_sizes_and_is_released(compiled: Compiled) -> None:
    module = compiled(ALL["mlp"])
    calls = [point(module, batch=batch) for batch in range(100, 160)]
    module.loss_and_grad(calls[0][0], *calls[0][1])
    tracemalloc.start()
    for params, data in calls:
        module.loss_and_grad(params, *data)
    first, _ = tracemalloc.get_traced_memory()
    for params, data in calls * 5:
        module.loss_and_grad(params, *data)
    last, _ = tracemalloc.get_traced_memory()
    assert last < 1.2 * first
    module.release()
    assert not module._IDLE
    left, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert left < last / 2


def test_names_of_tensors_never_meet_those_of_the_workspace(compiled: Compiled) -> None:
    names = ("key", "work", "work_", "work__", "ones", "t")
    nodes = "".join(
        f"  {name}: {{dense: {{units: 3, activation: tanh}}, inputs: [{before}]}}\n"
        for before, name in zip(("x", *names), names, strict=False)
    )
    text = f"inputs: {{x: {{shape: [3]}}}}\ntargets: {{y: {{shape: [3]}}}}\nnodes:\n{nodes}loss: {{mean_squared_error: {{inputs: [t, y]}}}}\n"
    module, plain = compiled(text), compiled(text, without=["workspace"])
    params, data = point(module)
    for _ in range(2):
        loss, grads = module.loss_and_grad(params, *data)
        other_loss, others = plain.loss_and_grad(params, *data)
        np.testing.assert_allclose(loss, other_loss, rtol=1e-14)
        for name, grad in grads.items():
            np.testing.assert_allclose(grad, others[name], rtol=1e-12, atol=1e-15)


def test_other_functions_have_arrays_of_their_own_which_are_kept_too(compiled: Compiled) -> None:
    text = f"{ALL['mlp']}functions: [input_grad, vjp]\n"
    module, plain = compiled(text), compiled(text, without=["workspace"])
    params, data = point(module)
    (x, *_), (output,) = data, module.OUTPUTS
    bar = np.ones_like(module.forward(params, x))
    calls = {
        "input_grad": lambda module: module.input_grad(params, *data),
        "vjp": lambda module: module.vjp(params, x, {output: bar}),
    }
    for name, call in calls.items():
        first = call(module)
        kept = {key: value.copy() for key, value in first.items()}
        for idle in module._IDLE.values():
            for work in idle:
                for array in vars(work).values():
                    if array.flags.writeable:
                        array.fill(True if array.dtype == bool else np.nan)
        again, expected = call(module), call(plain)
        for key, value in again.items():
            np.testing.assert_array_equal(value, kept[key], name)
            np.testing.assert_array_equal(first[key], kept[key], name)
            np.testing.assert_allclose(value, expected[key], rtol=1e-12, atol=1e-15)
    kinds = {key[0].__name__ for key in module._IDLE}
    assert kinds == {"_InputGradWork", "_VjpWork"}
    assert not hasattr(plain, "_IDLE")
    module.release()
    assert not module._IDLE


def test_helpers_write_where_they_are_told_to(compiled: Compiled) -> None:
    text = "inputs: {x: {shape: [4]}}\nlayers: [silu]\nfunctions: [vjp]\n"
    module = compiled(text)
    for x in (np.linspace(-3, 0, 7, dtype="float32"), np.linspace(-60, 0, 7)):
        for helper in (module._wide_exp, module._tail_exp):
            out, inside = np.full_like(x, np.nan), x.copy()
            expected = helper(x)
            assert helper(x, out=out) is out
            assert helper(inside, out=inside) is inside
            np.testing.assert_array_equal(out, expected)
            np.testing.assert_array_equal(inside, expected)
