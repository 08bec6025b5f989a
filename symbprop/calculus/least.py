"""The least lengths at which a program has a meaning: a sequence cropped by three at both ends has seven steps or more."""

from __future__ import annotations

from sympy import Expr, ceiling

from symbprop.calculus.program import Program


def least_sizes(program: Program) -> dict[str, int]:
    """The least value of each free size at which no tensor and no index is empty, where that is more than 1.

    Read off the extents that are linear in one free size with a positive whole factor.
    """
    extents = {size for tensor in program.tensors.values() for size in tensor.shape}
    extents |= {each.extent for statement in program.statements for each in statement.domain}
    found: dict[str, int] = {}
    for each in extents:
        if not isinstance(each, Expr) or len(each.free_symbols) != 1:
            continue
        (symbol,) = each.free_symbols
        slope, offset = each.coeff(symbol, 1), each.subs(symbol, 0)
        if each == slope * symbol + offset and slope.is_Integer and slope.is_positive and offset.is_Integer:
            least = int(ceiling((1 - offset) / slope))
            found[symbol.name] = max(least, found.get(symbol.name, 1))
    return {name: least for name, least in sorted(found.items()) if least > 1}
