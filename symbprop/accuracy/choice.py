"""The form to compute: the cheapest that meets the bound, out of those that the rewritings reach."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from sympy import Basic, Expr, I, Symbol, erf, nan, zoo

from symbprop.accuracy import complements, rewriting
from symbprop.accuracy.estimate import Estimate, estimate
from symbprop.accuracy.exponentials import by_sign
from symbprop.accuracy.functions import wide_exp
from symbprop.accuracy.roundings import UNIT
from symbprop.calculus.functions import Select, absolute
from symbprop.calculus.nodes import distinct, tree_size
from symbprop.simplify.cost import TRANSCENDENTAL, cost

CHOICE = 10  # operations: one element at a time, or bit by bit
WIDE = 5  # operations, single and double taken together
BOUND = 4.75  # mixed ulps, of the likely error; the worst of 10⁵ measured points is about two thirds of it
LOSS = 2 * BOUND  # of a loss: what is added up, over examples, is good to 8 mixed ulps where functions are to 4
NEARBY = 0.975
TINY = 1e-20  # what is smaller at the largest numbers has the limit 0
MODERATE = 1e4  # no larger are numbers for which what is computed should be finite
LARGEST = 240  # nodes, written out; beyond it an expression is computed as it stands
REPAIRS: tuple[rewriting.Rewriting, ...] = (
    complements.scaled_complement,
    rewriting.conjugate,
    rewriting.root_of_squares,
    rewriting.near_one,
    rewriting.divisions_first,
    rewriting.repeated_divisions,
    rewriting.reciprocal_powers,
    rewriting.damped_gaussians,
    complements.beside_gaussian,
    rewriting.kept_in_branch,
)


@dataclass(frozen=True, slots=True)
class Form:
    """One way to compute a statement: an expression, which reads it goes down to, its cost and its worst error,

    whether it is finite for moderate numbers, and what its error may be.
    """

    expression: Expr
    depth: int
    cost: int
    error: float = np.inf
    finite: bool = True
    bound: float = BOUND

    @property
    def meets(self) -> bool:
        return self.error <= self.bound


def price(expression: Expr) -> int:
    """What a form costs: erf needs an exponential more than erfc, that of what is small, and so does a wide one, if in single."""
    nodes = distinct(expression)
    kinds, choices = Counter(map(type, nodes)), sum(map(_chooses, nodes))
    return cost(expression) + TRANSCENDENTAL * kinds[erf] + WIDE * kinds[wide_exp] + CHOICE * choices


def _chooses(node: Basic) -> bool:
    """Whether a selection is between two values that are both computed, and is no size, larger or smaller one of them."""
    if not isinstance(node, Select) or any(each.is_number for each in node.args[1:]):
        return False
    condition, *branches = node.args
    if isinstance(branches[1], Select) and node == absolute(branches[0]):
        return False
    return not condition.is_Relational or set(condition.args) != set(branches)


def is_large(expression: Expr) -> bool:
    """Whether an expression is too large to be rewritten."""
    return tree_size(expression) > LARGEST


@cache
def forms(expression: Expr, *, everywhere: bool = True, alone: bool = False) -> tuple[Expr, ...]:
    """Equal forms of one expression, the plainest first; ``everywhere``: at the largest numbers there are, too;

    ``alone``: nothing else has use for the exponential of a size.
    """
    if is_large(expression):
        return (expression,)
    found: dict[Expr, None] = {}
    bases = [rewriting.small_arguments(expression)]
    bases.append(complements.complement(bases[0]))
    bases.extend(by_sign(expression, everywhere=everywhere, alone=alone))
    for base in bases:
        found.setdefault(base)
        for repair in REPAIRS:
            mended = repair(base)
            if mended != base:
                found.setdefault(mended)
                base = mended
    every = dict.fromkeys((*found, *map(rewriting.wide_exponentials, found)))
    return tuple(form for form in every if not any(each in (I, nan, zoo) for each in distinct(form)))


def worst_errors(
    estimates: Sequence[Estimate],
    inputs: Sequence[NDArray[np.float64]],
    rounded: Sequence[bool],
    trusted: int | None = None,
) -> list[float]:
    """The worst likely error of each of several forms of one function, in mixed ulps.

    Infinite where one is not quiet, or misses a limit at an infinity that another has.

    mixed ulp = |error| / (ulp(f) + Σ |xᵢ ∂f/∂xᵢ| 2⁻⁵³), the sum over the inputs that are ``rounded``; at each point the
    truth is taken from the form that is sure of the most digits there, out of the first ``trusted``.
    """
    with np.errstate(all="ignore"):
        values = np.array([each.value for each in estimates])
        errors = np.array([np.where(each.quiet, each.error, np.inf) for each in estimates])
        errors = np.where(np.isnan(errors) | np.isnan(values), np.inf, errors)
        best = np.argmin(errors[:trusted], axis=0)
        rows = np.arange(values.shape[1])
        truth = values[best, rows]
        known = np.isfinite(truth) & np.isfinite(errors[best, rows])
        finite = np.logical_and.reduce([np.isfinite(each) for each in inputs])
        slack = np.zeros(len(rows))
        sure = errors <= 1e3 * errors[best, rows] + np.spacing(np.abs(truth))  # of them, one may have lost its slope
        slopes = np.array([np.abs(np.nan_to_num(each.slopes, posinf=0, neginf=0)) for each in estimates])
        slopes = np.where(sure[:, None, :], slopes, 0).max(axis=0)
        for position, x in enumerate(inputs):
            moved = np.abs(x * slopes[position]) * UNIT
            slack += np.where(np.isfinite(moved) & rounded[position], moved, 0)
        # A little less, because right below a power of two an ulp is half as large, and points are few.
        unit = np.spacing(NEARBY * np.abs(truth)) + slack
        likely = np.array([each.likely for each in estimates])
        apart = (
            np.abs(values - truth) - likely[best, rows]
        )  # from the most certain value, beyond what that is uncertain by
        ratios = np.where(np.isinf(errors), errors, np.maximum(likely, apart)) / unit
        ratios = np.where(known & finite, np.where(np.isnan(ratios), np.inf, ratios), 0)
        limits = ~finite & ~np.logical_or.reduce([np.isnan(x) for x in inputs])
        right = limits & _are_limits(values, np.where(known, truth, np.inf))
        ratios[limits & right.any(axis=0) & ~right] = np.inf
        return [float(each) for each in ratios.max(axis=1, initial=0.0)]


def _are_limits(values: NDArray[np.float64], truth: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether what is computed at an infinity is where the truth was going, two rows before, at the largest number."""
    going = np.roll(truth, 2)
    same = np.isclose(values, going, rtol=1e-6, atol=TINY)
    return same | (np.isinf(values) & (np.abs(going) > 1 / TINY) & (np.isinf(going) | (values * going > 0)))


