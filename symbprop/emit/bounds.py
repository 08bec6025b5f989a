"""Selections that are the larger of two, or a value kept between two: what is known of the size of their branches."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sympy import Basic, Expr, Mul, Pow, S, Symbol, exp

from symbprop.accuracy.functions import tail_exp, wide_exp
from symbprop.calculus.functions import Held, Select
from symbprop.calculus.statement import read_symbol
from symbprop.emit.shapes import as_extreme
from symbprop.emit.sizes import nominal
from symbprop.schedule.plan import Allocate, Map, Plan, Simple, flat, target_of

PAIR = 2**12  # elements from which clipping at two numbers is worth a call of its own kind
SINGLE = 2**16  # and at one


@dataclass(frozen=True, slots=True)
class Known:
    """About how many ``elements`` are computed, and which reads are ``shares``, values between 0 and 1."""

    elements: int = 0
    shares: frozenset[Symbol] = frozenset()


NOTHING = Known()


def as_one_call(node: Select, given: Known = NOTHING) -> tuple[str, Basic, Basic] | None:
    """``{1 if c else u}`` as max(u, [c]) where 0 ≤ u ≤ 1, ``{x if x ≥ 0 else x u}`` as max(x, x u), ``{1 − y if c else −y}`` as [c] − y.

    A condition counts as 1 where it holds. A choice element by element costs ten times as much.
    """
    condition, chosen, otherwise = node.args
    if chosen == S.One and not otherwise.is_number and is_share(otherwise, given):
        return "maximum", otherwise, condition
    if otherwise.is_polynomial() and not otherwise.is_number and chosen - otherwise == 1:
        return "add", otherwise, condition
    if condition in (chosen >= 0, chosen > 0):
        shares = [each for each in _factors(otherwise) if not is_share(each, given)]
        if len(shares) == 1 and (shares[0] == chosen or _is_clamped(shares[0], chosen)):
            return "maximum", chosen, otherwise
    return None


def as_clip(node: Select, given: Known) -> tuple[str, Basic, Basic, Basic] | None:
    """max(a, min(b, x)), a and b being numbers, as one call where there are many elements; so is max(a, x) for very many.

    ``np.clip`` takes a microsecond to begin with, and then a sixth of what ``np.maximum`` with a number takes.
    """
    outer = _one_sided(node)
    if outer is None or given.elements < PAIR:
        return None
    name, bound, rest = outer
    inner = _one_sided(rest) if isinstance(rest, Select) else None
    if inner is not None and inner[0] != name:
        low, high = (bound, inner[1]) if name == "maximum" else (inner[1], bound)
        if low < high:
            return "clip", inner[2], low, high
    if given.elements < SINGLE:
        return None
    return ("clip", rest, bound, S.Infinity) if name == "maximum" else ("clip", rest, S.NegativeInfinity, bound)


def _one_sided(node: Select) -> tuple[str, Expr, Expr] | None:
    """The larger or the smaller of a number and something else: which of them, the number, the rest."""
    extreme = as_extreme(node)
    if extreme is None or extreme[1].is_number == extreme[2].is_number:
        return None
    name, left, right = extreme
    return (name, left, right) if left.is_number else (name, right, left)


def is_share(node: Basic, given: Known = NOTHING) -> bool:
    """Whether a value is between 0 and 1: products of numbers and of exponentials of what is not positive."""
    factors = _factors(node)
    if len(factors) > 1:
        return all(is_share(each, given) for each in factors)
    node = factors[0]
    if isinstance(node, Pow) and node.exp.is_Integer and node.exp.is_positive:
        return is_share(node.base, given)
    if node in given.shares:
        return True
    if isinstance(node, tail_exp):
        return True
    if isinstance(node, (exp, wide_exp)):
        return is_not_positive(node.args[0])
    return bool(node.is_number and node.is_nonnegative and (1 - node).is_nonnegative)


def is_not_positive(node: Basic) -> bool:
    """Whether a value is at most 0: −|x|, min(x, −x), the larger of two such."""
    node = _bare(node)
    extreme = as_extreme(node) if isinstance(node, Select) else None
    if extreme is not None:
        name, left, right = extreme
        both = [is_not_positive(left), is_not_positive(right)]
        return all(both) if name == "maximum" else any(both) or left == -right
    size = as_extreme(-node) if isinstance(node, Mul) and isinstance(-node, Select) else None
    if size is not None and size[0] == "maximum" and size[1] == -size[2]:
        return True
    return bool(isinstance(node, Expr) and node.is_number and node.is_nonpositive)


def _is_clamped(node: Basic, inner: Basic) -> bool:
    """Whether ``node`` is ``inner`` kept between a negative and a positive number, or on one side of one."""
    node = _bare(node)
    if node == inner:
        return True
    extreme = as_extreme(node) if isinstance(node, Select) else None
    if extreme is None:
        return False
    name, *pair = extreme
    bounds = [each for each in pair if each.is_number]
    others = [each for each in pair if not each.is_number]
    if len(bounds) != 1 or not (bounds[0].is_negative if name == "maximum" else bounds[0].is_positive):
        return False
    return _is_clamped(others[0], inner)


def _bare(node: Basic) -> Basic:
    while isinstance(node, Held):
        node = node.args[0]
    return node


def _factors(node: Basic) -> list[Basic]:
    """The factors of a product, through what is held."""
    node = _bare(node)
    return [inner for each in node.args for inner in _factors(each)] if isinstance(node, Mul) else [node]


def shares(plan: Plan) -> frozenset[str]:
    """The tensors of a plan whose elements are shares, by the one map that makes each."""
    made: dict[str, list[Simple]] = {}
    for step in flat(plan.steps):
        if not isinstance(step, Allocate):
            made.setdefault(target_of(step), []).append(step)
    return frozenset(
        name for name, steps in made.items()
        if len(steps) == 1 and isinstance(steps[0], Map) and not steps[0].accumulate and is_share(steps[0].expr)
    )  # fmt: skip


def known(step: Map, tensors: Collection[str]) -> Known:
    """What is known of a map; ``tensors`` are those whose elements are shares."""
    reads = frozenset(read_symbol(p) for p, access in enumerate(step.reads) if access.tensor in tensors)
    return Known(nominal(each.extent for each in step.domain), reads)
