"""State and noise in a formula that stands in the description: ``state m[k] = zeros``, ``m'[k] = …``, ``u[n, k] ~ normal``."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from symbprop.language.parser import parse_equations, parse_formula
from symbprop.language.source import Source, SourceError
from symbprop.network.build import build
from symbprop.pipeline import read
from symbprop.verify.module import verify_module

Compiled = Callable[..., ModuleType]

HEAD = "inputs: {x: {shape: [4]}}\ntargets: {y: {shape: [3]}}\nloss: mean_squared_error\nlayers:\n- dense: {units: 3}\n"
LIBRARY = "- batch_normalization: {center: false, scale: false, momentum: 0.9}\n"
FORMULA = """- formula: |
    state mean[k] = zeros; state variance[k] = ones
    m[k] = mean(n, x[n, k])
    v[k] = mean(n, (x[n, k] - m[k])^2)
    mean'[k] = 0.9 * mean[k] + 0.1 * m[k]
    variance'[k] = 0.9 * variance[k] + 0.1 * v[k]
    y[n, k] = where(training, (x[n, k] - m[k]) / sqrt(v[k] + 1e-3), (x[n, k] - mean[k]) / sqrt(variance[k] + 1e-3))
"""


def test_a_formula_with_state_is_the_librarys_layer(compiled: Compiled) -> None:
    theirs, ours = compiled(HEAD + LIBRARY), compiled(HEAD + FORMULA)
    certificate = verify_module(ours)
    assert certificate.passed, certificate.format()
    rng = np.random.default_rng(0)
    x, y, params = rng.normal(size=(6, 4)), rng.normal(size=(6, 3)), theirs.init(0)
    states = [theirs.init_state(), ours.init_state()]
    for _ in range(3):
        loss, grads, states[0] = theirs.loss_and_grad(params, x, y, state=states[0])
        other, same, states[1] = ours.loss_and_grad(params, x, y, state=states[1])
        np.testing.assert_allclose(other, loss, rtol=1e-14)
        for name in grads:
            np.testing.assert_allclose(same[name], grads[name], rtol=1e-12, atol=1e-16)
        for left, right in zip(*(each.values() for each in states), strict=True):
            np.testing.assert_allclose(left, right, rtol=1e-14)
    predictions = [module.forward(params, x, state=state) for module, state in zip((theirs, ours), states, strict=True)]
    np.testing.assert_allclose(*predictions, rtol=1e-13)


def test_the_first_state_is_what_the_description_says(compiled: Compiled) -> None:
    module = compiled(HEAD + FORMULA + "  initializers: {mean: {constant: {value: 2}}}\n")
    assert {float(each.mean()) for each in module.init_state().values()} == {1.0, 2.0}


def test_a_formula_draws_noise_in_training_alone(compiled: Compiled) -> None:
    text = HEAD + "- formula: 'e[n, k] ~ normal; y[n, k] = where(training, x[n, k] + s[k] * e[n, k], x[n, k])'\n"
    module = compiled(text)
    certificate = verify_module(module)
    assert certificate.passed, certificate.format()
    params, x = module.init(0), np.ones((5, 4))
    still = module.forward(params, x)
    np.testing.assert_array_equal(still, module.forward(params, x, seed=1))
    first, again, other = (module.forward(params, x, training=True, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_tensor_may_be_called_state() -> None:
    declared, equations = parse_formula(Source("f", "state = 2 * x; y[n] = state + x[n]"))
    assert not declared
    assert [each.target.name for each in equations] == ["state", "y"]


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("state m[k] = zeros; state m[k] = ones; y[n,k] = x[n,k] + m[k]", "m is declared twice"),
        ("m'[k] = mean(n, x[n,k]); y[n,k] = x[n,k]", "which is no argument here"),
        ("state m[k] = zeros", "a formula is missing"),
        ("state m[k] = zeros; m'[k] = mean(n, x[n,k])", "computes nothing but the next value of its state"),
        ("state m[k] = nothing; y[n,k] = x[n,k] + m[k]", "there is no operation 'nothing'"),
        ("u[n,k] ~ orthogonal; y[n,k] = x[n,k] + u[n,k]", "there is no noise 'orthogonal'"),
        ("state m[k] = zeros; m[k] = 1; y[n,k] = x[n,k]", "m is given, it cannot be computed again"),
    ],
)
def test_what_is_wrong_with_a_state_is_told(formula: str, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        build(read(Source("net.yaml", HEAD + f'- formula: "{formula}"\n')))
    assert message in caught.value.message


def test_only_the_formula_of_a_layer_has_state() -> None:
    with pytest.raises(SourceError, match="only the formula of a layer keeps state"):
        parse_equations(Source("f", "state m = zeros; L = m"))
