"""No false alarms, and nothing that is unknown counted as right."""

from __future__ import annotations

import json
import os
import py_compile
import types
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from networks import ALL, HAND_WRITTEN
from random_networks import networks

from symbprop.language.source import Source
from symbprop.pipeline import compile_description, read
from symbprop.verify.differences import AGREES, CONCLUSIVE, SLACK, derivative
from symbprop.verify.module import load_module, verify_module


def loaded(text: str) -> ModuleType:
    source = Source("net.yaml", text)
    module = types.ModuleType("emitted")
    exec(compile(compile_description(read(source), source).source, "emitted", "exec"), module.__dict__)
    return module


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(networks(), st.integers(0, 10**6))
def test_random_networks_raise_no_alarm_at_any_seed(text: str, seed: int) -> None:
    certificate = verify_module(loaded(text), seed=seed)
    assert certificate.passed, f"{text}\n{certificate.format()}"


SATURATED = """
inputs: {x: {shape: [20]}}
targets: {label: {shape: [], dtype: int, classes: 4}}
layers: [{dense: {units: 200, activation: relu}}, {dense: {units: 200, activation: relu}}, {dense: {units: 4, activation: softmax}}]
loss: sparse_categorical_crossentropy
"""


def test_a_saturated_softmax_is_no_alarm() -> None:
    """At scale 10 and this seed all five examples are right beyond rounding, and the gradient is some 1e-52."""
    certificate = verify_module(loaded(SATURATED), seed=140)
    assert certificate.passed, certificate.format()


@given(
    st.floats(-1, 1), st.sampled_from([-1.0, 1.0]), st.floats(-12, -1), st.floats(-4, 1), st.floats(0.001, 0.3)
)  # fmt: skip
def test_differences_near_a_kink_are_right_or_inconclusive(
    slope: float, side: float, where: float, jump: float, step: float
) -> None:
    kink, height = side * 10**where, 10**jump

    def function(t: float) -> float:
        return float(np.sin(1 + t) + slope * t + height * max(t - kink, 0.0))

    truth = np.cos(1) + slope + (height if kink < 0 else 0.0)
    scale = abs(truth) + height
    value, error = derivative(function, step)
    conclusive = np.isfinite(value) and error <= CONCLUSIVE * scale
    assert not conclusive or abs(value - truth) <= SLACK * error + AGREES * scale


def test_a_kink_at_the_point_itself_is_inconclusive() -> None:
    for jump in (1.0, 1e-3):
        value, error = derivative(lambda t, jump=jump: 1 + t + jump * max(t, 0.0), 0.05)  # type: ignore[misc]
        assert not error <= CONCLUSIVE * abs(value)


def test_differences_of_a_smooth_function_are_conclusive_and_right() -> None:
    for name, truth in (("exp", 1.0), ("sin", 1.0), ("cosh", 0.0), ("tanh", 1.0)):
        value, error = derivative(lambda t, name=name: float(getattr(np, name)(t)), 0.05)  # type: ignore[misc]
        assert error < 1e-7
        assert abs(value - truth) <= SLACK * error


def by_hand(loss: str, slope: str, *more: str) -> ModuleType:
    """A module that is nobody's output, so that what the verifier makes of it is the verifier's own."""
    module = types.ModuleType("hand")
    exec(
        HAND_WRITTEN + f"\ndef LOSS(z): return {loss}\ndef SLOPE(z): return {slope}\n" + "\n".join(more),
        module.__dict__,
    )
    return module


def test_a_module_by_hand_is_verified_and_its_wrong_twin_is_not() -> None:
    assert verify_module(by_hand("z * z * z", "3 * z * z")).passed
    assert not verify_module(by_hand("z * z * z", "3 * z * z + 1e-9")).passed


def test_a_loss_that_is_not_analytic_is_judged_by_differences_alone_and_fails_the_complex_step() -> None:
    """|z| through np.abs drops the imaginary part: a module may not use it, and is told so."""
    certificate = verify_module(by_hand("np.abs(z)", "np.sign(z)"))
    assert not certificate.passed
    assert all("complex step" in sentence for sentence in certificate.parameters[0].wrong)


def test_a_gradient_that_no_probe_can_judge_does_not_pass() -> None:
    """A staircase of kinks finer than every step, and no complex arithmetic to see through it."""
    loss = "np.where(np.imag(z) != 0, np.nan, 1e-9 * np.floor(z.real * 1e9) + np.modf(z.real * 1e9)[0] ** 2 * 1e-9)"
    certificate = verify_module(by_hand(loss, "1 + 0 * z"))
    result = certificate.parameters[0]
    assert not certificate.passed
    assert result.inconclusive > 0


def test_a_module_that_raises_is_not_verified() -> None:
    certificate = verify_module(by_hand("z * z", "2 * z[:2]"))
    assert not certificate.passed
    assert "ValueError" in certificate.format()


def test_a_gradient_said_to_be_zero_must_be_zero() -> None:
    said = 'ZERO_GRADIENTS = {"w": "the loss does not depend on w"}'
    assert verify_module(by_hand("0 * z", "0 * z", said)).passed
    assert not verify_module(by_hand("z * z", "2 * z", said)).passed
    assert not verify_module(by_hand("z * z", "0 * z", said)).passed


def test_a_parameter_that_only_chooses_a_branch_has_a_zero_gradient_with_its_reason() -> None:
    module = loaded('formulas: "L = sum(i, where(w[i:3] > 0, v[i]^2, -v[i]))"\n')
    certificate = verify_module(module)
    result = next(each for each in certificate.parameters if each.name == "w")
    assert certificate.passed, certificate.format()
    assert result.reason_zero == module.ZERO_GRADIENTS["w"] != ""
    assert result.reason_zero in certificate.format()


@pytest.mark.parametrize("effort", ["quick", "normal", "thorough"])
def test_a_certificate_is_strict_json_and_repeatable(effort: str) -> None:
    module = loaded(ALL["branched"])
    first, second = (verify_module(module, seed=3, effort=effort).to_json() for _ in range(2))
    assert first == second
    assert json.loads(json.dumps(first, allow_nan=False)) == first
    assert first["passed"] is True
    assert first["effort"] == effort
    assert first["seed"] == 3
    assert {each["name"] for each in first["parameters"]} == set(module.PARAMETERS)


def test_a_certificate_without_a_conclusive_probe_is_strict_json_too() -> None:
    plain = verify_module(by_hand("z * np.nan", "z")).to_json()
    assert plain["passed"] is False
    json.dumps(plain, allow_nan=False)


def test_a_compiled_file_of_the_same_second_and_size_is_never_read(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text("VALUE = 1\n", encoding="utf-8")
    os.utime(path, (1e9, 1e9))
    py_compile.compile(str(path))
    path.write_text("VALUE = 2\n", encoding="utf-8")
    os.utime(path, (1e9, 1e9))
    assert load_module(path).VALUE == 2
    assert load_module(path) is not load_module(path)
