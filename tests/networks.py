"""Small descriptions that many tests share, and points to evaluate their modules at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import sympy

from symbprop.language.source import Source
from symbprop.library.catalogue import catalogue
from symbprop.pipeline import derive, read

MLP = """
inputs: {x: {shape: [6]}}
targets: {label: {shape: [], dtype: int, classes: 4}}
layers:
  - dense: {units: 5, activation: tanh}
  - dense: {units: 4, activation: softmax}
loss: sparse_categorical_crossentropy
"""

CENTRED = """
inputs: {x: {shape: [4]}}
targets: {y: {shape: [4]}}
operations: |
  op centred(x[..., k], gamma[k] = ones):
      mean[...] = mean(k, x[..., k])
      spread[...] = mean(k, (x[..., k] - mean[...])^2)
      y[..., k] = gamma[k] * (x[..., k] - mean[...]) / sqrt(spread[...] + 1/1000)
layers: [{dense: {units: 4}}, {centred: {}}]
loss: mean_squared_error
"""

BRANCHED = """
inputs: {a: {shape: [4]}, b: {shape: [4]}}
targets: {t: {shape: [2]}, c: {shape: [], dtype: int, classes: 3}}
nodes:
  left: {dense: {units: 5, activation: relu}, inputs: [a]}
  right: {dense: {units: 5, activation: relu}, inputs: [b], share: left}
  both: {concatenate: {}, inputs: [left, right]}
  sum: {add: {}, inputs: [left, right, left]}
  value: {dense: {units: 2, kernel_regularizer: {l2: {l2: 0.1}}}, inputs: [both]}
  kind: {dense: {units: 3, kernel_initializer: he_normal}, inputs: [sum]}
loss:
  - mean_squared_error: {inputs: [value, t], weight: 0.5}
  - sparse_categorical_crossentropy: {inputs: [kind, c], from_logits: true}
"""

RESHAPED = """
inputs: {x: {shape: [2, 3, 4]}}
targets: {y: {shape: [3]}}
layers:
  - dense: {units: 5, activation: relu}
  - flatten
  - dense: {units: 6}
  - reshape: {target_shape: [3, 2]}
  - dense: {units: 1}
  - flatten
loss: mean_squared_error
"""

EMBEDDED = """
inputs: {ids: {shape: [T], dtype: int, classes: 3}}
targets: {y: {shape: [3]}}
layers:
  - formula: "e[n, t, d:4] = E[ids[n, t], d]"
  - formula: "u[n, d] = mean(t, x[n, t, d])"
  - dense: {units: 3}
loss: mean_squared_error
"""

MIXED = """
inputs: {x: {shape: [5]}}
targets: {y: {shape: [4]}}
layers:
  - formula: "d[n, i:4] = max(x[n, i + 1], w[i] * x[n, 4 - i]) + i * v[i]"
  - formula: "q[n, i] = x[n, i] * prod(k, 1 + x[n, k] * a[k]) + max(k, x[n, k] * u[k]) - min(k, x[n, k])"
loss: {formula: "L = mean((n, i), abs(q[n, i] - y[n, i]))"}
""".replace('- formula: "q', '- name: q\n    formula: "q')

ATTENTIVE = """
inputs: {x: {shape: [T, 4]}, mask: {shape: [T], dtype: int, classes: 2}}
targets: {y: {shape: [T, 4]}}
nodes:
  a: {multi_head_attention: {num_heads: 2, key_dim: 3, use_causal_mask: true, use_bias: false}, inputs: {query: x, mask: mask}}
  r: {add: {}, inputs: [x, a]}
  u: {layer_normalization: {}, inputs: [r]}
  p: {dense: {units: 4, activation: softmax}, inputs: [u]}
loss: {mean_squared_error: {inputs: [p, y]}}
"""

NARROW = """
inputs: {x: {shape: [4]}}
targets: {y: {shape: [3]}}
layers:
  - dense: {units: 3, activation: tanh}
  - dense: {units: 3, activation: tanh}
  - dense: {units: 3, activation: tanh}
  - dense: {units: 3}
loss: mean_squared_error
"""

GRID = """
inputs: {x: {shape: [4, 5]}}
formulas: |
  h[n, i + 1, j + 1] = tanh(a * h[n, i, j + 1] + b * h[n, i + 1, j] + c * h[n, i, j] + x[n, i, j])
  L = mean(n, h[n, 4, 5]^2 + h[n, 2, 3])
