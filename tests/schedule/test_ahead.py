"""Factors that wait for no cotangent are computed for several layers at once; what is computed stays the same."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from symbprop.accuracy.computed import computed
from symbprop.language.source import Source
from symbprop.pipeline import derive, read
from symbprop.schedule.ahead import ahead
from symbprop.schedule.distribute import Distributed
from symbprop.verify.module import verify_module
from tests.networks import assert_same_gradient, body_of, point, source_of

Compiled = Callable[..., ModuleType]


def chain(*activations: str, units: int = 5, more: str = "") -> str:
    """Layers of as many units, the last of which is the prediction."""
    layers = "".join(
        f"  - name: a{number}\n    dense: {{units: {units}, activation: {name}}}\n"
        for number, name in enumerate(activations)
    )
    return (
        f"inputs: {{x: {{shape: [4]}}}}\ntargets: {{y: {{shape: [{units}]}}}}\nlayers:\n{layers}"
        f"  - dense: {{units: {units}}}\nloss: mean_squared_error\n{more}"
    )


def one_by_one(compiled: Compiled, text: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module in which every statement computes its own factor."""
    with monkeypatch.context() as patched:
        patched.setattr("symbprop.schedule.schedule.ahead", lambda given, *_: Distributed(statements=list(given)))
        return compiled(text)


SMOOTH = {
    "tanh": ["tanh"] * 5,
    "sigmoid, of which the forward pass has kept an exponential": ["sigmoid"] * 4,
    "two kinds in turn": ["tanh", "sigmoid", "tanh", "sigmoid", "tanh"],
}


