"""Planted bugs: a verifier that lets one of them through is no verifier."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from networks import ALL

from symbprop.verify.differences import derivative
from symbprop.verify.module import load_module, verify_module

Grads = dict[str, np.ndarray]
Compiled = Callable[..., ModuleType]


def largest(grads: Grads) -> str:
    return max(grads, key=lambda name: grads[name].size)


def change(name: str, how: Callable[[np.ndarray], np.ndarray]) -> Callable[[Grads], Grads]:
    del name
    return lambda grads: {**grads, largest(grads): how(grads[largest(grads)])}


def one_entry(value: np.ndarray, factor: float) -> np.ndarray:
    changed = np.array(value)
    flat = changed.reshape(-1)
    flat[np.argmax(np.abs(flat))] *= factor
    return changed


BUGS: dict[str, Callable[[Grads], Any]] = {
    "wrong sign": change("", lambda g: -g),
    "constant off in the fifth digit": change("", lambda g: g * 1.00001),
    "one entry a hundredth too large": change("", lambda g: one_entry(g, 1.01)),
    "one entry missing": change("", lambda g: one_entry(g, 0.0)),
    "float32 inside": change("", lambda g: g.astype(np.float32).astype(np.float64)),
    "zero": change("", np.zeros_like),
    "twice": change("", lambda g: 2 * g),
    "batch size forgotten": change("", lambda g: g * 5),
    "an offset": change("", lambda g: g + 1e-3 * (np.max(np.abs(g)) + 1e-9)),
    "reversed": change("", lambda g: g[..., ::-1].copy() if g.ndim else g * 1.5),
    "shifted by one": change("", lambda g: np.roll(g, 1) if g.size > 1 else g * 1.5),
    "wrong shape": change("", lambda g: g[None]),
    "wrong dtype": change("", lambda g: g.astype(np.float32)),
    "key missing": lambda grads: {k: v for k, v in grads.items() if k != largest(grads)},
    "key renamed": lambda grads: {k.lower() + "_": v for k, v in grads.items()},
    "not a number": change("", lambda g: g * np.nan),
    "all signs": lambda grads: {k: -v for k, v in grads.items()},
    "everything scaled": lambda grads: {k: v * 1.001 for k, v in grads.items()},
}


def sabotaged(module: ModuleType, bug: Callable[[Grads], Any]) -> ModuleType:
    honest = module.loss_and_grad

    def loss_and_grad(params: Any, *data: Any, cotangent: float = 1.0, **named: Any) -> Any:
        loss, grads = honest(params, *data, cotangent=cotangent, **named)
        return loss, bug(grads)

    module.loss_and_grad = loss_and_grad  # type: ignore[attr-defined]
    return module


@pytest.mark.parametrize("net", [name for name in ALL if name != "mixed"])
@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_caught(bug: str, net: str, compiled: Compiled) -> None:
    module = compiled(ALL[net])
    assert not verify_module(sabotaged(module, BUGS[bug]), effort="quick").passed


@pytest.mark.parametrize("net", ALL)
def test_honest_modules_raise_no_alarm(net: str, compiled: Compiled) -> None:
    module = compiled(ALL[net])
    for seed in range(12):
        certificate = verify_module(module, seed=31 * seed)
        assert certificate.passed, certificate.format()


TEXT_BUGS = {
    "a transposed product": ("h.T.dot(z2_bar, ", "h.T.dot(z2_bar[::-1], "),
    "a dropped term": (
        "    z2_bar[work.numbers, label] = z2_bar_chosen",
        "    # z2_bar[work.numbers, label] = z2_bar_chosen",
    ),
    "an inverted derivative": ("u = np.add(work.one, t, out=work.u2)", "u = np.subtract(1, t)"),
    "an overwrite instead of a sum": ('work.ones2.dot(z1_bar, out=out["b1"])', "z1_bar[0].copy()"),
    "the cotangent ignored": ("scale[...] = cotangent / N", "scale[...] = 1 / N"),
    "a missing mean": ("scale[...] = cotangent / N", "scale[...] = cotangent"),
    "a stale buffer": (
        "    np.multiply(h_bar, t, out=h_bar)",
        "    np.multiply(h_bar, _stale(t), out=h_bar)",
    ),
    "an argument changed": (
        "    h_bar = z2_bar.dot(W2.T,",
        "    W1 *= 1.0000001\n    h_bar = z2_bar.dot(W2.T,",
    ),
    "a kept array read before it is written": ("np.negative(z1, out=work.t)", "work.t"),
    "two tensors in one kept array": ("z2_bar.dot(W2.T, out=work.h_bar)", "z2_bar.dot(W2.T, out=work.h)"),
    "a parameter handed out": ('"b1": b1_bar', '"b1": b1'),
}
STALE = "\n\n_KEPT = []\n\n\ndef _stale(t):\n    _KEPT.append(t.copy())\n    return _KEPT[0] if _KEPT[0].shape == t.shape else t\n"


@pytest.mark.parametrize("bug", TEXT_BUGS)
def test_a_bug_in_the_emitted_text_is_caught(bug: str, compiled: Compiled, tmp_path: Any) -> None:
    text = Path(str(compiled(ALL["mlp"]).__file__)).read_text(encoding="utf-8")
    old, new = TEXT_BUGS[bug]
    start = text.index("def loss_and_grad")
    assert old in text[start:], f"the module no longer holds {old}"
    path = tmp_path / "bugged.py"
    path.write_text(text[:start] + text[start:].replace(old, new) + STALE, encoding="utf-8")
    assert not verify_module(load_module(path)).passed


def test_a_loss_that_differs_between_the_two_functions_is_caught(compiled: Compiled) -> None:
    module = compiled(ALL["mlp"])
    honest = module.loss
    module.loss = lambda *a, **k: honest(*a, **k) * (1 + 1e-9)  # type: ignore[attr-defined]
    assert not verify_module(module).passed


def test_a_probe_across_a_kink_is_inconclusive_never_right() -> None:
    for kink in (0.0, 1e-6, 0.003, 0.04):
        value, error = derivative(lambda t, kink=kink: abs(t - kink) + 3 * t + t * t, 0.1)  # type: ignore[misc]
        assert not error < 1e-5 * abs(value) or abs(value - 2) < 1e-4


def test_a_file_rewritten_within_the_same_second_is_read_afresh(tmp_path: Any) -> None:
    path = tmp_path / "module.py"
    for number in range(5):
        path.write_text(f"NUMBER = {number}\n", encoding="utf-8")
        assert number == load_module(path).NUMBER
    assert [each.name for each in tmp_path.iterdir()] == ["module.py"]


def test_the_certificate_holds_every_figure(compiled: Compiled) -> None:
    certificate = verify_module(compiled(ALL["mlp"]))
    plain = certificate.to_json()
    assert plain["passed"] is True
    assert {each["name"] for each in plain["parameters"]} == {"W1", "b1", "W2", "b2"}
    assert all(each["probes"] >= 8 and each["exact_error"] < 1e-11 for each in plain["parameters"])
    assert "W1" in certificate.format()
