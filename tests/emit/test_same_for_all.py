"""A reduction that does not depend on an index of its target is the same for all of that index."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

FORMS = {
    "x[n,0]^2 - mean(m, w[m]^2)": lambda x, w: x[:, 0] ** 2 - np.mean(w**2),
    "sum(m, w[m]) + x[n,1]": lambda x, w: np.sum(w) + x[:, 1],
    "prod(m, 1 + w[m]) - x[n,2]": lambda x, w: np.prod(1 + w) - x[:, 2],
    "max(m, w[m]) * x[n,1]": lambda x, w: np.max(w) * x[:, 1],
}


@pytest.mark.parametrize("form", FORMS)
def test_it_is_computed_once_and_spread(form: str, compiled: Callable[..., ModuleType]) -> None:
    text = (
        f"inputs: {{x: {{shape: [3]}}}}\nparameters: {{w: {{shape: [4]}}}}\n"
        f"nodes:\n  y: {{formula: 'y[n] = {form}', inputs: [x]}}\nloss: {{formula: 'L = sum(n, y[n]^2)'}}\n"
    )
    module = compiled(text)
    rng = np.random.default_rng(1)
    x, w = rng.standard_normal((5, 3)), rng.standard_normal(4)
    (name,) = module.PARAMETERS
    np.testing.assert_allclose(module.forward({name: w}, x), FORMS[form](x, w), rtol=1e-14)
    step = 1e-30j
    for place in range(4):
        moved = w.astype(complex)
        moved[place] += step
        slope = np.imag(module.loss({name: moved}, x)) / step.imag
        np.testing.assert_allclose(module.loss_and_grad({name: w}, x)[1][name][place], slope, rtol=1e-12, atol=1e-14)
