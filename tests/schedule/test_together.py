"""Statements that do the same to slices of one tensor become one; what is computed stays the same."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest

from tests.networks import assert_same_gradient, body_of, point

Compiled = Callable[..., ModuleType]

HEAD = "inputs: {x: {shape: [12]}}\ntargets: {y: {shape: [3]}}\n"
TAIL = "  - dense: {units: 3}\nloss: mean_squared_error\n"


def sliced(*lines: str, width: int = 12) -> str:
    formula = "".join(f"      {line}\n" for line in ("z[n, j] = sum(i, x[n, i] * W[i, j])", *lines))
    return f"{HEAD}parameters: {{W: {{shape: [12, {width}]}}}}\nlayers:\n  - formula: |\n{formula}{TAIL}"


def gates(function: str, *starts: int) -> list[str]:
    names = "abcdef"[: len(starts)]
    made = [
        f"{name}[n, u:4] = {function.format(f'z[n, u + {start}]')}" for name, start in zip(names, starts, strict=True)
    ]
    return [*made, f"h[n, u] = {' * '.join(f'{name}[n, u]' for name in names)}"]


TOGETHER = {
    "side by side": gates("sigmoid({})", 0, 4),
    "in another order": gates("tanh({})", 8, 0, 4),
    "of two tensors": [
        "a[n, u:4] = sigmoid(z[n, u] + x[n, u + 4])",
        "b[n, u:4] = sigmoid(z[n, u + 4] + x[n, u + 8])",
        "h[n, u] = a[n, u] * b[n, u]",
    ],
    "with a gap, the function being finite everywhere": gates("sigmoid({})", 0, 4, 12),
}
APART = {
    "one slice over the other": gates("tanh({})", 0, 3),
    "different functions": [
        "a[n, u:4] = tanh(z[n, u])",
        "b[n, u:4] = sigmoid(z[n, u + 4])",
        "h[n, u] = a[n, u] * b[n, u]",
    ],
    "two tensors, one of them moving otherwise": [
        "a[n, u:4] = tanh(z[n, u] + x[n, u + 4])",
        "b[n, u:4] = tanh(z[n, u + 4] + x[n, u + 7])",
        "h[n, u] = a[n, u] * b[n, u]",
    ],
    "one of them turned": [
        "a[n, u:4] = tanh(z[n, u])",
        "b[u:4, n] = tanh(z[n, u + 4])",
        "h[n, u] = a[n, u] * b[u, n]",
    ],
    "far from one another": gates("tanh({})", 0, 12),
    "with a gap where the function may have no value": gates("log({})", 0, 4, 12),
}


@pytest.mark.parametrize("name", TOGETHER)
def test_slices_become_one_call(name: str, compiled: Compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    module = compiled(sliced(*TOGETHER[name], width=16))
    monkeypatch.setattr("symbprop.schedule.together.PART", 9)
    monkeypatch.setattr("symbprop.schedule.together._fits", lambda *_: False)
    plain = compiled(sliced(*TOGETHER[name], width=16))
    assert body_of(module) != body_of(plain)
    call = "np.tanh(" if "tanh" in name or "order" in name else "np.maximum("
    assert body_of(module).count(call) < body_of(plain).count(call)
    params, data = point(module)
    assert_same_gradient(module, plain, params, data, loss=1e-14, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", APART)
def test_others_stay_apart(name: str, compiled: Compiled) -> None:
    module = compiled(sliced(*APART[name], width=16))
    assert "a_b" not in body_of(module)
