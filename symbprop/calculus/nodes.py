"""What lowering and error analysis both ask of the nodes of an expression, so that they see the same operations."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from sympy import Basic, Expr, Pow


def ordered(terms: Sequence[Expr]) -> list[Expr]:
    """The arguments of a sum or product in an order that does not depend on hashes."""
    return sorted(terms, key=lambda each: each.sort_key())


def split_sign(term: Expr) -> tuple[int, Expr]:
    """A term as ±1 and the rest."""
    coefficient, _ = term.as_coeff_Mul()
    return (-1, -term) if coefficient.is_negative else (1, term)


def inverse(power: Pow) -> Expr:
    """1 / power, by the exponent alone."""
    return Pow(power.base, -power.exp)


def is_reciprocal(node: Basic) -> bool:
    """1 / xⁿ."""
    return isinstance(node, Pow) and bool(node.exp.is_Rational and node.exp.is_negative)


@cache
def tree_size(expr: Basic) -> int:
    """The nodes of an expression written out as a tree; only up to what is of interest, since it may be astronomic."""
    return min(10**6, 1 + sum(map(tree_size, expr.args)))
