"""What does not depend on the length of a vector is the same for vectors as long or short as numbers go."""

from __future__ import annotations

import types
from types import ModuleType

import mpmath
import numpy as np
import pytest

from symbprop.accuracy.scales import with_scales
from symbprop.language.source import Source
from symbprop.pipeline import compile_description, derive, read

NET = """inputs: {{x: {{shape: [2, 3]}}}}
nodes:
  u: {{formula: 'u[n, i, j] = x[n, i, j] + b[i, j]', inputs: [x]}}
  h: {{formula: '{formula}', inputs: [u]}}
loss: {{formula: '{loss}', inputs: [h]}}
"""
PER_ROW = "L = sum((n, i, j), h[n, i, j]^3)"
NORMALIZED = "h[n, i, j] = u[n, i, j] / sqrt(sum(k, u[n, i, k]^2))"
FIRST_AXIS = "h[n, i, j] = u[n, i, j] / sqrt(sum(k, u[n, k, j]^2))"
ALL_OF_IT = "h[n, i, j] = 2 * u[n, i, j] / sqrt(sum((k, l), 3 * u[n, k, l]^2))"
CUBIC = "h[n, i, j] = u[n, i, j]^3 / sum(k, u[n, i, k]^4)^(3/4)"
PAIRS = (
    "h[n, i, k] = sum(j, u[n, i, j] * u[n, k, j]) / sqrt(sum(j, u[n, i, j]^2) * sum(j, u[n, k, j]^2))",
    "L = sum((n, i, k), h[n, i, k]^2)",
)
INVARIANT = [(formula, PER_ROW) for formula in (NORMALIZED, FIRST_AXIS, ALL_OF_IT, CUBIC)] + [PAIRS]
ROW = np.array([[[1.0, -2.0, 3.5], [0.5, 4.0, -1.25]]])


def source(formula: str, loss: str = PER_ROW) -> Source:
    return Source("net.yaml", NET.format(formula=formula, loss=loss))


def loaded(text: Source) -> ModuleType:
    module = types.ModuleType("emitted")
    exec(compile(compile_description(read(text), text).source, "emitted", "exec"), module.__dict__)
    return module


def truth(formula: str, u: mpmath.matrix) -> mpmath.mpf:
    """The loss by hand, one formula at a time, in as many digits as the context has."""
    rows, columns = range(2), range(3)
    if formula == NORMALIZED:
        return sum((u[i, j] / mpmath.sqrt(sum(u[i, k] ** 2 for k in columns))) ** 3 for i in rows for j in columns)
    if formula == FIRST_AXIS:
        return sum((u[i, j] / mpmath.sqrt(sum(u[k, j] ** 2 for k in rows))) ** 3 for i in rows for j in columns)
    if formula == ALL_OF_IT:
        length = mpmath.sqrt(3 * sum(u[i, j] ** 2 for i in rows for j in columns))
        return sum((2 * u[i, j] / length) ** 3 for i in rows for j in columns)
    if formula == CUBIC:
        sums = [sum(u[i, k] ** 4 for k in columns) ** (mpmath.mpf(3) / 4) for i in rows]
        return sum((u[i, j] ** 3 / sums[i]) ** 3 for i in rows for j in columns)
    dot = [[sum(u[i, j] * u[k, j] for j in columns) for k in rows] for i in rows]
    return sum((dot[i][k] / mpmath.sqrt(dot[i][i] * dot[k][k])) ** 2 for i in rows for k in rows)


def slope(formula: str, u: mpmath.matrix, i: int, j: int) -> mpmath.mpf:
    step = abs(u[i, j]) * mpmath.mpf(10) ** -40
    above, below = u.copy(), u.copy()
    above[i, j] += step
    below[i, j] -= step
    return (truth(formula, above) - truth(formula, below)) / (2 * step)


@pytest.mark.parametrize("scale", [1.0, 1e160, 1e-160, 1e250, 1e-250])
@pytest.mark.parametrize(("formula", "loss"), INVARIANT)
def test_a_value_and_its_gradient_are_right_at_any_scale(formula: str, loss: str, scale: float) -> None:
    module = loaded(source(formula, loss))
    row = ROW * scale
    with np.errstate(all="raise", under="ignore"):
        value, grads = module.loss_and_grad({"b_u": np.zeros((2, 3))}, row)
    with mpmath.workdps(120):
        u = mpmath.matrix(row[0].tolist())
        assert abs(mpmath.mpf(float(value)) - truth(formula, u)) < 1e-14
        for i in range(2):
            for j in range(3):
                right = slope(formula, u, i, j) * scale
                assert abs(mpmath.mpf(float(grads["b_u"][i, j])) * scale - right) < 2e-14


@pytest.mark.parametrize(
    "formula",
    [
        "h[n, i, j] = u[n, i, j] / sqrt(sum(k, u[n, i, k]^2) + 0.001)",
        "h[n, i, j] = u[n, i, j] / sum(k, exp(u[n, i, k]))",
        "h[n, i, j] = exp(u[n, i, j]) / sum(k, exp(u[n, i, k]))",
        "h[n, i, j] = 1 / sqrt(sum(k, u[n, i, k]^2)) + u[n, i, j]",
    ],
)
def test_what_depends_on_the_length_is_left_alone(formula: str) -> None:
    derived = derive(read(source(formula)))
    assert derived.gradient is not None
    program = derived.gradient.program
    assert with_scales(program)[0] is program


def test_a_vector_with_a_reader_that_is_not_homogeneous_is_right_beside_it() -> None:
    formula = "h[n, i, j] = u[n, i, j] / sqrt(sum(k, u[n, i, k]^2)) + exp(-sum(k, u[n, i, k]^2))"
    module = loaded(source(formula))
    value, _ = module.loss_and_grad({"b_u": np.zeros((2, 3))}, ROW)
    squares = (ROW**2).sum(axis=2, keepdims=True)
    np.testing.assert_allclose(value, ((ROW / np.sqrt(squares) + np.exp(-squares)) ** 3).sum(), rtol=1e-14)
