"""What is timed: descriptions, data and sizes. Every size is an argument, so that a test can make it small."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

Data = dict[str, np.ndarray]
Make = Callable[[np.random.Generator], Data]


@dataclass(frozen=True, slots=True)
class Workload:
    """A description, what makes its data, the model's name in ``models.py`` and ``naive/``, and its GEMMs' operations.

    ``pulled``: there is no loss; a cotangent of the output, the last of the data, is pulled back to inputs and parameters.
    """

    title: str
    description: str
    data: Make
    model: str
    flops: int
    pulled: bool = False


CLASSES = "targets: {{label: {{shape: [], dtype: int, classes: {}}}}}\n"
CLASSIFIED = "loss: sparse_categorical_crossentropy\n"


def _classified(*shape: int, classes: int) -> Make:
    return lambda rng: {"x": rng.normal(size=shape), "label": rng.integers(0, classes, shape[0])}


def _dense(units: int, activation: str) -> str:
    return f"  - dense: {{units: {units}, activation: {activation}}}\n"


def _products(batch: int, widths: tuple[int, ...]) -> int:
    """Operations of dense layers, forward and both products backward; nothing is pulled back to the input."""
    pairs = list(pairwise(widths))
    return 2 * batch * (3 * sum(m * n for m, n in pairs) - pairs[0][0] * pairs[0][1])


def mlp(batch: int = 1, inputs: int = 4, hidden: int = 8) -> Workload:
    """One hidden layer of tanh, mean squared error."""
    return Workload(
        f"MLP {inputs}-{hidden}-1 tanh, MSE, batch {batch}",
        f"name: mlp\ninputs: {{x: {{shape: [{inputs}]}}}}\ntargets: {{y: {{shape: [1]}}}}\nlayers:\n"
        f"{_dense(hidden, 'tanh')}  - dense: {{units: 1}}\nloss: mean_squared_error\n",
        lambda rng: {"x": rng.normal(size=(batch, inputs)), "y": rng.normal(size=(batch, 1))},
        "regressor",
        _products(batch, (inputs, hidden, 1)),
    )


def classifier(batch: int, *widths: int, activation: str = "relu", operations: str = "") -> Workload:
    """Dense layers, softmax and cross-entropy; the last width is the number of classes."""
    inputs, *hidden, classes = widths
    return Workload(
        f"{'-'.join(map(str, widths))} {activation.removesuffix('_tanh')} softmax-CE, batch {batch}",
        f"name: classifier\ninputs: {{x: {{shape: [{inputs}]}}}}\n{CLASSES.format(classes)}{operations}layers:\n"
        f"{''.join(_dense(units, activation) for units in hidden)}{_dense(classes, 'softmax')}{CLASSIFIED}",
        _classified(batch, inputs, classes=classes),
        f"classifier_{activation}",
        _products(batch, widths),
    )


def deep(batch: int = 32, width: int = 64, layers: int = 100) -> Workload:
    """Many narrow layers of tanh, mean squared error."""
    return Workload(
        f"{layers} layers of {width} tanh, MSE, batch {batch}",
        f"name: deep\ninputs: {{x: {{shape: [{width}]}}}}\ntargets: {{y: {{shape: [{width}]}}}}\nlayers:\n"
        f"{_dense(width, 'tanh') * layers}loss: mean_squared_error\n",
        lambda rng: {"x": rng.normal(size=(batch, width)), "y": rng.normal(size=(batch, width))},
        "deep",
        _products(batch, (width,) * (layers + 1)),
    )


def logistic(batch: int = 100_000, inputs: int = 100) -> Workload:
    """Logistic regression."""
    return Workload(
        f"logistic regression {batch} × {inputs}",
        f"name: logistic\ninputs: {{x: {{shape: [{inputs}]}}}}\ntargets: {{y: {{shape: [1], range: [0, 1]}}}}\n"
        f"layers:\n{_dense(1, 'sigmoid')}loss: binary_crossentropy\n",
        lambda rng: {"x": rng.normal(size=(batch, inputs)), "y": rng.integers(0, 2, (batch, 1)).astype(float)},
        "logistic",
        4 * batch * inputs,
    )


def lenet(
    batch: int = 64, side: int = 28, filters: tuple[int, int] = (6, 16), widths: tuple[int, ...] = (120, 84, 10)
) -> Workload:
    """Two convolutions of 5 × 5, each with relu and max-pooling, then dense layers (LeCun et al. 1998)."""
    one, two = filters
    first, second = side - 4, (side - 4) // 2 - 4
    flat = (second // 2) ** 2 * two
    kernels = 2 * batch * 25 * (2 * first**2 * one + 3 * second**2 * one * two)
    convolution = "  - conv2d: {{filters: {}, kernel_size: 5, activation: relu}}\n  - max_pooling2d\n"
    *hidden, classes = widths
    return Workload(
        f"LeNet {side}×{side}, batch {batch}",
        f"name: lenet\ninputs: {{x: {{shape: [{side}, {side}, 1]}}}}\n{CLASSES.format(classes)}layers:\n"
        f"{convolution.format(one)}{convolution.format(two)}  - flatten\n"
        f"{''.join(_dense(units, 'relu') for units in hidden)}{_dense(classes, 'softmax')}{CLASSIFIED}",
        _classified(batch, side, side, 1, classes=classes),
        "lenet",
        kernels + _products(batch, (flat, *widths)) + 2 * batch * flat * widths[0],
    )


def lstm(batch: int = 32, steps: int = 50, inputs: int = 32, units: int = 64, classes: int = 10) -> Workload:
    """An LSTM whose last state is classified."""
    gates = 2 * batch * steps * 4 * units * (2 * inputs + 3 * units)
    return Workload(
        f"LSTM {inputs}→{units}, T = {steps}, batch {batch}",
        f"name: lstm\ninputs: {{x: {{shape: [{steps}, {inputs}]}}}}\n{CLASSES.format(classes)}layers:\n"
        f"  - lstm: {{units: {units}}}\n{_dense(classes, 'softmax')}{CLASSIFIED}",
        _classified(batch, steps, inputs, classes=classes),
        "lstm",
        gates + 6 * batch * units * classes,
    )


GELU = """operations: |
  op gelu_tanh(x[...]):
      h[...] = x[...] * (1 + tanh(sqrt(2 / pi) * (x[...] + 0.044715 * x[...]^3))) / 2
