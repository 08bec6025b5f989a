"""Where an expression is real, and where it cannot jump."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sympy import Basic, Expr, Pow, Symbol, acos, acosh, asin, atanh, log, preorder_traversal

from symbprop.calculus.functions import Floor, Select
from symbprop.sensitivity.enclosure import Enclosure
from symbprop.sensitivity.intervals import Interval

Mask = NDArray[np.bool_]
DOMAINS: dict[type[Basic], tuple[float, float]] = {
    log: (0.0, np.inf),
    acosh: (1.0, np.inf),
    asin: (-1.0, 1.0),
    acos: (-1.0, 1.0),
    atanh: (-1.0, 1.0),
}


def is_real(expression: Expr, variable: Symbol, box: Interval) -> Mask:
    """False for boxes in which the expression is real nowhere. A branch that is not taken is not asked."""
    found = np.ones(len(box.low), bool)
    partial = [each for each in preorder_traversal(expression) if _domain(each) is not None]
    if not partial or expression.has(Select):
        return found
    with np.errstate(all="ignore"):
        enclosure = Enclosure(variable, box)
        for each in partial:
            low, high = _domain(each) or (-np.inf, np.inf)
            argument = enclosure.of(each.args[0])
            found &= (argument.high >= low) & (argument.low <= high)
    return found


def cannot_jump(expression: Expr, variable: Symbol, box: Interval) -> Mask:
    """True for boxes in which every selection is decided and every floor is constant.

    Elsewhere the derivative says nothing about how far two values are apart.
    """
    found = np.ones(len(box.low), bool)
    if not expression.has(Select, Floor):
        return found
    with np.errstate(all="ignore"):
        enclosure = Enclosure(variable, box)
        for each in expression.atoms(Select):
            certain, possible = enclosure.truth(each.condition)
            found &= certain | ~possible
        for each in expression.atoms(Floor):
            argument = enclosure.of(each.args[0])
            found &= np.floor(argument.low) == np.floor(argument.high)
    return found


def _domain(node: Basic) -> tuple[float, float] | None:
    if isinstance(node, Pow) and node.exp.is_Rational and not node.exp.is_Integer:
        return 0.0, np.inf
    return DOMAINS.get(type(node))