def choose(candidates: Sequence[Form]) -> Form:
    """The cheapest that meets the bound, else the cheapest with at most twice the least error; the plainest among equals.

    Where one nearly meets it, a little more than its error is allowed: what is far beyond was lost before.
    """
    good = [each for each in candidates if each.meets]
    if good:
        return min(good, key=lambda each: each.cost)
    least = min(each.error for each in candidates)
    if np.isinf(least):
        return candidates[0]
    allowed = 1.2 if least <= 1.25 * min(each.bound for each in candidates) else 2
    near = [each for each in candidates if each.error <= allowed * least]
    return min(near, key=lambda each: (each.cost, each.error))


def with_limits(
    form: Form, known: Mapping[Symbol, Estimate], columns: Sequence[NDArray[np.float64]], rounded: Sequence[bool]
) -> Form:
    """``form``, or where that is not a number at an infinity, a form that has the limit there."""
    value = estimate(form.expression, known).value
    moderate = np.logical_and.reduce([np.abs(each) <= MODERATE for each in columns])
    form = replace(form, finite=bool(np.isfinite(value[moderate]).all()))
    if not np.any(np.isnan(value) & ~np.isnan(np.roll(value, 2))):  # two rows before: at the largest number
        return form
    reads = sorted(form.expression.free_symbols & known.keys(), key=str)
    kept = [each for symbol in reads for each in rewriting.within_range(form.expression, symbol)]
    candidates = [form, *(replace(form, expression=each, cost=cost(each)) for each in kept)]
    errors = worst_errors([estimate(each.expression, known) for each in candidates], columns, rounded, trusted=1)
    return choose([replace(each, error=error) for each, error in zip(candidates, errors, strict=True)])
