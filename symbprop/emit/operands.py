"""What a node of an expression reads as it is lowered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container

from sympy import Add, Basic, Expr, Mul, Pow, Rational, S, Symbol, exp

from symbprop.calculus.functions import Select
from symbprop.calculus.nodes import inverse, is_reciprocal, split_sign
from symbprop.emit.bounds import NOTHING, Known, as_clip, as_one_call
from symbprop.emit.calls import APART, helper_call
from symbprop.emit.shapes import as_extreme, is_indicator, is_log_of_one_plus, is_safe_to_mask


def operands(node: Basic, known: Known = NOTHING) -> tuple[Basic, ...]:
    """The subexpressions that lowering a node reads: not always its SymPy arguments."""
    if isinstance(node, (Symbol,)) or (isinstance(node, Expr) and node.is_number):
        return ()
    if isinstance(node, Mul):
        factors = (each for each in node.args if not each.is_number)
        return tuple(inverse(f) if is_reciprocal(f) else f.args[0] if is_indicator(f) else f for f in factors)
    if isinstance(node, Add):
        if len(node.args) == 2 and S.NegativeOne in node.args and any(isinstance(each, exp) for each in node.args):
            return tuple(each.args[0] for each in node.args if isinstance(each, exp))
        return tuple(split_sign(each)[1] for each in node.args)
    if isinstance(node, Pow):
        if is_reciprocal(node):
            return (inverse(node),)
        if node.exp == Rational(3, 2):
            return (node.base, Pow(node.base, Rational(1, 2)))
        return (node.base,) if node.exp.is_Rational else (node.base, node.exp)
    if is_log_of_one_plus(node):
        return (node.args[0] - 1,)
    if type(node).__name__ in APART:
        return tuple(each for each in helper_call(node)[1] if not each.is_number)
    if isinstance(node, Select):
        extreme = as_clip(node, known) or as_extreme(node) or as_one_call(node, known)
        if extreme is not None:
            return extreme[1:]
        if node.args[2] == 0 and is_safe_to_mask(node.args[1]):
            return (node.args[0], node.args[1])
    found: tuple[Basic, ...] = node.args
    return found


def opposite(node: Basic, computed: Container[Basic]) -> Expr | None:
    """Minus a negative product, where that is ``computed`` anyway."""
    if not isinstance(node, Mul) or not node.args[0].is_number or not node.args[0].is_negative:
        return None
    return -node if len(node.args) > 2 and -node in computed else None


def readers(root: Basic, known: Known = NOTHING) -> Counter[Basic]:
    """How many operations read each distinct subexpression of ``root``, which is read itself."""
    return _readers(root, known, _readers(root, known, ()))


def _readers(root: Basic, known: Known, computed: Container[Basic]) -> Counter[Basic]:
    found = Counter([root])
    waiting: list[Basic] = [root]
    seen: set[Basic] = set()
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        other = opposite(node, computed)
        for argument in operands(node, known) if other is None else (other,):
            found[argument] += 1
            waiting.append(argument)
    return found
