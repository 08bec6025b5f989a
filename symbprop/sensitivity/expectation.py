"""Expectations under normal distributions, by quadrature that knows where a formula has its kinks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.polynomial.legendre import leggauss
from numpy.typing import NDArray
from sympy import Expr, Mul, Symbol

from symbprop.sensitivity.branches import pieces
from symbprop.sensitivity.sampled import sampled_values
from symbprop.sensitivity.segments import evaluate

HUGE = 1e70
NODES = 12  # of a panel
REACH = 9.0  # standard deviations; what lies beyond has a probability of 1e-19
SCALES = tuple(sign * 2.0**k for k in range(-4, 12) for sign in (1, -1))  # where formulas bend, most often
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Moments:
    """The mean and the variance of a tensor's elements."""

    mean: float = 0.0
    variance: float = 0.0

    @property
    def square(self) -> float:
        """The mean square."""
        return self.mean**2 + self.variance


def moments(expression: Expr, given: Mapping[Symbol, Moments]) -> Moments:
    """The moments of a formula of independent normal numbers.

    Exact for products and for sums of them; by quadrature for one variable; by sampling otherwise.
    """
    free = sorted(expression.free_symbols, key=lambda symbol: symbol.name)
    if not free:
        return Moments(float(expression.n(20)))
    exact = _product(expression, given) or _sum(expression, given)
    if exact is not None:
        return exact
    if len(free) == 1:
        one = given[free[0]]
        return _quadrature(expression, free[0], _rounded(one.mean), _rounded(one.variance))
    means, spreads = ([getattr(given[each], name) for each in free] for name in ("mean", "variance"))
    values = sampled_values(expression, tuple(free), np.array(means), np.sqrt(spreads))
    return _moments_of(values, np.full(len(values), 1 / len(values)))


def _product(expression: Expr, given: Mapping[Symbol, Moments]) -> Moments | None:
    factors = Mul.make_args(expression)
    if not all(each.is_Symbol or each.is_number for each in factors):
        return None
    mean = square = 1.0
    for each in factors:
        one = given[each] if each.is_Symbol else Moments(float(each.n(20)))
        mean, square = mean * one.mean, min(square * one.square, HUGE**4)
    mean = min(max(mean, -HUGE), HUGE)
    return Moments(mean, max(square - mean**2, 0.0))


def _sum(expression: Expr, given: Mapping[Symbol, Moments]) -> Moments | None:
    """A sum of products without a common factor."""
    if not expression.is_Add:
        return None
    parts = [_product(each, given) for each in expression.args]
    seen = [symbol for each in expression.args for symbol in each.free_symbols]
    if len(seen) != len(set(seen)) or any(each is None for each in parts):
        return None
    known = [each for each in parts if each is not None]
    return Moments(sum(each.mean for each in known), sum(each.variance for each in known))


def _rounded(value: float) -> float:
    """Twelve digits, so that what is the same is computed once."""
    return float(f"{value:.12g}")


@cache
def _quadrature(expression: Expr, x: Symbol, mean: float, variance: float) -> Moments:
    places, weights = _nodes(expression, x, mean, math.sqrt(variance))
    values = evaluate(expression, x, places)
    known = np.isfinite(values)
    return _moments_of(values[known], weights[known])


def _moments_of(values: Array, weights: Array) -> Moments:
    """Values so large that their squares overflow count as ``HUGE``."""
    values = np.clip(values, -HUGE, HUGE)
    mean = float(np.sum(weights * values))
    return Moments(mean, float(np.sum(weights * (values - mean) ** 2)))


def _nodes(expression: Expr, x: Symbol, mean: float, spread: float) -> tuple[Array, Array]:
    """Gauss–Legendre nodes in panels that end at kinks, at halves of standard deviations and at powers of two."""
    if spread == 0:
        return np.array([mean]), np.array([1.0])
    low, high = mean - REACH * spread, mean + REACH * spread
    kinks = [float(each.low) for each in pieces(expression, x)[1:]]
    cuts = np.concatenate([mean + spread * np.arange(-REACH, REACH + 0.5, 0.5), SCALES, [0.0], kinks])
    cuts = np.unique(cuts[(cuts >= low) & (cuts <= high)])
    nodes, weights = leggauss(NODES)
    half = np.diff(cuts)[:, None] / 2
    places = (cuts[:-1, None] + half + half * nodes).ravel()
    density = np.exp(-(((places - mean) / spread) ** 2) / 2) / (spread * math.sqrt(2 * math.pi))
    return places, (half * weights).ravel() * density