"""

LSTM = """
name: lstm
inputs: {x: {shape: [T, 3]}}
targets: {y: {shape: [T, 2]}}
layers:
  - lstm: {units: 4, return_sequences: true}
  - dense: {units: 2}
loss: mean_squared_error
"""

CONVOLVED = """
inputs: {{x: {{shape: [{shape}]}}}}
targets: {{y: {{shape: [2]}}}}
layers:
  - layer_scale
  - {layer}
  - flatten
  - dense: {{units: 2}}
loss: mean_squared_error
"""

BARE = 'formulas: "L = 3*x^2 + 2*x*y + y^2"\n'

ALL = {
    "mlp": MLP,
    "branched": BRANCHED,
    "reshaped": RESHAPED,
    "embedded": EMBEDDED,
    "mixed": MIXED,
    "attentive": ATTENTIVE,
    "narrow": NARROW,
    "bare": BARE,
}


def point(module: ModuleType, seed: int = 0, batch: int = 5) -> tuple[dict[str, np.ndarray], list[np.ndarray]]:
    """Parameters and data for ``module``, drawn without a look at its code."""
    rng = np.random.default_rng(seed)
    params = {name: np.asarray(0.7 * rng.standard_normal(shape)) for name, shape in module.PARAMETERS.items()}
    sizes: dict[str, int] = {"N": batch}
    data = []
    for name, shape in {**module.INPUTS, **module.TARGETS}.items():
        dims = tuple(s if isinstance(s, int) else sizes.setdefault(s, 2 + len(sizes)) for s in shape)
        if name in module.INTEGERS:
            data.append(rng.integers(0, module.INTEGERS[name], dims))
        elif name in module.RANGES:
            low, high = module.RANGES[name]
            data.append(rng.uniform(0.95 * low + 0.05 * high, 0.05 * low + 0.95 * high, dims))
        else:
            data.append(rng.standard_normal(dims))
    return params, data


def source_of(module: ModuleType) -> str:
    """The emitted text of ``module``."""
    return Path(str(module.__file__)).read_text(encoding="utf-8")


def body_of(module: ModuleType, name: str = "loss_and_grad") -> str:
    """The text of one function of ``module``."""
    text = source_of(module)
    start = text.index(f"def {name}(")
    return text[start : text.index("\n\n\n", start)]


def assert_same_gradient(
    module: ModuleType,
    other: ModuleType,
    params: dict[str, np.ndarray],
    data: Sequence[np.ndarray],
    *,
    loss: float,
    rtol: float,
    atol: float,
) -> None:
    """Compare the losses of two modules, to the relative tolerance ``loss``, and their gradients."""
    value, grads = module.loss_and_grad(params, *data)
    expected, truth = other.loss_and_grad(params, *data)
    np.testing.assert_allclose(value, expected, rtol=loss)
    assert grads.keys() == truth.keys()
    for name, grad in grads.items():
        np.testing.assert_allclose(grad, truth[name], rtol=rtol, atol=atol)


def pointwise_statements() -> Iterator[sympy.Expr]:
    """The expressions of every activation of the library and of its derivative."""
    for name, operation in catalogue().operations.items():
        if catalogue().category(name) == "activations":
            text = f"inputs: {{x: {{shape: [3]}}}}\nnodes:\n  z: {{dense: {{units: 2}}, inputs: [x]}}\n  a: {{{name}: {{}}, inputs: [z]}}\nloss: {{formula: 'L = sum((n, j), a[n, j]^2)', inputs: [a]}}\n"
            gradient = derive(read(Source(f"{operation.name}.yaml", text))).gradient
            assert gradient is not None
            yield from (
                each.expr for each in gradient.program.statements if len(each.expr.args) > 1 or each.expr.is_Function
            )


# A module of the kind that symbprop emits, of any LOSS and SLOPE that a test puts in
HAND_WRITTEN = """
import numpy as np
NAME, DTYPE = "hand", "float64"
PARAMETERS = {"w": (3,)}
INPUTS, TARGETS, OUTPUTS = {"x": ("N", 3)}, {}, {"z": ("N",)}
INTEGERS, RANGES, FORMULAS, ZERO_GRADIENTS = {}, {}, {"w": "0"}, {}
def init(seed=0, dtype=DTYPE): return {"w": np.zeros(3, dtype)}
def forward(params, x): return np.dot(x, params["w"])
def loss(params, x): return np.sum(LOSS(np.dot(x, params["w"])))
def loss_and_grad(params, x, *, cotangent=1.0):
    return loss(params, x), {"w": cotangent * np.dot(x.T, SLOPE(np.dot(x, params["w"])))}
"""
