"""PyTensor: a compiled function of loss and gradients, in its default mode."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt

from benchmarks.speed import models
from benchmarks.speed.task import Answer, Contestant, Task

tanh, mean = pt.tanh, pt.mean


def shape(x: Any) -> tuple[int, ...]:
    return tuple(x.type.shape)


def permute(x: Any, axes: tuple[int, ...]) -> Any:
    return x.transpose(*axes)


def relu(x: Any) -> Any:
    return pt.maximum(x, 0)


def gelu(x: Any) -> Any:
    return x * (1 + pt.erf(x / np.sqrt(2).astype(x.dtype))) / 2


def gelu_tanh(x: Any) -> Any:
    scale, cubic = (np.asarray(value, x.dtype) for value in ((2 / np.pi) ** 0.5, 0.044715))
    return x * (1 + pt.tanh(scale * (x + cubic * x * x * x))) / 2


def softmax(x: Any) -> Any:
    return pt.special.softmax(x, axis=-1)


def cross_entropy(logits: Any, label: Any) -> Any:
    logs = pt.special.log_softmax(logits, axis=1)
    return -pt.mean(logs[pt.arange(label.shape[0]), label])


def binary_cross_entropy(logits: Any, y: Any) -> Any:
    return pt.mean(pt.softplus(logits) - y * logits)


def layer_norm(x: Any, gamma: Any, beta: Any, epsilon: float) -> Any:
    moved = x - pt.mean(x, axis=-1, keepdims=True)
    spread = pt.mean(moved * moved, axis=-1, keepdims=True)
    return gamma * moved / pt.sqrt(spread + np.asarray(epsilon, x.dtype)) + beta


def take(table: Any, ids: Any) -> Any:
    return table[ids]


def images(x: Any) -> Any:
    return x


def flat(x: Any) -> Any:
    return x.reshape((x.type.shape[0], int(np.prod(x.type.shape[1:]))))


def conv(x: Any, kernel: Any, bias: Any) -> Any:
    high, wide, channels, filters = kernel.type.shape
    n, rows, columns, _ = x.type.shape
    rows, columns = rows - high + 1, columns - wide + 1
    windows = [x[:, i : i + rows, j : j + columns] for i in range(high) for j in range(wide)]
    matrix = pt.concatenate(windows, axis=3).reshape((n * rows * columns, high * wide * channels))
    return (matrix @ kernel.reshape((high * wide * channels, filters)) + bias).reshape((n, rows, columns, filters))


def max_pool(x: Any) -> Any:
    n, rows, columns, c = x.type.shape
    return pt.max(x.reshape((n, rows // 2, 2, columns // 2, 2, c)), axis=(2, 4))


def lstm(x: Any, W: Any, U: Any, b: Any) -> Any:
    batch, steps, inputs = x.type.shape
    units, gates = U.type.shape
    start = pt.zeros((batch, units), dtype=x.dtype)
    inflow = (x.transpose(1, 0, 2).reshape((steps * batch, inputs)) @ W + b).reshape((steps, batch, gates))

    def step(now: Any, h: Any, c: Any, recurrent: Any) -> Any:
        z = now + h @ recurrent
        i, f, o = (pt.sigmoid(z[:, gate * units : (gate + 1) * units]) for gate in (0, 1, 3))
        c = f * c + i * pt.tanh(z[:, 2 * units : 3 * units])
        return o * pt.tanh(c), c

    (h, _), _ = pytensor.scan(step, sequences=[inflow], outputs_info=[start, start], non_sequences=[U])
    return h[-1]


def prepare(task: Task) -> Contestant:
    """The function is compiled here: its first call is not what takes time."""
    model, here = getattr(models, task.workload.model), sys.modules[__name__]
    params = {name: _variable(name, value) for name, value in task.params.items()}
    data = [_variable(name, value) for name, value in task.data.items()]
    if task.workload.pulled:
        x, cotangent = data
        wanted = {**params, "x": x}
        output = model(here, params, x)
        results = pt.grad(None, list(wanted.values()), known_grads={output: cotangent})
    else:
        wanted, output = params, model(here, params, *data)
        results = [output, *pt.grad(output, list(params.values()))]
    with_data = [pytensor.In(each, borrow=True) for each in (*params.values(), *data)]
    function = pytensor.function(
        with_data, [pytensor.Out(each, borrow=True) for each in results], on_unused_input="ignore"
    )
    function.trust_input = True
    values = [*task.params.values(), *task.data.values()]

    def answer(result: Any) -> Answer:
        loss, grads = (0.0, result) if task.workload.pulled else (float(result[0]), result[1:])
        return loss, dict(zip(wanted, grads, strict=True))

    return Contestant(lambda: function(*values), answer)


def _variable(name: str, value: np.ndarray) -> Any:
    return pt.tensor(name, shape=value.shape, dtype=value.dtype)
