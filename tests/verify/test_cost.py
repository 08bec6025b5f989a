"""What verification costs: a bounded number of evaluations of the loss for each tensor, whatever its size."""

from __future__ import annotations

import functools
import os
import time
import types
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from many_tensors import deep

from symbprop.language.source import Source
from symbprop.pipeline import compile_description, read
from symbprop.verify.differences import derivative
from symbprop.verify.effort import EFFORTS
from symbprop.verify.module import verify_module
from symbprop.verify.probe import along, shared_entries, single_entries

WIDE = """
inputs: {x: {shape: [UNITS]}}
targets: {label: {shape: [], dtype: int, classes: UNITS}}
layers:
  - dense: {units: UNITS, activation: relu}
  - dense: {units: UNITS, activation: tanh}
  - dense: {units: UNITS, activation: relu}
  - dense: {units: UNITS, activation: softmax}
loss: sparse_categorical_crossentropy
"""


def wide(units: int) -> ModuleType:
    source = Source("wide.yaml", WIDE.replace("UNITS", str(units)))
    module = types.ModuleType("wide")
    exec(compile(compile_description(read(source), source).source, "wide", "exec"), module.__dict__)
    return module


def count_calls(module: ModuleType, name: str) -> list[int]:
    counted, honest = [0], getattr(module, name)

    @functools.wraps(honest)  # its signature says what it takes
    def calls(*args: Any, **named: Any) -> Any:
        counted[0] += 1
        return honest(*args, **named)

    setattr(module, name, calls)
    return counted


def test_four_million_parameters_are_verified_in_ten_seconds() -> None:
    """By the work, on any machine; by the clock too where nothing else keeps it busy."""
    module = wide(1024)
    assert sum(int(np.prod(shape)) for shape in module.PARAMETERS.values()) > 4_000_000
    losses, gradients = count_calls(module, "loss"), count_calls(module, "loss_and_grad")
    quiet = os.getloadavg()[0] < 1.5
    start = time.perf_counter()
    certificate = verify_module(module)
    seconds = time.perf_counter() - start
    assert certificate.passed
    assert all(each.probes >= 11 for each in certificate.parameters)
    assert losses[0] <= 35 * len(module.PARAMETERS)
    assert gradients[0] <= 25
    assert seconds < 10 or not quiet


def test_evaluations_do_not_grow_with_the_parameters() -> None:
    calls = {}
    for units in (11, 400):
        module = wide(units)
        counted = count_calls(module, "loss")
        assert verify_module(module).passed
        calls[units] = counted[0]
    assert calls[400] <= calls[11]


def test_rounding_is_measured_only_where_a_probe_needs_it() -> None:
    """Two gradients in extended precision a point would cost more than all probes of a large network."""
    kept = []

    def spied(module: ModuleType) -> ModuleType:
        honest = module.loss_and_grad

        @functools.wraps(honest)
        def loss_and_grad(params: dict[str, np.ndarray], *args: Any, **named: Any) -> Any:
            kept.append({value.dtype for value in params.values()})
            return honest(params, *args, **named)

        module.loss_and_grad = loss_and_grad  # type: ignore[attr-defined]
        return module

    assert verify_module(spied(deep(3, 1.0))).passed
    assert {np.dtype(np.longdouble)} not in kept


@pytest.mark.parametrize("effort", EFFORTS)
def test_efforts_are_ordered(effort: str) -> None:
    probes = {name: verify_module(deep(3, 1.0), effort=name).probes for name in EFFORTS}
    assert probes["quick"] < probes["normal"] < probes["thorough"]
    assert verify_module(deep(3, 1.0), effort=effort).scales == EFFORTS[effort].scales


def test_an_early_end_of_the_extrapolation_changes_no_verdict() -> None:
    for function, truth in ((np.sin, 1.0), (np.exp, 1.0), (lambda t: 1 / (2 - t), 0.25)):
        counted: list[float] = []

        def seen(t: float, function: Callable[..., Any] = function, counted: list[float] = counted) -> float:
            counted.append(t)
            return float(function(t))

        value, error = derivative(seen, 0.05, 1e-8)
        assert abs(value - truth) <= 1e-8
        assert error <= 1e-8
        assert len(counted) <= 20
        assert len(set(counted)) == len(counted)  # nothing is evaluated twice


def test_with_many_tensors_as_many_entries_of_each_are_probed_and_none_hides() -> None:
    rng = np.random.default_rng(0)
    gradient = {f"w{k}": 10.0**-k * rng.standard_normal((5, 7)) for k in range(60)}
    gradient["zero"] = np.zeros(9)
    shared = shared_entries(gradient, rng, 8)
    alone = single_entries(gradient, np.random.default_rng(1), 8)
    for name in gradient:
        together = [each[name].position for each in shared if name in each]
        singly = [each[name].position for each in alone if name in each]
        telling = {0, gradient[name].size - 1, int(np.argmax(np.abs(gradient[name])))}
        assert telling <= set(together)
        assert telling <= set(singly)
        assert len(together) == len(singly) == 8
    for direction in shared:
        products = {name: abs(along(gradient, {name: entry})[0]) for name, entry in direction.items()}
        assert all(abs(entry.weight) <= 1 for entry in direction.values())
        for name, entry in direction.items():
            sizes = np.abs(gradient[name].reshape(-1))
            if sizes[entry.position] > 0.01 * np.mean(sizes):
                assert products[name] >= 0.999 * max(products.values())


def test_one_wrong_entry_among_many_tensors_is_found_by_single_entries_too() -> None:
    """Along a direction it would hide in the rounding of a hundred thousand others; alone it cannot."""
    names = [f"w{k}" for k in range(50)]
    truth = {name: np.arange(1.0, 7.0) for name in names}
    said = {**truth, "w31": truth["w31"] * np.array([1, 1, 1, 1, 1, 1 + 1e-7])}
    shared = shared_entries(said, np.random.default_rng(0), 8)
    errors = [abs(along(said, each)[0] - along(truth, each)[0]) / along(said, each)[1] for each in shared]
    assert max(errors) > 1e-9
