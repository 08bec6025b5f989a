"""What fails is repeated in higher precision: rounding is a warning, a wrong formula is wrong there too."""

from __future__ import annotations

import types
from types import ModuleType

import mpmath
import numpy as np
import pytest
from networks import ALL, HAND_WRITTEN

from symbprop.language.source import Source
from symbprop.pipeline import compile_description, read
from symbprop.verify.module import verify_module
from symbprop.verify.numbers import DIGITS, lifted, running_on_numbers
from symbprop.verify.point import Point
from symbprop.verify.precise import EXTENDED, Precisely
from symbprop.verify.probe import Entry
from symbprop.verify.sampling import sample


def by_hand(loss: str, slope: str) -> ModuleType:
    module = types.ModuleType("hand")
    exec(HAND_WRITTEN + f"\ndef LOSS(z): return {loss}\ndef SLOPE(z): return {slope}\n", module.__dict__)
    return module


def emitted(text: str, *changes: tuple[str, str]) -> ModuleType:
    source = Source("net.yaml", text)
    made = compile_description(read(source), source).source
    for old, new in changes:
        start = made.index("def loss_and_grad")
        assert old in made[start:], f"the module no longer holds {old}"
        made = made[:start] + made[start:].replace(old, new)
    module = types.ModuleType("emitted")
    exec(compile(made, "emitted", "exec"), module.__dict__)
    return module


ATTENTIVE = """
inputs: {x: {shape: [3, 4]}}
targets: {y: {shape: [3, 4]}}
layers:
  - multi_head_attention: {num_heads: 2, key_dim: 3}
loss: mean_squared_error
"""


CANCELS = "1e25 + z - 1e25"  # exactly z, of which no digit is left, in extended precision neither


def test_digits_that_rounding_takes_are_a_warning_and_not_a_wrong_formula() -> None:
    certificate = verify_module(by_hand("z * z", f"2 * ({CANCELS})"))
    assert certificate.passed, certificate.format()
    assert any("rounding" in note for note in certificate.notes), certificate.format()


def test_a_formula_that_is_wrong_by_as_much_stays_wrong() -> None:
    certificate = verify_module(by_hand("z * z", "2 * z * (1 + 1e-9)"))
    assert not certificate.passed
    assert f"in {DIGITS} digits they are" in certificate.format()


def test_rounding_does_not_excuse_a_wrong_formula_below_it() -> None:
    assert not verify_module(by_hand("z * z", f"2 * ({CANCELS}) * (1 + 1e-9)")).passed


def test_the_bias_of_keys_is_no_alarm_and_is_known_to_vanish_without_the_compilers_search() -> None:
    module = emitted(ATTENTIVE)
    assert module.ZERO_GRADIENTS == {}
    for seed in range(12):
        certificate = verify_module(module, seed=seed)
        assert certificate.passed, certificate.format()
        still = [each.name for each in certificate.parameters if each.always_zero]
        assert still == [name for name in module.PARAMETERS if name.startswith("bk")], certificate.format()


@pytest.mark.parametrize("relative", [1e-9, 1e-3])
def test_a_wrong_gradient_of_the_bias_of_keys_is_caught(relative: float) -> None:
    """One that is not zero where zero is right, however small it is beside the other gradients."""
    module = emitted(ATTENTIVE)
    name = next(each for each in module.PARAMETERS if each.startswith("bk"))
    honest = module.loss_and_grad

    def loss_and_grad(params: dict[str, np.ndarray], *args: np.ndarray, cotangent: float = 1.0) -> object:
        loss, grads = honest(params, *args, cotangent=cotangent)
        return loss, {**grads, name: grads[name] + cotangent * (params[name] * params[name] * relative)}

    module.loss_and_grad = loss_and_grad  # type: ignore[attr-defined]
    assert not verify_module(module).passed


def test_a_sum_that_is_no_sum_is_caught_where_the_sum_is_zero() -> None:
    """The terms do not vanish, their sum does: the largest of them in its place is told from rounding."""
    assert not verify_module(
        emitted(
            ATTENTIVE, ("bk_bar = work.ones2.dot(k_bar.reshape(-1, 6))", "bk_bar = np.max(k_bar.reshape(-1, 6), 0)")
        )
    ).passed


RUNS = [name for name in ALL if name != "bare"]


@pytest.mark.parametrize("name", RUNS)
def test_emitted_modules_run_on_fifty_digits_and_agree_with_themselves_there(name: str) -> None:
    """The gradient and the complex step through the loss, to thirty digits and more where nothing is approximated."""
    module = emitted(ALL[name])
    where = sample(module, 0, 1.0)
    assert where is not None
    precise = Precisely(module, where)
    for parameter in module.PARAMETERS:
        found = precise.repeat({parameter: Entry(0)})
        assert found is not None
        assert found.precision == f"{DIGITS} digits", name
        assert found.error <= 1e-30 * max(found.scale, 1.0)


def test_the_numbers_are_those_of_mpmath() -> None:
    with mpmath.workdps(DIGITS):
        x = lifted(np.array([0.3, -1.7]))
        for got, truth in (
            (np.exp(x)[0].value, mpmath.exp(mpmath.mpf(0.3))),
            (np.tanh(x)[1].value, mpmath.tanh(mpmath.mpf(-1.7))),
            (np.arctan(x)[1].value, mpmath.atan(mpmath.mpf(-1.7))),
            (np.maximum(x, 0)[1].value if hasattr(np.maximum(x, 0)[1], "value") else np.maximum(x, 0)[1], 0),
            ((2 / x - x**2)[0].value, 2 / mpmath.mpf(0.3) - mpmath.mpf(0.3) ** 2),
            (np.sum(x * 2).value, 2 * (mpmath.mpf(0.3) + mpmath.mpf(-1.7))),
        ):
            assert abs(got - truth) < mpmath.mpf(10) ** -45


def test_the_plain_zeros_that_a_maximum_leaves_are_numbers_too() -> None:
    module = types.ModuleType("rectified")
    exec(
        "import numpy as np\ndef value(x): return np.exp(np.maximum(x, 0))\ndef known(x): return np.isfinite(x)",
        module.__dict__,
    )
    x = lifted(np.array([0.3, -1.7]))
    with pytest.raises(TypeError, match="exp"):
        module.value(x)
    with running_on_numbers(module):
        found = module.value(x)
        assert abs(found[0].value - mpmath.exp(mpmath.mpf(0.3))) < mpmath.mpf(10) ** -45
        assert found[1].value == 1
        assert module.known(x).tolist() == [True, True]
    assert module.np is np


def test_a_network_too_large_for_fifty_digits_is_repeated_in_extended_precision() -> None:
    module = emitted(ATTENTIVE.replace("key_dim: 3", "key_dim: 3000"))
    where = sample(module, 0, 1.0)
    assert isinstance(where, Point)
    found = Precisely(module, where).repeat({next(iter(module.PARAMETERS)): Entry(0)})
    assert (found is None) == (np.finfo(np.longdouble).eps >= np.finfo(float).eps)
    assert found is None or found.precision == EXTENDED
