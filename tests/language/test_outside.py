"""Reads outside a tensor, groups of axes in coordinates, and numbers known when compiling."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from types import ModuleType

import numpy as np
import pytest
from networks import point

from symbprop.calculus.interpreter import interpret
from symbprop.language.source import Source, SourceError
from symbprop.network.build import build
from symbprop.pipeline import read
from symbprop.verify.module import verify_module

Compiled = Callable[..., ModuleType]


def network(shape: list[object], formula: str, more: str = "") -> str:
    sizes = ", ".join(map(str, shape))
    return f"inputs: {{x: {{shape: [{sizes}]}}}}\n{more}layers:\n- formula: '{formula}'\n"


def operations(text: str, use: str, shape: str = "[6]") -> str:
    body = "\n".join(f"  {line}" for line in text.splitlines())
    return f"inputs: {{x: {{shape: {shape}}}}}\noperations: |\n{body}\nlayers: [{use}]\n"


def test_what_is_read_outside_is_what_else_says(compiled: Compiled) -> None:
    module = compiled(network([5], "y[n, t] = (x[n, t-2] else 0) + 10 * (x[n, t+1] else 7)"))
    x = np.arange(1.0, 6.0)[None]
    assert np.array_equal(module.forward({}, x), [[20, 30, 41, 52, 73]])


def test_a_maximum_is_taken_over_what_is_inside(compiled: Compiled) -> None:
    text = network([4], "y[n, t] = max(p:3, x[n, t + p - 1] else -infinity)")
    module = compiled(text)
    x = np.array([[-5.0, -4.0, -7.0, -6.0]])
    assert np.array_equal(module.forward({}, x), [[-4, -4, -4, -6]])
    program = build(read(Source("net.yaml", text))).program
    truth = interpret(program, {"x": x}, {"N": 1})
    assert [truth[program.outputs[0]][0, t] for t in range(4)] == [-4, -4, -4, -6]


def test_a_minimum_with_infinity_outside_is_exact_on_fractions(compiled: Compiled) -> None:
    module = compiled(network([3], "y[n, t] = min(p:2, x[n, t + p] else infinity)"))
    x = np.array([[Fraction(1, 3), Fraction(1, 7), Fraction(5)]], dtype=object)
    assert module.forward({}, x).tolist() == [[Fraction(1, 7), Fraction(1, 7), Fraction(5)]]


def test_one_padded_tensor_serves_all_reads(compiled: Compiled) -> None:
    module = compiled(network([5], "y[n, t] = (x[n, t-1] else 0) + (x[n, t+2] else 0)"))
    assert str(module.__doc__).count("x_pad[") == 3  # written once, read twice
    assert "x_pad2" not in str(module.__doc__)
    assert np.array_equal(module.forward({}, np.arange(1.0, 6.0)[None]), [[3, 5, 7, 3, 4]])


def test_nothing_is_padded_where_nothing_is_read_outside(compiled: Compiled) -> None:
    module = compiled(network([5], "y[n, t:4] = x[n, t+1] else 0"))
    assert "pad" not in str(module.__doc__)
    assert np.array_equal(module.forward({}, np.arange(5.0)[None]), [[1, 2, 3, 4]])


def test_without_else_reading_outside_is_an_error() -> None:
    with pytest.raises(SourceError, match="positions 1 to 5 of axis 1, which has 5 elements"):
        build(read(Source("net.yaml", network([5], "y[n, t:5] = x[n, t+1]"))))


def test_an_infinity_outside_anything_but_an_extremum_is_an_error() -> None:
    for formula in ("y[n, t] = x[n, t-1] else -infinity", "y[n] = min(t, x[n, t-1] else -infinity)"):
        with pytest.raises(SourceError, match="infinity"):
            build(read(Source("net.yaml", network([5], formula))))


@pytest.mark.parametrize("length", [1, 2, 9])
def test_a_causal_convolution_runs_over_sequences_of_any_length(length: int, compiled: Compiled) -> None:
    text = """
