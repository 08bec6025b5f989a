"""The verifier against modules that no compiler wrote: right ones pass at every seed, each planted bug is caught in each."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from symbprop.verify.module import load_module, verify_module
from symbprop.verify.sampling import sample

MOCKS = {path.stem: path for path in sorted((Path(__file__).parent / "mocks").glob("*.py"))}
Plant = Callable[[ModuleType, str], None]
CASES = [
    (net, name)
    for net, path in MOCKS.items()
    for module in [load_module(path)]
    for name in module.PARAMETERS
    if name not in module.ZERO_GRADIENTS
]


@pytest.mark.parametrize("net", MOCKS)
def test_a_right_module_raises_no_alarm_in_two_hundred_seeds(net: str) -> None:
    module = load_module(MOCKS[net])
    for seed in range(200):
        certificate = verify_module(module, seed=seed)
        assert certificate.passed, f"seed {seed}\n{certificate.format()}"


def in_the_gradient(how: Callable[[np.ndarray], np.ndarray]) -> Plant:
    """The bug that changes one parameter's gradient by ``how``, whatever the arguments."""

    def plant(module: ModuleType, name: str) -> None:
        honest = module.loss_and_grad

        @functools.wraps(honest)
        def loss_and_grad(*args: Any, **named: Any) -> Any:
            loss, gradient = honest(*args, **named)
            return loss, {**gradient, name: np.asarray(how(gradient[name]))}

        module.loss_and_grad = loss_and_grad  # type: ignore[attr-defined]

    return plant


def one_entry(value: np.ndarray, chosen: Callable[[np.ndarray], int]) -> np.ndarray:
    changed = np.array(value)
    flat = changed.reshape(-1)
    flat[chosen(np.abs(flat))] *= 1.01
    return changed


def smallest_that_counts(sizes: np.ndarray) -> int:
    nonzero = np.flatnonzero(sizes)
    return int(nonzero[np.argmin(sizes[nonzero])]) if nonzero.size else 0


def wrapped(which: str, around: Callable[[Any, ModuleType, str], Any]) -> Plant:
    """The bug that puts ``around(honest function, module, name)`` in place of a function."""

    def plant(module: ModuleType, name: str) -> None:
        honest = getattr(module, which)
        setattr(module, which, functools.wraps(honest)(around(honest, module, name)))

    return plant


def argument_changed(honest: Any, module: ModuleType, name: str) -> Any:
    def changed(params: Any, *data: Any, **named: Any) -> Any:
        if params[name].dtype == np.float64:
            params[name][...] += 1e-9
        return honest(params, *data, **named)

    return changed


def stale(honest: Any, module: ModuleType, name: str) -> Any:
    kept: list[np.ndarray] = []

    def changed(*args: Any, **named: Any) -> Any:
        loss, gradient = honest(*args, **named)
        kept.append(gradient[name])
        return loss, {**gradient, name: kept[0].copy()}

    return changed


def shared_buffer(honest: Any, module: ModuleType, name: str) -> Any:
    buffers: dict[str, np.ndarray] = {}

    def changed(*args: Any, **named: Any) -> Any:
        loss, gradient = honest(*args, **named)
        buffer = buffers.setdefault(gradient[name].dtype.str, np.array(gradient[name]))
        buffer[...] = gradient[name]
        return loss, {**gradient, name: buffer}

    return changed


def cotangent_forgotten(honest: Any, module: ModuleType, name: str) -> Any:
    def changed(params: Any, *data: Any, cotangent: float = 1.0, **named: Any) -> Any:
        loss, gradient = honest(params, *data, cotangent=cotangent, **named)
        return loss, {**gradient, name: honest(params, *data, **named)[1][name]}

    return changed


def key_renamed(honest: Any, module: ModuleType, name: str) -> Any:
    def changed(*args: Any, **named: Any) -> Any:
        loss, gradient = honest(*args, **named)
        return loss, {f"{key}_" if key == name else key: value for key, value in gradient.items()}

    return changed


