"""Selections that the larger of two is: what is known of the size of their branches."""

from __future__ import annotations

from sympy import Basic, Expr, Mul, S, exp

from symbprop.accuracy.functions import tail_exp, wide_exp
from symbprop.calculus.functions import Held, Select
from symbprop.emit.shapes import as_extreme


def as_larger(node: Select) -> tuple[str, Basic, Basic] | None:
    """``{1 if c else u}`` as max(u, [c]) where 0 ≤ u ≤ 1, and ``{x if x ≥ 0 else x u}`` as max(x, x u).

    A condition counts as 1 where it holds. A choice element by element costs ten times as much.
    """
    condition, chosen, otherwise = node.args
    if chosen == S.One and not otherwise.is_number and is_share(otherwise):
        return "maximum", otherwise, condition
    if condition in (chosen >= 0, chosen > 0):
        shares = [each for each in _factors(otherwise) if not is_share(each)]
        if len(shares) == 1 and (shares[0] == chosen or _is_clamped(shares[0], chosen)):
            return "maximum", chosen, otherwise
    return None


def is_share(node: Basic) -> bool:
    """Whether a value is between 0 and 1: products of numbers and of exponentials of what is not positive."""
    factors = _factors(node)
    if len(factors) > 1:
        return all(map(is_share, factors))
    node = factors[0]
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
