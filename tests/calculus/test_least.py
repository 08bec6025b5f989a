"""The least length at which nothing is empty, and what keeps to it: modules, their verification, the comparison with index loops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from symbprop.calculus.least import least_sizes
from symbprop.deliver import compile_to
from symbprop.language.source import Source
from symbprop.network.build import build
from symbprop.pipeline import read
from symbprop.verify.module import load_module

CROPPED = """
name: cropped
inputs: {{x: {{shape: [T, 1]}}}}
nodes:
  v: {{bias: {{}}, inputs: [x]}}
  w: {{{layer}, inputs: [v]}}
outputs: [w]
loss:
  - {{formula: 'L = mean((n, i, j), sin(w[n, i, j]) + w[n, i, j]^2 / 2)'}}
"""
LAYERS = {
    "cropping1d: {cropping: 3}": {"T": 7},
    "max_pooling1d: {pool_size: 4, strides: 1}": {"T": 4},
    "conv1d: {filters: 2, kernel_size: 5}": {"T": 5},
    "tanh: {}": {},
}


@pytest.mark.parametrize("layer", LAYERS)
def test_the_least_size_leaves_one_element(layer: str) -> None:
    program = build(read(Source("net.yaml", CROPPED.format(layer=layer)))).program
    assert least_sizes(program) == LAYERS[layer]


@pytest.mark.parametrize("layer", LAYERS)
def test_a_network_of_any_length_is_verified_where_it_has_elements(layer: str, tmp_path: Path) -> None:
    """It was tried at three steps, where nothing is left of a cropped sequence, and its gradient was taken for zero."""
    source = Source("net.yaml", CROPPED.format(layer=layer))
    _, delivered = compile_to(read(source), source, tmp_path)
    assert delivered.certificate is not None
    assert delivered.certificate.passed
    module = load_module(delivered.path)
    least = LAYERS[layer].get("T", 1)
    rng = np.random.default_rng(3)
    params = {name: rng.normal(size=shape) for name, shape in module.PARAMETERS.items()}
    x = rng.normal(size=(2, least + 2, 1))
    _, grads = module.loss_and_grad(params, x)
    for name, value in params.items():
        step = 1e-6 * rng.normal(size=value.shape)
        above, below = (module.loss({**params, name: value + s * step}, x) for s in (1, -1))
        assert np.sum(grads[name] * step) == pytest.approx((above - below) / 2, rel=1e-5)
    assert np.isfinite(module.loss(params, x[:, :least]))
    if least > 1:
        for function in (module.forward, module.loss, module.loss_and_grad):
            with pytest.raises(ValueError, match=f"T is {least - 1}, it must be at least {least}"):
                function(params, x[:, : least - 1])
