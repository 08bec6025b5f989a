"""A batch in parts: how the loss of the whole batch follows from the losses of its parts.

A mean over examples is Σ (Nₚ / N) Lₚ, and so is a mean with a penalty on weights, for the shares add up to one. A sum over
examples is Σ Lₚ. Which of the two it is can be read off the statements: how each total scales with N.
"""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr, S, Symbol

from symbprop.calculus.functions import derivative
from symbprop.calculus.program import Program, Role
from symbprop.calculus.separability import Along, NotSeparable, examples, refuse
from symbprop.calculus.statement import Statement, index_symbol

WHAT = "the loss of a batch is not made of the losses of its parts"


def is_mean(program: Program, batch: Symbol) -> bool:
    """Whether parts count by their share of the examples; otherwise they add up.

    Raises :class:`NotSeparable` where the loss of the batch does not follow from the losses of its parts.
    """
    loss = program.loss
    assert loss is not None
    drawn = next(iter(program.of(Role.NOISE)), None)
    if drawn is not None:
        raise NotSeparable(f"{WHAT}: {drawn.name} is drawn for the whole batch at once", None, "")
    along = examples(program, batch)
    if loss not in along.totals:
        raise refuse(program, along, loss, WHAT)
    degrees: dict[str, int] = {}
    for each in program.statements:
        name = each.target.tensor
        if name in along.axes and _sees(each, batch, along):
            raise NotSeparable(f"{WHAT}: {name} depends on the number of examples", each, "")
        if name in along.totals:
            for degree in _degrees(each, batch, along, degrees):
                if degree is None or degrees.setdefault(name, degree) != degree:
                    raise NotSeparable(f"{WHAT}: {name} is neither a sum nor a mean over the examples", each, "")
    if degrees[loss] not in (0, 1):
        raise NotSeparable(f"{WHAT}: {loss} is neither a sum nor a mean over the examples", None, "")
    return degrees[loss] == 1


def _sees(each: Statement, batch: Symbol, along: Along) -> bool:
    """Whether an expression has the number of examples, or the position of one, in it."""
    places = {index_symbol(p) for p, one in enumerate(each.domain) if one.extent == batch}
    return bool(each.expr.free_symbols & {batch, *places})


def _degrees(each: Statement, batch: Symbol, along: Along, known: Mapping[str, int]) -> list[int | None]:
    """By which power of 1 / N each term of a total falls; ``None`` for one that is no power.

    What has no sum over the examples in it, a penalty, is as in a mean if N is not in it.
    """
    places = {index_symbol(p) for p, one in enumerate(each.domain) if one.extent == batch}
    if each.expr.free_symbols & places:
        return [None]
    sums = {symbol: read.tensor for symbol, read in each.read_positions() if read.tensor in along.totals}
    if sums:
        degrees: list[int | None] = []
        for symbol, name in sums.items():
            degree = _degree(derivative(each.expr, symbol), batch)
            degrees.append(None if degree is None else degree + known.get(name, 0))
        rest = each.expr.subs(dict.fromkeys(sums, S.Zero))
        if rest != 0:
            degrees.append(1 if batch not in rest.free_symbols else None)
        return degrees
    if any(one.extent == batch for one in each.domain):
        return [_degree(each.expr, batch)]
    return [1 if batch not in each.expr.free_symbols else None]


def _degree(expr: Expr, batch: Symbol) -> int | None:
    """D where ``expr`` is N⁻ᵈ times something without N."""
    for degree in (0, 1):
        if batch not in (expr * batch**degree).expand().free_symbols:
            return degree
    return None
