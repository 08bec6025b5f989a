"""What tests of functions share: networks, points, directions, and what complex steps through a module say."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
from networks import BRANCHED, EMBEDDED, MLP, RESHAPED

from symbprop.language.source import SourceError

Arrays = dict[str, np.ndarray]

CONVOLUTION = """
inputs: {x: {shape: [8, 7, 2]}}
targets: {label: {shape: [], dtype: int, classes: 3}}
layers:
  - conv2d: {filters: 3, kernel_size: 3, activation: tanh}
  - max_pooling2d: {pool_size: 2}
  - flatten
  - dense: {units: 3}
loss: {sparse_categorical_crossentropy: {from_logits: true}}
"""
RECURRENT = """
inputs: {x: {shape: [T, 3]}}
targets: {y: {shape: [2]}}
layers:
  - lstm: {units: 4}
  - dense: {units: 2, kernel_regularizer: {l2: {l2: 0.1}}}
loss: mean_squared_error
"""
ATTENTION = """
inputs: {x: {shape: [5, 4]}}
targets: {y: {shape: [5, 4]}}
layers:
  - multi_head_attention: {num_heads: 2, key_dim: 3}
  - layer_normalization
loss: mean_squared_error
"""
SCALED = """
inputs: {x: {shape: [3]}}
targets: {t: {shape: []}}
formulas:
  - u[k:3] = v[k] / sqrt(sum(m, v[m]^2))
  - y[n] = gain * sum(k, x[n, k] * u[k])
  - L = mean(n, (y[n] - t[n])^2) + 0.1 * max(k, v[k]) + 0.01 * gain^2 + 0.1 * prod(k, v[k])
loss: L
outputs: [y]
"""
NETWORKS = {
    "mlp": MLP,
    "branched": BRANCHED,
    "reshaped": RESHAPED,
    "embedded": EMBEDDED,
    "convolution": CONVOLUTION,
    "recurrent": RECURRENT,
    "attention": ATTENTION,
    "scaled": SCALED,
}
STEP = 1e-30
each_network = pytest.mark.parametrize("name", NETWORKS)


def asked(text: str, *functions: str) -> str:
    return f"{text}functions: [{', '.join(functions)}]\n"


def point(module: ModuleType, seed: int = 0, examples: int = 4) -> tuple[Arrays, Arrays]:
    """Parameters away from where they start, and data."""
    rng = np.random.default_rng(seed)
    params = {name: rng.normal(size=value.shape) for name, value in module.init().items()}
    data = {}
    for name, shape in {**module.INPUTS, **module.TARGETS}.items():
        shape = tuple({"N": examples}.get(size, 5) if isinstance(size, str) else size for size in shape)
        integers = module.INTEGERS.get(name)
        data[name] = rng.integers(integers, size=shape) if integers else rng.normal(size=shape)
    return params, data


def directions(of: Arrays, seed: int = 1) -> Arrays:
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=np.shape(value)) for name, value in of.items()}


def moved(values: Arrays, along: Arrays) -> Arrays:
    return {name: value + 1j * STEP * along[name] if name in along else value for name, value in values.items()}


def outputs(module: ModuleType, params: Arrays, data: Arrays) -> Arrays:
    found = module.forward(params, *(data[name] for name in module.INPUTS))
    return dict(zip(module.OUTPUTS, found if isinstance(found, tuple) else (found,), strict=True))


def marked(error: SourceError) -> str:
    """What an error points at."""
    span = error.span
    return span.source.text.splitlines()[span.line - 1][span.column - 1 :][: span.length]


def assert_close(found: Arrays, wanted: Arrays) -> None:
    assert list(found) == list(wanted)
    scale = max(1.0, *(float(np.max(np.abs(value), initial=0)) for value in wanted.values()))
    for name, value in wanted.items():
        assert found[name].shape == np.shape(value)
        assert found[name].dtype == np.float64
        np.testing.assert_allclose(found[name], value, rtol=1e-10, atol=1e-12 * scale, err_msg=name)


def real(module: ModuleType, data: Arrays) -> Arrays:
    return {name: data[name] for name in module.INPUTS if name not in module.INTEGERS}


def unit(value: np.ndarray, place: tuple[int, ...]) -> np.ndarray:
    found = np.zeros(np.shape(value))
    found[place] = 1
    return found