inputs: {x: {shape: [T, 3]}}
targets: {y: {shape: [T, 2]}}
layers: [{conv1d: {filters: 2, kernel_size: 3, padding: causal, dilation_rate: 2}}]
loss: mean_squared_error
"""
    module = compiled(text)
    params = module.init(1)
    x = np.random.default_rng(length).normal(size=(2, length, 3))
    padded = np.concatenate([np.zeros((2, 4, 3)), x], axis=1)
    expected = sum(padded[:, 2 * p : 2 * p + length] @ params["K"][p] for p in range(3)) + params["b"]
    np.testing.assert_allclose(module.forward(params, x), expected, rtol=1e-12)
    if length == 9:
        assert verify_module(module).passed


def test_a_stride_over_a_length_that_is_not_known_is_an_error_that_names_it() -> None:
    text = "inputs: {x: {shape: [T, 3]}}\nlayers: [{conv1d: {filters: 2, kernel_size: 3, strides: 2}}]\n"
    with pytest.raises(SourceError, match=r"not a whole number for every size.*\n*") as caught:
        build(read(Source("net.yaml", text)))
    assert "T" in str(caught.value.hint)


def test_a_family_has_a_member_for_each_number_of_axes(compiled: Compiled) -> None:
    text = operations(
        "op shift{i}d(x[n, i...]; by = 1):\n    y[n, i...] = x[n, i... - by] else 0",
        "{shift2d: {by: [0, 1]}}",
        "[2, 3]",
    )
    module = compiled(text)
    assert module.forward({}, np.arange(1.0, 7.0).reshape(1, 2, 3)).tolist() == [[[0, 1, 2], [0, 4, 5]]]
    with pytest.raises(SourceError, match="it has 2 spatial axes, shift1d works on 1"):
        build(read(Source("net.yaml", text.replace("shift2d: {by: [0, 1]}", "shift1d: {by: 1}"))))
    with pytest.raises(SourceError, match="there are 2 spatial axes, this list has 3 entries"):
        build(read(Source("net.yaml", text.replace("[0, 1]", "[0, 1, 2]"))))


def test_let_is_computed_when_compiling(compiled: Compiled) -> None:
    text = operations(
        "op every(x[n, i]; step = 2, ends = open | closed):\n"
        "    let count = where(ends == closed, ceil(size(i) / step), floor(size(i) / step))\n"
        "    y[n, t:count] = x[n, step * t]",
        "{every: {step: 4, ends: closed}}",
    )
    assert compiled(text).forward({}, np.arange(6.0)[None]).tolist() == [[0, 4]]
    assert compiled(text.replace("ends: closed", "ends: open")).forward({}, np.arange(6.0)[None]).tolist() == [[0]]


def test_a_word_that_is_no_choice_is_an_error_with_a_hint() -> None:
    text = "inputs: {x: {shape: [6, 3]}}\nlayers: [{conv1d: {filters: 2, kernel_size: 3, padding: sme}}]\n"
    with pytest.raises(SourceError, match="one of valid, same, causal") as caught:
        build(read(Source("net.yaml", text)))
    assert "same" in str(caught.value.hint)


def test_a_kernel_larger_than_its_input_is_an_error() -> None:
    text = "inputs: {x: {shape: [2, 3]}}\nlayers: [{conv1d: {filters: 2, kernel_size: 5}}]\n"
    with pytest.raises(SourceError, match="a size is a positive integer, this is -2"):
        build(read(Source("net.yaml", text)))


def test_groups_that_do_not_divide_the_channels_are_an_error() -> None:
    text = "inputs: {x: {shape: [6, 3]}}\nlayers: [{conv1d: {filters: 4, kernel_size: 2, groups: 2}}]\n"
    with pytest.raises(SourceError, match="a size is an integer"):
        build(read(Source("net.yaml", text)))


def test_flat_writes_and_reads_several_indices_as_one_axis(compiled: Compiled) -> None:
    text = operations("op pairs(x[n, i]):\n    y[n, flat(k:3, j:2)] = x[n, flat(j, k)]", "pairs")
    assert compiled(text).forward({}, np.arange(6.0)[None]).tolist() == [[0, 3, 1, 4, 2, 5]]


def test_a_partial_write_of_a_computed_value_is_verified(compiled: Compiled) -> None:
    text = """
inputs: {x: {shape: [4]}}
targets: {y: {shape: [8]}}
operations: |
  op spread(x[n, i], w[i] = ones):
      y[n, 2 * i + 1] = tanh(x[n, i] * w[i])
layers: [spread]
loss: mean_squared_error
"""
    module = compiled(text)
    params, data = point(module, batch=2)
    expected = np.zeros((2, 8))
    expected[:, 1::2] = np.tanh(data[0] * params["w"])
    np.testing.assert_allclose(module.forward(params, data[0]), expected, rtol=1e-14)
    assert verify_module(module).passed
