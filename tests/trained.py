"""A small real problem, modules with a training part for it, and steps taken with them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from symbprop.language.source import Source
from symbprop.pipeline import compile_description, read
from symbprop.verify.module import load_module

NET = """
inputs: {x: {shape: [64]}}
targets: {label: {shape: [], dtype: int, classes: 10}}
layers:
  - dense: {units: 6, activation: tanh}
  - dense: {units: 10, activation: softmax}
loss: sparse_categorical_crossentropy
"""
DIGITS = Path(__file__).resolve().parents[1] / "examples" / "data" / "digits.npz"


def source_of(training: str, net: str = NET) -> str:
    """The emitted text of a network with this training part."""
    source = Source("net.yaml", f"{net}training: {training}\n")
    return compile_description(read(source), source).source


@cache
def module_of(training: str, net: str = NET) -> ModuleType:
    """The module of a network with this training part."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.py"
        path.write_text(source_of(training, net), encoding="utf-8")
        return load_module(path)


@cache
def examples(count: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Images of handwritten digits and their labels."""
    with np.load(DIGITS) as arrays:
        return arrays["x"][:count].astype(np.float64), arrays["label"][:count]


def steps(module: ModuleType, count: int, batch: int = 40) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Parameters and optimiser state after ``count`` steps over batches of digits."""
    params, (x, label) = module.init(0), examples()
    state = module.init_optimizer(params)
    for number in range(count):
        rows = slice(number * batch % len(x), number * batch % len(x) + batch)
        _, grads = module.loss_and_grad(params, x[rows], label[rows])
        params, state = module.step(params, grads, state)
    return params, state


def yaml(value: Any) -> str:
    """Keyword arguments as a mapping in a description."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {yaml(each)}" for key, each in value.items()) + "}"
    return str(value).lower()
