"""``accuracy: fast``: what is asked of a form when only its cost counts.

No infinity and nothing that is not a number may come from moderate numbers, and errors may be those of a few roundings of
the function's own size, wherever on the line it is: so 1 − h² stands for a derivative that is no larger than 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from sympy import Expr

from symbprop.accuracy.choice import BOUND, forms
from symbprop.accuracy.estimate import Estimate
from symbprop.accuracy.rewriting import logistic_by_tanh
from symbprop.accuracy.roundings import UNIT

FAST = "fast"
MODERATE = 1e4  # up to here nothing overflows
USUAL = 20.0  # up to here errors are counted
LIMITS = (MODERATE, 300.0, 100.0, USUAL)  # what is moderate, and less where nothing is finite up to there
NEAR = 1.0  # where a function's own size is taken
ALLOWED = 64.0  # roundings of the function's size


def fast_forms(expression: Expr) -> Iterator[Expr]:
    """Equal forms of one expression, the plainest first."""
    logistic = logistic_by_tanh(expression)
    yield from dict.fromkeys((expression, logistic, *forms(expression, everywhere=False)))


def coarse_errors(
    estimates: Sequence[Estimate],
    inputs: Sequence[NDArray[np.float64]],
    moderate: float = MODERATE,
    *,
    likely_ones: bool = False,
) -> list[float]:
    """The worst error of each of several forms of one function at usual points, on the scale of BOUND.

    Errors are counted in roundings of the function's size, of which ALLOWED are as good as BOUND. Its size is its value,
    or the largest value near zero. Infinite where a form is not quiet at a ``moderate`` point.
    The error is what a form is off there from the surest one; with ``likely_ones`` also what it could be off.
    """
    sizes = np.max(np.abs(np.array(inputs)), axis=0)
    rows = np.flatnonzero(sizes <= moderate)
    sizes = sizes[rows]
    with np.errstate(all="ignore"):
        values = np.array([each.value[rows] for each in estimates])
        likely = np.array([np.where(each.quiet, each.likely, np.inf)[rows] for each in estimates])
        likely = np.where(np.isnan(likely) | np.isnan(values), np.inf, likely)
        best = np.argmin(likely, axis=0)
        places = np.arange(len(rows))
        truth = np.abs(values[best, places])
        known = np.isfinite(truth) & np.isfinite(likely[best, places])
        own = np.max(truth[known & (sizes <= NEAR)], initial=0.0) or 1.0
        apart = np.abs(values - values[best, places]) - likely[best, places]
        ratios = np.maximum(likely if likely_ones else 0, apart) / (UNIT * (truth + own))
        ratios = np.where(np.isfinite(likely), np.where(sizes <= USUAL, ratios, 0), np.inf)
        ratios = np.where(known, ratios, 0)
        return [float(each) * BOUND / ALLOWED for each in ratios.max(axis=1, initial=0.0)]
