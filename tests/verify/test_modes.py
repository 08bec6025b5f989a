"""The verifier on modules with state, noise and modes: honest ones pass, planted bugs are caught."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from symbprop.deliver import compile_to
from symbprop.language.source import Source
from symbprop.network.document import load_source
from symbprop.pipeline import compile_description, read
from symbprop.verify.module import load_module, verify_module

NET = """
inputs: {x: {shape: [6]}}
targets: {y: {shape: [2]}}
layers:
  - dense: {units: 5, use_bias: false}
  - batch_normalization: {activation: tanh}
  - dropout: {rate: 0.4}
  - dense: {units: 2}
loss: mean_squared_error
metrics: [r2_score]
"""

Compiled = Callable[..., ModuleType]


def test_an_honest_module_raises_no_alarm_at_any_seed(compiled: Compiled) -> None:
    module = compiled(NET)
    for seed in range(12):
        certificate = verify_module(module, seed=seed)
        assert certificate.passed, certificate.format()


def sabotaged(compiled: Compiled, change: Callable[[Any], Any]) -> ModuleType:
    """The module, with what ``loss_and_grad`` returns changed."""
    module = compiled(NET)
    honest = module.loss_and_grad

    def loss_and_grad(*arguments: Any, **named: Any) -> Any:
        return change(honest(*arguments, **named))

    module.loss_and_grad = loss_and_grad  # type: ignore[attr-defined]
    return module


def with_gradient(name: str, how: Callable[[np.ndarray], np.ndarray]) -> Callable[[Any], Any]:
    return lambda result: (result[0], {**result[1], name: how(result[1][name])}, result[2])


def with_state(how: Callable[[dict[str, np.ndarray]], Any]) -> Callable[[Any], Any]:
    return lambda result: (*result[:2], how(result[2]))


RESULTS: dict[str, Callable[[Any], Any]] = {
    "a scale's gradient a little too large": with_gradient("gamma", lambda g: g * 1.00001),
    "a shift's gradient missing": with_gradient("beta", np.zeros_like),
    "the first weights' gradient a little off": with_gradient("W1", lambda g: g + 1e-4 * np.abs(g).max()),
    "no next state": lambda result: result[:2],
    "a state missing": with_state(lambda state: {"moving_mean": state["moving_mean"]}),
    "a state of another shape": with_state(lambda state: {k: v[None] for k, v in state.items()}),
    "a state of another dtype": with_state(lambda state: {k: v.astype(np.float32) for k, v in state.items()}),
    "a state that is no number": with_state(lambda state: {k: v * np.nan for k, v in state.items()}),
    "another next state than forward's": with_state(lambda state: {k: v * 1.01 for k, v in state.items()}),
    "one memory for two states": with_state(lambda state: dict.fromkeys(state, state["moving_mean"])),
}


@pytest.mark.parametrize("bug", RESULTS)
def test_a_wrong_result_is_caught(bug: str, compiled: Compiled) -> None:
    assert not verify_module(sabotaged(compiled, RESULTS[bug])).passed


TEXT: dict[str, tuple[str, str]] = {
    "the mean is taken for a constant": (" m2_sum = ", "    m2_sum = 0 * m2_sum"),
    "the variance is taken for a constant": (" v_sum = ", "    v_sum = 0 * v_sum"),
    "the mask is drawn anew on the way back": (" W3_bar = ", "    u = rng.uniform(-1, 1, u.shape)"),
    "the seed is ignored": (" rng = ", "    rng = np.random.default_rng(0)"),
    "the state is changed in place": (" N = ", "    moving_mean += 1"),
    "the state of another batch": (" moving_mean_next = ", "    moving_mean_next = moving_mean_next[::-1].copy()"),
}


@pytest.mark.parametrize("bug", TEXT)
def test_a_wrong_line_is_caught(bug: str, tmp_path: Path) -> None:
    """A line put behind the last one in ``loss_and_grad`` that computes something."""
    source = Source("net.yaml", NET)
    lines = compile_description(read(source), source).source.splitlines()
    after, more = TEXT[bug]
    start = next(number for number, line in enumerate(lines) if line.startswith("def loss_and_grad"))
    end = next(number for number, line in enumerate(lines) if number > start and line.startswith("    return"))
    where = max(number for number in range(start, end) if after in lines[number])
    path = tmp_path / "sabotaged.py"
    path.write_text("\n".join([*lines[: where + 1], more, *lines[where + 1 :]]) + "\n", encoding="utf-8")
    assert not verify_module(load_module(path)).passed


def test_noise_that_makes_no_difference_is_noted(compiled: Compiled) -> None:
    certificate = verify_module(compiled(NET.replace("0.4", "0")))
    assert certificate.passed
    assert any("noise makes no difference" in note for note in certificate.notes)


def test_a_bias_before_batch_normalisation_is_reported_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "biased.yaml"
    path.write_text(NET.replace(", use_bias: false", ""), encoding="utf-8")
    source = load_source(str(path))
    result, delivery = compile_to(read(source), source, tmp_path)
    assert delivery.certificate is not None
    assert delivery.certificate.passed
    module = load_module(delivery.path)
    assert module.ZERO_GRADIENTS == {"b1": "xh stays the same whatever b1 is"}
    assert result.derived.gradient is not None
    assert "b1" in result.derived.gradient.zeros
    rng = np.random.default_rng(0)
    _, grads, _ = module.loss_and_grad(module.init(0), rng.standard_normal((5, 6)), rng.standard_normal((5, 2)))
    assert not np.any(grads["b1"])
