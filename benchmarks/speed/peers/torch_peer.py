"""PyTorch: eager, and compiled by ``torch.compile``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional

from benchmarks.speed import models
from benchmarks.speed.task import Answer, Contestant, Task

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))

tanh, relu, gelu, cross_entropy = torch.tanh, torch.relu, functional.gelu, functional.cross_entropy
binary_cross_entropy, permute = functional.binary_cross_entropy_with_logits, torch.permute


def gelu_tanh(x: Any) -> Any:
    return functional.gelu(x, approximate="tanh")


def mean(x: Any, axis: int | None = None) -> Any:
    return x.mean() if axis is None else x.mean(axis)


def shape(x: Any) -> tuple[int, ...]:
    return tuple(x.shape)


def softmax(x: Any) -> Any:
    return torch.softmax(x, -1)


def take(table: Any, ids: Any) -> Any:
    return functional.embedding(ids, table)


def layer_norm(x: Any, gamma: Any, beta: Any, epsilon: float) -> Any:
    return functional.layer_norm(x, gamma.shape, gamma, beta, epsilon)


def images(x: Any) -> Any:
    return x.permute(0, 3, 1, 2).contiguous()


def flat(x: Any) -> Any:
    return x.permute(0, 2, 3, 1).flatten(1)


def conv(x: Any, kernel: Any, bias: Any) -> Any:
    return functional.conv2d(x, kernel.permute(3, 2, 0, 1).contiguous(), bias)


def max_pool(x: Any) -> Any:
    return functional.max_pool2d(x, 2)


def lstm(x: Any, W: Any, U: Any, b: Any) -> Any:
    start = x.new_zeros((1, x.shape[0], U.shape[0]))
    weights = [W.T.contiguous(), U.T.contiguous(), b, torch.zeros_like(b)]
    return torch.lstm(x, (start, start), weights, True, 1, 0.0, True, False, True)[1][0]


def prepare(task: Task) -> Contestant:
    """Eager."""
    return _contestant(task, lambda model: model)


def prepare_compiled(task: Task) -> Contestant:
    """The forward compiled, and the backward with it at the first call."""
    torch.compiler.reset()
    return _contestant(task, lambda model: torch.compile(model, dynamic=False))


def _contestant(task: Task, treated: Callable[[Any], Any]) -> Contestant:
    written, here = getattr(models, task.workload.model), sys.modules[__name__]
    model = treated(lambda p, *given: written(here, p, *given))
    leaves = {name: torch.tensor(value, requires_grad=True) for name, value in task.params.items()}
    data = [torch.tensor(value) for value in task.data.values()]
    if task.workload.pulled:
        x, cotangent = data
        x.requires_grad_()
        wanted = {**leaves, "x": x}

        def call() -> Any:
            return None, torch.autograd.grad(model(leaves, x), list(wanted.values()), cotangent)
    else:
        wanted = leaves

        def call() -> Any:
            loss = model(leaves, *data)
            return loss, torch.autograd.grad(loss, list(wanted.values()))

    def answer(result: Any) -> Answer:
        loss, grads = result
        return 0.0 if loss is None else loss.item(), {name: g.numpy() for name, g in zip(wanted, grads, strict=True)}

    return Contestant(call, answer)
