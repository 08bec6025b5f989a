"""Formulas of several variables at a few thousand points, the same on every machine."""

from __future__ import annotations

from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Symbol

from symbprop.sensitivity.enclosure import enclose
from symbprop.sensitivity.intervals import points

COUNT = 4096
Array = NDArray[np.float64]


def sampled_values(expression: Expr, variables: tuple[Symbol, ...], means: Array, spreads: Array) -> Array:
    """The finite values of ``expression`` for normal variables; one 0 if there is none.

    A Latin hypercube: each variable takes every quantile once (McKay, Beckman, Conover 1979).
    """
    columns = [
        points(mean + spread * _column(number))
        for number, (mean, spread) in enumerate(zip(means, spreads, strict=True))
    ]
    others = dict(zip(variables[1:], columns[1:], strict=True))
    with np.errstate(all="ignore"):
        values = enclose(expression, variables[0], columns[0], others).middle
    values = values[np.isfinite(values)]
    return values if len(values) else np.zeros(1)


@cache
def _column(number: int) -> Array:
    """The quantiles of the standard normal distribution, in an order of the column's own."""
    normal = NormalDist()
    quantiles = np.array([normal.inv_cdf((each + 0.5) / COUNT) for each in range(COUNT)])
    quantiles /= np.std(quantiles)
    return np.random.default_rng([20, number]).permutation(quantiles)