"""


def transformer(batch: int = 8, steps: int = 64, width: int = 128, heads: int = 4, inner: int = 512) -> Workload:
    """A transformer's block, normalised first, with gelu by tanh; mean squared error."""
    tokens = batch * steps
    forward = 2 * tokens * (4 * width * width + 2 * width * inner) + 4 * tokens * steps * width
    return Workload(
        f"transformer block d {width}, {heads} heads, T {steps}, batch {batch}",
        f"name: transformer\ninputs: {{x: {{shape: [{steps}, {width}]}}}}\ntargets: {{y: {{shape: [{steps}, {width}]}}}}\n{GELU}"
        f"layers:\n  - transformer_encoder: {{num_heads: {heads}, intermediate_dim: {inner}, activation: gelu_tanh, "
        "normalize_first: true}\nloss: mean_squared_error\n",
        lambda rng: {"x": rng.normal(size=(batch, steps, width)), "y": rng.normal(size=(batch, steps, width))},
        "transformer",
        3 * forward,
    )


def wide(batch: int = 256, widths: tuple[int, ...] = (1024, 4096, 4096, 1000)) -> Workload:
    """Wide layers with gelu by tanh."""
    return classifier(batch, *widths, activation="gelu_tanh", operations=GELU)


def embedding(
    batch: int = 32, steps: int = 64, vocabulary: int = 50_000, width: int = 64, classes: int = 10
) -> Workload:
    """A bag of words: the mean of embedded tokens, classified."""
    return Workload(
        f"embedding {vocabulary} × {width}, mean, dense, T = {steps}, batch {batch}",
        f"name: embedding\ninputs: {{ids: {{shape: [{steps}], dtype: int, classes: {vocabulary}}}}}\n{CLASSES.format(classes)}"
        f"layers:\n  - embedding: {{input_dim: {vocabulary}, output_dim: {width}}}\n  - global_average_pooling1d\n"
        f"{_dense(classes, 'softmax')}{CLASSIFIED}",
        lambda rng: {"ids": rng.integers(0, vocabulary, (batch, steps)), "label": rng.integers(0, classes, batch)},
        "embedding",
        6 * batch * width * classes,
    )


def alone(layer: str, rows: int = 256, columns: int = 1024) -> Workload:
    """One layer, forward and backward: a cotangent of its output pulled back."""
    return Workload(
        f"{layer.replace('_', ' ')} alone, {rows} × {columns}",
        f"name: {layer}\ninputs: {{x: {{shape: [{columns}]}}}}\nlayers:\n  - {layer}\nfunctions: [vjp]\n",
        lambda rng: {"x": rng.normal(size=(rows, columns)), "y_bar": rng.normal(size=(rows, columns))},
        layer,
        0,
        pulled=True,
    )


WORKLOADS: Mapping[str, Callable[[], Workload]] = {
    "mlp1": lambda: mlp(1),
    "mlp16": lambda: mlp(16),
    "keras32": lambda: classifier(32, 784, 10, 10),
    "keras256": lambda: classifier(256, 784, 10, 10),
    "mlp128": lambda: classifier(128, 784, 256, 128, 10),
    "deep100": deep,
    "lenet64": lenet,
    "lstm50": lstm,
    "xfmr8": transformer,
    "logreg": logistic,
    "wide256": wide,
    "embedding": embedding,
    "layer_norm": lambda: alone("layer_normalization"),
    "gelu": lambda: alone("gelu"),
    "softmax": lambda: alone("softmax"),
}
