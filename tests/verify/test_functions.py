"""The functions beside the gradient are verified with the module: what is wrong with one of them is found, and named."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from networks import MLP

from symbprop.language.source import Source
from symbprop.pipeline import compile_description, read
from symbprop.verify.functions import COMPARED
from symbprop.verify.module import load_module, verify_module

Fault = Callable[[Any], Any]


def _first(result: Any) -> tuple[dict[str, Any], str]:
    """The first array of a result: the dictionary that holds it, and its key."""
    key = next(iter(result))
    return (result, key) if isinstance(result[key], np.ndarray) else _first(result[key])


def _changed(change: Callable[[np.ndarray], np.ndarray]) -> Fault:
    def fault(result: Any) -> Any:
        holder, key = _first(result)
        holder[key] = change(holder[key])
        return result

    return fault


def _one_entry(value: np.ndarray) -> np.ndarray:
    changed = value.copy()
    changed[(-1,) * changed.ndim] += 1e-9 * np.max(np.abs(changed))
    return changed


FAULTS: dict[str, Fault] = {
    "a sign": _changed(np.negative),
    "the fifth digit": _changed(lambda value: value * (1 + 1e-5)),
    "one entry": _changed(_one_entry),
    "entries in reverse": _changed(lambda value: value.reshape(-1)[::-1].reshape(value.shape)),
    "a shape": _changed(lambda value: value[None]),
    "not a number": _changed(lambda value: value * np.nan),
}


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """A network with every function, wide enough that no axis is as long as another."""
    source = Source("net.yaml", f"{MLP}functions: [{', '.join(COMPARED)}]\n")
    path = tmp_path_factory.mktemp("functions") / "net.py"
    path.write_text(compile_description(read(source), source).source, encoding="utf-8")
    return load_module(path)


def _faulty(right: Callable[..., Any], fault: Fault) -> Callable[..., Any]:
    @functools.wraps(right)  # its signature says what it takes
    def wrong(*args: Any, **more: Any) -> Any:
        return fault(right(*args, **more))

    return wrong


def _wrong_functions(module: ModuleType) -> list[str]:
    certificate = verify_module(module, effort="quick")
    assert not certificate.failures
    return [each.name for each in certificate.functions if not each.passed]


def test_every_function_enters_the_certificate(module: ModuleType) -> None:
    certificate = verify_module(module, effort="quick")
    assert certificate.passed
    assert [each.name for each in certificate.functions] == list(COMPARED)
    assert all(each.probes > 1 and each.error < 1e-12 for each in certificate.functions)
    assert [each["name"] for each in certificate.to_json()["functions"]] == list(COMPARED)
    assert "hessian: right at" in certificate.format()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", COMPARED)
def test_a_fault_of_a_function_is_found(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch, name: str, fault: str
) -> None:
    monkeypatch.setattr(module, name, _faulty(getattr(module, name), FAULTS[fault]))
    assert _wrong_functions(module) == [name]


ROWS: dict[str, Fault] = {
    "in another order": lambda rows: {name: value[::-1].copy() for name, value in rows.items()},
    "all alike": lambda rows: {name: value * 0 + np.mean(value, axis=0) for name, value in rows.items()},
    "a mean, not a sum": lambda rows: {name: value / len(value) for name, value in rows.items()},
    "everything in the first": lambda rows: {
        name: np.concatenate([value.sum(axis=0, keepdims=True), 0 * value[1:]]) for name, value in rows.items()
    },
}


@pytest.mark.parametrize("fault", ROWS)
def test_rows_that_sum_to_the_gradient_and_are_not_the_examples_are_found(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(module, "per_example_grad", _faulty(module.per_example_grad, ROWS[fault]))
    assert _wrong_functions(module) == ["per_example_grad"]


def test_a_hessian_that_is_not_symmetric_is_found(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def skewed(blocks: Any) -> Any:
        skew = blocks["b1"]["b1"]
        skew += 1e-9 * np.max(np.abs(skew)) * np.triu(np.ones_like(skew), 1)
        return blocks

    monkeypatch.setattr(module, "hessian", _faulty(module.hessian, skewed))
    assert _wrong_functions(module) == ["hessian"]