def no_number_far_out(honest: Any, module: ModuleType, name: str) -> Any:
    """The gradient overflows where the loss does not."""

    def changed(params: Any, *data: Any, **named: Any) -> Any:
        loss, gradient = honest(params, *data, **named)
        far = max(float(np.max(np.abs(value))) for value in params.values()) > 3
        return loss, {**gradient, name: gradient[name] * np.nan} if far else gradient

    return changed


def wide_for_narrow(honest: Any, module: ModuleType, name: str) -> Any:
    def changed(*args: Any, **named: Any) -> Any:
        loss, gradient = honest(*args, **named)
        narrow = gradient[name].dtype == np.float32
        return loss, {**gradient, name: gradient[name].astype(np.float64)} if narrow else gradient

    return changed


def said_to_be_zero(module: ModuleType, name: str) -> None:
    in_the_gradient(np.zeros_like)(module, name)
    module.ZERO_GRADIENTS = {**module.ZERO_GRADIENTS, name: "a claim"}  # type: ignore[attr-defined]


def forward_counts_its_calls(honest: Any, module: ModuleType, name: str) -> Any:
    calls: list[int] = []

    def changed(*args: Any, **named: Any) -> Any:
        calls.append(1)
        return np.asarray(honest(*args, **named) + len(calls))

    return changed


def seed_ignored(honest: Any, module: ModuleType, name: str) -> Any:
    seeds = iter(range(10**6))
    return lambda seed=0, dtype=module.DTYPE: honest(next(seeds), dtype)