@pytest.mark.parametrize("name", SMOOTH)
def test_local_derivatives_of_equal_layers_are_one_chain_of_calls(
    name: str, compiled: Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = compiled(chain(*SMOOTH[name]))
    plain = one_by_one(compiled, chain(*SMOOTH[name]), monkeypatch)
    assert body_of(module).count("_factors = ") == len(set(SMOOTH[name]))
    assert body_of(module).count("np.divide(") + len(SMOOTH[name]) - len(set(SMOOTH[name])) == body_of(plain).count(
        "np.divide("
    )
    params, data = point(module)
    assert_same_gradient(module, plain, params, data, loss=1e-15, rtol=1e-13, atol=1e-16)


AFTER_A_SUM = """
inputs: {x: {shape: [4]}}
targets: {y: {shape: [5]}}
nodes:
  one: {dense: {units: 5}, inputs: x}
  other: {dense: {units: 5}, inputs: x}
  both: {add: {}, inputs: [one, other]}
  first: {dense: {units: 5, activation: tanh}, inputs: both}
  second: {dense: {units: 5, activation: tanh}, inputs: first}
  last: {dense: {units: 5}, inputs: second}
loss: mean_squared_error
"""  # nobody reads what was added up when the arrays of the layers after it are first written


@pytest.mark.parametrize("text", [chain("tanh", "tanh", "tanh", "tanh"), AFTER_A_SUM], ids=["chain", "after a sum"])
def test_the_gradient_is_that_of_the_loss_by_a_complex_step(text: str, compiled: Compiled) -> None:
    module = compiled(text)
    assert "_factors[1]" in body_of(module)
    params, data = point(module)
    _, grads = module.loss_and_grad(params, *data)
    for name, value in params.items():
        direction = np.cos(np.arange(value.size)).reshape(value.shape)
        moved = module.loss({**params, name: value + 1e-30j * direction}, *data)
        np.testing.assert_allclose(np.sum(grads[name] * direction), moved.imag / 1e-30, rtol=1e-12)


def test_derivatives_far_out_keep_their_digits_and_raise_no_alarm(
    compiled: Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = chain("tanh", "tanh", "tanh")
    module, plain = compiled(text), one_by_one(compiled, text, monkeypatch)
    params, data = point(module)
    for scale in (1e-200, 10.0, 300.0, 1e100):
        scaled = {name: scale * value for name, value in params.items()}
        with np.errstate(all="raise"):
            module.loss_and_grad(scaled, *data)
        assert_same_gradient(module, plain, scaled, data, loss=1e-15, rtol=1e-13, atol=0)


@pytest.mark.parametrize("batch", [1, 700, 9000])
def test_of_many_examples_some_layers_are_computed_at_a_time(
    batch: int, compiled: Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = chain("tanh", "tanh", "tanh", "tanh")
    module, plain = compiled(text), one_by_one(compiled, text, monkeypatch)
    params, data = point(module, batch=batch)
    module.loss_and_grad(params, *data)
    ((work,),) = module._IDLE.values()
    assert len(work.blocks) == {1: 1, 700: 1, 9000: 4}[batch]
    assert_same_gradient(module, plain, params, data, loss=1e-15, rtol=1e-13, atol=1e-16)


def test_the_module_is_verified_whatever_fits_a_block(compiled: Compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    """Complex steps and many digits go through the array that all are in too."""
    module = compiled(chain("tanh", "sigmoid", "tanh", "sigmoid", "tanh"))
    for block in (module._BLOCK, 1):
        monkeypatch.setattr(module, "_BLOCK", block)
        module.release()
        certificate = verify_module(module, effort="quick")
        assert certificate.passed, certificate.format()


def test_without_a_workspace_every_statement_has_arrays_of_its_own(compiled: Compiled) -> None:
    text = chain("tanh", "tanh", "tanh")
    module, plain = compiled(text), compiled(text, without=["workspace"])
    assert "_factors[0]" in body_of(module)
    assert "_factors[0]" not in body_of(plain)
    params, data = point(module)
    assert_same_gradient(module, plain, params, data, loss=1e-15, rtol=1e-15, atol=0)


def test_no_more_are_computed_at_once_than_stay_in_the_cache(
    compiled: Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = chain(*["tanh"] * 7)
    monkeypatch.setattr("symbprop.schedule.ahead.AT_ONCE", 15)
    module = compiled(text)
    assert source_of(module).count("np.empty((3, N, 5), dtype)") == 2
    assert body_of(module).count("_factors = ") == 2
    assert body_of(module).count("np.exp(") == 3  # the seventh is alone


READ_AGAIN = """
inputs: {x: {shape: [5]}}
targets: {y: {shape: [5]}}
operations: |
  op twice(x[..., k], W[k, j:units] = ones, U[j, i:units] = ones, V[j, i] = ones; units):
      z[..., j] = sum(k, x[..., k] * W[k, j])
      g[..., j] = z[..., j]^4
      h[..., j] = tanh(z[..., j])
      y[..., i] = sum(j, h[..., j] * U[j, i]) + sum(j, g[..., j] * V[j, i])
layers: [LAYERS]
loss: mean_squared_error
"""
TWICE, ONCE = "{twice: {units: 5}}", "{dense: {units: 5, activation: tanh}}"

APART = {
    "wide layers": chain("tanh", "tanh", units=129),
    "derivatives that are one call": chain("relu", "relu", "relu"),
    "different derivatives": chain("tanh", "softsign"),
    "one layer": chain("tanh"),
    "tensors that something else reads afterwards": READ_AGAIN.replace("LAYERS", ", ".join([TWICE] * 3)),
    "a recurrence": "inputs: {x: {shape: [6, 3]}}\ntargets: {y: {shape: [2]}}\nlayers:\n"
    "  - simple_rnn: {units: 4, return_sequences: true}\n  - simple_rnn: {units: 4}\n  - dense: {units: 2}\n"
    "loss: mean_squared_error\n",
}


@pytest.mark.parametrize("name", APART)
def test_others_are_computed_where_they_are_needed(
    name: str, compiled: Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert source_of(compiled(APART[name])) == source_of(one_by_one(compiled, APART[name], monkeypatch))


def factors(text: str, *results: str) -> set[str]:
    """The tensors of factors that are computed ahead where ``results`` are handed out."""
    made = derive(read(Source("net.yaml", text))).gradient
    assert made is not None
    program, _ = computed(made.program)
    return set(ahead(program.statements, program.tensors, results, str).tensors)


def test_what_is_handed_out_is_not_written_over() -> None:
    text = chain("tanh", "tanh", "tanh")
    assert factors(text) == {"z_a0_factor", "z_a1_factor", "z_a2_factor"}
    assert factors(text, "z_a1") == {"z_a0_factor", "z_a2_factor"}
    assert factors(text, "z_a1", "z_a2") == set()  # alone, it has nothing to be computed with


def test_a_tensor_that_is_read_afterwards_begins_no_group() -> None:
    text = READ_AGAIN.replace("LAYERS", ", ".join([ONCE, ONCE, TWICE]))
    assert factors(text) == {"z1_factor", "z2_factor"}
