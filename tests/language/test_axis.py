"""``axis`` permutes the roles of the indices of any formula over ``x[..., k]``, a user's own too."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from symbprop.language.source import Source, SourceError
from symbprop.network.build import build
from symbprop.pipeline import read
from symbprop.verify.module import verify_module

Compiled = Callable[..., ModuleType]

OWN = """
inputs: {{x: {{shape: [3, 4]}}}}
targets: {{y: {{shape: [3, 4]}}}}
operations: |
  # A share of the total for each place, and a learned weight
  op shares(x[..., k], w[k] as weight = ones; power = 2):
      s[...] = sum(k, x[..., k]^power)
      y[..., k] = w[k] * x[..., k]^power / (1 + s[...])
layers: [{{dense: {{units: 4}}}}, {{shares: {{{axis}}}}}]
loss: mean_squared_error
"""


@pytest.mark.parametrize(("axis", "axes"), [("axis: 1", (1,)), ("axis: -1", (2,)), ("axis: [1, 2]", (1, 2))])
def test_a_formula_of_ones_own_takes_an_axis_it_does_not_mention(
    axis: str, axes: tuple[int, ...], compiled: Compiled
) -> None:
    module = compiled(OWN.format(axis=axis))
    certificate = verify_module(module)
    assert certificate.passed, certificate.format()
    params, x = module.init(0), np.random.default_rng(0).normal(size=(2, 3, 4))
    assert module.PARAMETERS["w"] == tuple(x.shape[each] for each in axes)
    squares = (x @ params["W"] + params["b"]) ** 2
    np.testing.assert_allclose(module.forward(params, x), squares / (1 + squares.sum(axes, keepdims=True)), rtol=1e-12)


def test_the_last_axis_by_its_number_is_what_is_meant_without_one(compiled: Compiled) -> None:
    def equations(module: ModuleType) -> str:
        return "\n".join((module.__doc__ or "").split("\n")[1:]).partition("Axes")[2]

    assert equations(compiled(OWN.format(axis="axis: 2"))) == equations(compiled(OWN.format(axis="")))


@pytest.mark.parametrize("axis", [1, 2, 3])
def test_batch_normalization_keeps_the_statistics_of_its_axis(axis: int, compiled: Compiled) -> None:
    text = f"""
inputs: {{x: {{shape: [2, 3, 4]}}}}
targets: {{y: {{shape: [2, 3, 4]}}}}
layers: [{{dense: {{units: 4}}}}, {{batch_normalization: {{axis: {axis}}}}}]
loss: mean_squared_error
"""
    module = compiled(text)
    certificate = verify_module(module)
    assert certificate.passed, certificate.format()
    params, x = module.init(0), np.random.default_rng(0).normal(size=(5, 2, 3, 4))
    z = x @ params["W"] + params["b"]
    others = tuple(each for each in range(4) if each != axis)
    expected = (z - z.mean(others, keepdims=True)) / np.sqrt(z.var(others, keepdims=True) + 1e-3)
    found, state = module.forward(params, x, training=True, state=module.init_state())
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)
    mean = next(value for name, value in state.items() if "mean" in name)
    np.testing.assert_allclose(mean, 0.01 * z.mean(others), rtol=1e-10)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{softmax: {axis: 2}}", "z has 2 axes, there is no axis 2"),
        ("{instance_normalization: {axis: 0}}", "axis 0 is that of n"),
        ("{layer_normalization: {axis: [1, 1]}}", "the axes are different ones"),
        ("{softmax: {axis: half}}", "the number of an axis stands here"),
        ("{softmax: {axis: 0.5}}", "the number of an axis stands here"),
        ("{relu: {axis: 1}}", "has no argument 'axis'"),
        ("{dense: {units: 3, axis: [0, 1]}}", "is about one axis"),
        ("{batch_normalization: {data_format: channels_second}}", "is channels_first or channels_last"),
        ("{softmax: {data_format: channels_first}}", "has no argument 'data_format'"),
    ],
)
def test_an_axis_that_there_is_not_is_told(text: str, message: str) -> None:
    description = f"inputs: {{x: {{shape: [6]}}}}\nlayers: [{text}]\n"
    with pytest.raises(SourceError) as caught:
        build(read(Source("net.yaml", description)))
    assert message in caught.value.message


def test_inputs_of_different_ranks_have_no_axis_in_common() -> None:
    description = """
inputs: {a: {shape: [3, 4]}, b: {shape: [4]}}
nodes:
  c: {concatenate: {axis: 1}, inputs: [a, b]}
"""
    with pytest.raises(SourceError) as caught:
        build(read(Source("net.yaml", description)))
    assert "b has as many axes as a" in caught.value.message