BUGS: dict[str, Plant] = {
    "sign wrong": in_the_gradient(np.negative),
    "twice": in_the_gradient(lambda g: 2 * g),
    "off in the fifth digit": in_the_gradient(lambda g: g * g.dtype.type(1.00001)),
    "off in the ninth digit": in_the_gradient(lambda g: g * (1 + 1e-9) if g.dtype != np.float32 else g),
    "largest entry × 1.01": in_the_gradient(lambda g: one_entry(g, lambda sizes: int(np.argmax(sizes)))),
    "smallest entry × 1.01": in_the_gradient(lambda g: one_entry(g, smallest_that_counts)),
    "float32 inside": in_the_gradient(lambda g: g.astype(np.float32).astype(g.dtype)),
    "zero": in_the_gradient(np.zeros_like),
    "wrong dtype": in_the_gradient(lambda g: g.astype(np.float32)),
    "wrong shape": in_the_gradient(lambda g: g[None]),
    "not a number": in_the_gradient(lambda g: g * np.nan),
    "not a number far out": wrapped("loss_and_grad", no_number_far_out),
    "gradient changes an argument": wrapped("loss_and_grad", argument_changed),
    "loss changes an argument": wrapped("loss", argument_changed),
    "forward changes an argument": wrapped("forward", argument_changed),
    "stale": wrapped("loss_and_grad", stale),
    "buffer shared between calls": wrapped("loss_and_grad", shared_buffer),
    "cotangent forgotten": wrapped("loss_and_grad", cotangent_forgotten),
    "key renamed": wrapped("loss_and_grad", key_renamed),
    "float64 for float32": wrapped("loss_and_grad", wide_for_narrow),
    "said to be zero": said_to_be_zero,
    "loss off in the ninth digit": wrapped("loss", lambda f, m, n: lambda *a, **k: f(*a, **k) * (1 + 1e-9)),
    "forward not a number": wrapped("forward", lambda f, m, n: lambda *a, **k: np.asarray(f(*a, **k) * np.nan)),
    "forward counts its calls": wrapped("forward", forward_counts_its_calls),
    "init ignores its dtype": wrapped("init", lambda f, m, n: lambda seed=0, dtype="": f(seed)),
    "init ignores its seed": wrapped("init", seed_ignored),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_caught_in_every_parameter_of_every_net(bug: str) -> None:
    for net, name in CASES:
        for seed in range(3):
            module = load_module(MOCKS[net])
            BUGS[bug](module, name)
            certificate = verify_module(module, seed=seed)
            assert not certificate.passed, f"{net}, {name}, seed {seed}\n{certificate.format()}"


TEXT_BUGS = {
    "mlp, a transposed weight": ("mlp", 'z2_bar @ params["W2"].T', 'z2_bar @ params["W2"].reshape(3, 7)'),
    "mlp, a missing term": ("mlp", "z2_bar[rows, label] -= 1", "pass"),
    "mlp, a missing 1/n": ("mlp", "z2_bar *= cotangent / len(x)", "z2_bar *= cotangent"),
    "mlp, 1/k for 1/n": ("mlp", "z2_bar *= cotangent / len(x)", "z2_bar *= cotangent / x.shape[1]"),
    "mlp, a wrong derivative": ("mlp", "(1 - h * h)", "(1 - h)"),
    "mlp, the cotangent ignored": ("mlp", "z2_bar *= cotangent / len(x)", "z2_bar *= 1 / len(x)"),
    "linear, 1/k for 1/n": ("linear", "(cotangent / len(x))", "(cotangent / x.shape[1])"),
    "relu, an overwrite": ("relu", "W_bar += u.T @ zr_bar", "W_bar = u.T @ zr_bar"),
    "relu, the other side": ("relu", "zl_bar = np.where(zl.real > 0", "zl_bar = np.where(zr.real > 0"),
    "embedding, repeated words lost": ("embedding", "np.add.at(E_bar, ids, rows_bar)", "E_bar[ids] = rows_bar"),
    "embedding, a missing term": ("embedding", " + score_bar[:, :, None] * params", " + 0 * score_bar[:, :, None] * params"),
    "quadratic, a missing term": ("quadratic", "6 * x + 2 * y", "6 * x"),
}  # fmt: skip


@pytest.mark.parametrize("bug", TEXT_BUGS)
def test_a_bug_in_the_text_of_a_gradient_is_caught(bug: str, tmp_path: Path) -> None:
    net, old, new = TEXT_BUGS[bug]
    head, backward = MOCKS[net].read_text(encoding="utf-8").split("def loss_and_grad")
    assert backward.count(old) == 1
    path = tmp_path / "bugged.py"
    path.write_text(f"{head}def loss_and_grad{backward.replace(old, new)}", encoding="utf-8")
    for seed in range(10):
        assert not verify_module(load_module(path), seed=seed).passed


def test_an_error_that_vanishes_in_extended_precision_is_a_warning() -> None:
    if np.finfo(np.longdouble).eps >= np.finfo(np.float64).eps:
        pytest.skip("this machine has no extended precision")
    module = load_module(MOCKS["linear"])
    in_the_gradient(lambda g: g * (1 + 1e-6) if g.dtype == np.float64 else g)(module, "w")
    certificate = verify_module(module)
    if certificate.passed:
        assert any("rounding" in note and " w " in note for note in certificate.notes)
    assert not verify_module(load_module(MOCKS["linear"])).notes


def test_free_sizes_are_no_other_size_of_the_module() -> None:
    for path in MOCKS.values():
        module = load_module(path)
        point = sample(module, 0, 1.0)
        assert point is not None
        shapes = [*module.PARAMETERS.values(), *module.INPUTS.values(), *module.TARGETS.values()]
        fixed = {size for shape in shapes for size in shape if isinstance(size, int)} | set(module.INTEGERS.values())
        free: dict[str, int] = {}
        for shape, value in zip([*module.INPUTS.values(), *module.TARGETS.values()], point.data, strict=True):
            free |= {size: length for size, length in zip(shape, value.shape, strict=True) if isinstance(size, str)}
        assert len(set(free.values())) == len(free)
        assert not fixed & set(free.values())
        assert free.get("N", 3) >= 3


def test_a_module_without_a_loss_is_held_to_its_forward_function() -> None:
    def bare() -> ModuleType:
        module = load_module(MOCKS["mlp"])
        del module.loss, module.loss_and_grad  # type: ignore[attr-defined]
        module.TARGETS = {}  # type: ignore[attr-defined]
        return module

    assert verify_module(bare()).passed
    for bug in ("forward not a number", "forward counts its calls", "forward changes an argument"):
        module = bare()
        BUGS[bug](module, "W1")
        assert not verify_module(module).passed, bug
