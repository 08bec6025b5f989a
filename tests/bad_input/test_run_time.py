"""Emitted modules given what they should not be given, and what they should take as it comes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from networks import EMBEDDED, MLP, point

from symbprop.verify.module import load_module

Compiled = Callable[..., ModuleType]
GENERATED = sorted((Path(__file__).resolve().parents[2] / "generated").glob("*.py"))
FUNCTIONS = ("loss", "loss_and_grad", "forward")


def called(module: ModuleType, function: str, params: Any, data: list[Any]) -> Any:
    return getattr(module, function)(params, *(data[: len(module.INPUTS)] if function == "forward" else data))


def same(first: Any, second: Any) -> bool:
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, tuple):
        return all(same(a, b) for a, b in zip(first, second, strict=True))
    return np.asarray(first).dtype == np.asarray(second).dtype and np.array_equal(first, second, equal_nan=True)


WRONG = {
    "another width": (lambda p, x, y: (p, x[:, :5], y), "x", "(5, 5)"),
    "an axis missing": (lambda p, x, y: (p, x[0], y), "x", "(6,)"),
    "an axis too many": (lambda p, x, y: (p, x[None], y), "x", "(1, 5, 6)"),
    "text": (lambda p, x, y: (p, x.astype(str), y), "x", "not numeric"),
    "dates": (lambda p, x, y: (p, x.astype("datetime64[s]"), y), "x", "not numeric"),
    "nothing": (lambda p, x, y: (p, None, y), "x", ""),
    "labels as reals": (lambda p, x, y: (p, x, y.astype(float)), "label", "integers"),
    "labels as truths": (lambda p, x, y: (p, x, y > 1), "label", "integers"),
    "labels in a column": (lambda p, x, y: (p, x, y[:, None]), "label", "(5, 1)"),
    "other examples": (lambda p, x, y: (p, x, y[:4]), "label", "(4,)"),
    "a label too large": (lambda p, x, y: (p, x, y * 0 + 4), "label", "4 … 4, not 0 … 3"),
    "a label below zero": (lambda p, x, y: (p, x, y * 0 - 1), "label", "-1 … -1, not 0 … 3"),
    "a label that wraps": (lambda p, x, y: (p, x, y.astype(np.uint64) * 0 + np.uint64(2**64 - 1)), "label", "not 0 … 3"),
    "a parameter missing": (lambda p, x, y: ({k: v for k, v in p.items() if k != "b1"}, x, y), "b1", "missing"),
    "a parameter too many": (lambda p, x, y: ({**p, "V": x}, x, y), "V", "unknown"),
    "a parameter misspelt": (lambda p, x, y: ({("w1" if k == "W1" else k): v for k, v in p.items()}, x, y), "W1", "w1"),
    "a parameter transposed": (lambda p, x, y: ({**p, "W1": p["W1"].T}, x, y), "W1", "(5, 6)"),
    "a parameter as text": (lambda p, x, y: ({**p, "W1": p["W1"].astype(str)}, x, y), "W1", "not numeric"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
@pytest.mark.parametrize("before", [False, True], ids=["at first", "after a call that was well"])
def test_what_is_wrong_is_named(what: str, before: bool, compiled: Compiled) -> None:
    module = compiled(MLP)
    params, (x, label) = point(module)
    spoil, name, words = WRONG[what]
    for function in FUNCTIONS:
        if (function == "forward" and name == "label") or (what == "other examples" and function == "forward"):
            continue
        if before:
            called(module, function, params, [x, label])
        given, *data = spoil(params, x, label)
        with pytest.raises((KeyError, TypeError, ValueError)) as caught:
            called(module, function, given, data)
        assert name in str(caught.value)
        assert words in str(caught.value)
    assert np.isfinite(module.loss(params, x, label))


LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "column by column": lambda a: np.asfortranarray(a) if a.ndim else a,
    "every second": lambda a: np.repeat(a, 2, axis=0)[::2] if a.ndim else a,
    "backwards": lambda a: a[::-1].copy()[::-1] if a.ndim else a,
    "the other byte order": lambda a: a.astype(a.dtype.newbyteorder(">")),
    "inside a wider one": lambda a: np.pad(a, [(1, 2)] * a.ndim)[tuple(slice(1, -2) for _ in range(a.ndim))] if a.ndim else a,
    "off the alignment": lambda a: _unaligned(a),
    "as lists": lambda a: a.tolist(),
    "short integers": lambda a: a.astype(np.int8) if a.dtype.kind == "i" else a,
    "unsigned": lambda a: a.astype(np.uint64) if a.dtype.kind == "i" else a,
}  # fmt: skip


def _unaligned(array: np.ndarray) -> np.ndarray:
    room = np.zeros(array.nbytes + 1, np.uint8)
    made = room[1:].view(array.dtype).reshape(array.shape)
    made[...] = array
    return made


def read_only(values: Any) -> Any:
    for each in values.values() if isinstance(values, dict) else values:
        if isinstance(each, np.ndarray):
            each.flags.writeable = False
    return values


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.stem)
def test_how_numbers_lie_in_memory_changes_none(path: Path, layout: str) -> None:
    """Read-only as well. Sums may run in another order, so the last bits may differ for what lies otherwise."""
    module = load_module(path)
    params, data = point(module)
    change = LAYOUTS[layout]
    for function in FUNCTIONS:
        if not hasattr(module, function):
            continue
        expected = called(module, function, params, data)
        kept = {name: change(value) for name, value in params.items()}
        if layout == "as lists":
            kept = params
        found = called(module, function, read_only(kept), read_only([change(each) for each in data]))
        for a, b in zip(flat(expected), flat(found), strict=True):
            assert a.dtype == b.dtype
            np.testing.assert_allclose(b, a, rtol=1e-12, atol=1e-13 * (1 + np.max(np.abs(a), initial=0)))


def flat(value: Any) -> Iterator[np.ndarray]:
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, tuple):
        for each in value:
            yield from flat(each)
    else:
        yield np.asarray(value)


def test_one_array_given_twice_is_two_arguments(compiled: Compiled) -> None:
    module = compiled("inputs: {a: {shape: [3]}, b: {shape: [3]}}\ntargets: {y: {shape: [3]}}\nnodes:\n  h: {dense: {units: 3, activation: tanh}, inputs: [a]}\n  s: {multiply: {}, inputs: [h, b]}\nloss: mean_squared_error\n")  # fmt: skip
    params, (a, _, _) = point(module)
    shared = np.asfortranarray(a)
    assert same(
        module.loss_and_grad(params, shared, shared, shared), module.loss_and_grad(params, a, a.copy(), a.copy())
    )
    assert np.array_equal(shared, a)


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.stem)
def test_batches_of_none_and_of_one_are_defined(path: Path) -> None:
    module = load_module(path)
    params, one = point(module, batch=1)
    loss, grads = called(module, "loss_and_grad", params, one)[:2]
    assert np.isfinite(loss)
    assert all(np.all(np.isfinite(each)) for each in grads.values())
    free = [axis for shape in (*module.INPUTS.values(), *module.TARGETS.values()) for axis in shape if axis == "N"]
    if not free:
        return
    params, none = point(module, batch=0)
    for function in ("loss", "loss_and_grad"):
        with pytest.raises(ValueError, match="N is 0: the loss of no examples is not defined"):
            called(module, function, params, none)
    for output, shape in zip(flat(called(module, "forward", params, none)), module.OUTPUTS.values(), strict=False):
        assert output.shape[0] == (0 if shape and shape[0] == "N" else output.shape[0])


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.stem)
def test_no_alarm_of_numpys_is_raised_where_the_result_is_finite(path: Path) -> None:
    module = load_module(path)
    # The spreads of the mixture are exponentials of its parameters: of 750 one is infinite, and the loss all the same is not.
    scales = (1e-300, 1e-30, 1.0, 10.0, 30.0) if path.stem == "gmm" else (1e-300, 1e-30, 1.0, 10.0, 30.0, 1e3)
    for scale in scales:
        params, data = point(module)
        params = {name: scale * value for name, value in params.items()}
        for function in FUNCTIONS:
            with np.errstate(all="ignore"):
                expected = called(module, function, params, data)
            if not all(np.all(np.isfinite(each)) for each in flat(expected)):
                continue
            with np.errstate(all="raise"):
                assert same(called(module, function, params, data), expected)


def test_training_raises_no_alarm_either() -> None:
    module = load_module(next(path for path in GENERATED if path.stem == "digits"))
    params, data = point(module)
    with np.errstate(all="raise"):
        state = module.init_optimizer(params)
        _, grads = module.loss_and_grad(params, *data)
        module.step(params, {name: 1e-200 * value for name, value in grads.items()}, state)


def test_checks_survive_optimised_python(compiled: Compiled, tmp_path: Path) -> None:
    module = compiled(EMBEDDED)
    script = f"""
import sys; sys.path.insert(0, {str(Path(module.__file__ or '').parent)!r}); sys.path.insert(0, {str(Path(__file__).parents[1])!r})
import importlib, numpy as np
assert False
module = importlib.import_module({Path(module.__file__ or '').stem!r})
rng = np.random.default_rng(0)
params = {{name: rng.standard_normal(shape) for name, shape in module.PARAMETERS.items()}}
ids, y = rng.integers(0, 3, (4, 5)), rng.standard_normal((4, 3))
print(module.loss(params, ids, y) > 0)
for bad in ((ids + 1, y), (ids - 1, y), (ids, y[:3]), (ids.astype(float), y), (ids[:0], y[:0])):
    try:
        module.loss_and_grad(params, *bad)
        print("accepted", bad)
    except (TypeError, ValueError) as error:
        print(type(error).__name__, error)
"""  # fmt: skip
    done = subprocess.run([sys.executable, "-OO", "-c", script], capture_output=True, text=True, timeout=60, check=True)
    lines = done.stdout.splitlines()
    assert lines[0] == "True"
    assert "accepted" not in done.stdout
    assert len(lines) == 6
