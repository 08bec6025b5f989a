"""A Jacobian is derived from whichever end is narrower: as many passes as that end has elements."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

NETWORK = """
inputs: {{x: {{shape: [{inputs}]}}}}
nodes:
  h: {{dense: {{units: 7, activation: tanh}}, inputs: x}}
  p: {{dense: {{units: {outputs}, activation: softmax}}, inputs: h}}
functions: [jacobian]
"""


@pytest.mark.parametrize(("inputs", "outputs", "name"), [(11, 3, "x_of_p"), (3, 11, "p_by_x"), (5, 5, "p_by_x")])
def test_a_jacobian_starts_at_the_narrower_end(
    compiled: Callable[..., ModuleType], inputs: int, outputs: int, name: str
) -> None:
    module = compiled(NETWORK.format(inputs=inputs, outputs=outputs))
    assert f"{name}[n," in str(module.__doc__)
    rng = np.random.default_rng(0)
    params = {key: rng.normal(size=value.shape) for key, value in module.init().items()}
    x = rng.normal(size=(4, inputs))
    made = module.jacobian(params, x)["p"]["x"]
    assert made.shape == (4, outputs, inputs)
    h = np.tanh(x @ params["W_h"] + params["b_h"])
    p = module.forward(params, x)
    logits = np.einsum("nj,kj,jo->nok", 1 - h**2, params["W_h"], params["W_p"])
    softmax = np.einsum("no,oq->noq", p, np.eye(outputs)) - p[:, :, None] * p[:, None, :]
    np.testing.assert_allclose(made, np.einsum("noq,nqk->nok", softmax, logits), atol=1e-13)


def test_two_inputs_of_one_output_may_start_at_different_ends(compiled: Callable[..., ModuleType]) -> None:
    module = compiled(
        """
inputs: {wide: {shape: [9]}, thin: {shape: [2]}}
formulas: "y[n, j:4] = tanh(sum(k, wide[n, k] * A[k, j]) + sum(k, thin[n, k] * B[k, j]))"
functions: [jacobian]
"""
    )
    rng = np.random.default_rng(1)
    params = {"A": rng.normal(size=(9, 4)), "B": rng.normal(size=(2, 4))}
    wide, thin = rng.normal(size=(3, 9)), rng.normal(size=(3, 2))
    slope = 1 - module.forward(params, wide, thin) ** 2
    made = module.jacobian(params, wide, thin)["y"]
    np.testing.assert_allclose(made["wide"], np.einsum("nj,kj->njk", slope, params["A"]), atol=1e-13)
    np.testing.assert_allclose(made["thin"], np.einsum("nj,kj->njk", slope, params["B"]), atol=1e-13)
