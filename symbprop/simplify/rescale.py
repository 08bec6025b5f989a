"""Factors moved from a cotangent to where it is read: p̄ p + s̄ e with s̄ = −Σ p̄ p / s is p (p̄ − Σ p̄ p)."""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr, Mul

from symbprop.calculus.equations import is_bare
from symbprop.calculus.gradient import Names
from symbprop.calculus.index import Access
from symbprop.calculus.program import GradientProgram, Role, Tensor
from symbprop.calculus.statement import Reduction, Statement, index_symbol, read_symbol, statement
from symbprop.simplify.cost import cost
from symbprop.simplify.definitions import Definition
from symbprop.simplify.inline import substituted
from symbprop.simplify.merge import MOST_TERMS, merged
from symbprop.simplify.saved import Saved
from symbprop.simplify.tidy import cheapest_form

SUFFIX = "sum"


def rescale_cotangents(gradient: GradientProgram) -> GradientProgram:
    """A cotangent c·Σu becomes Σu, and c is put in where it was read, where the whole then costs less.

    Proof: c does not depend on what is summed over, so it leaves the sum; then a substitution of equals.
    """
    saved = Saved(gradient.forward)
    names = Names(gradient.program.tensors)
    definitions: dict[str, list[int]] = {}
    readers: dict[str, list[int]] = {}
    for position, each in enumerate(gradient.backward):
        definitions.setdefault(each.target.tensor, []).append(position)
        for name in dict.fromkeys(each.sources()):
            readers.setdefault(name, []).append(position)
    statements: list[Statement] = list(gradient.backward)
    tensors = dict(gradient.tensors)
    results = set(gradient.gradients.values())
    for name, places in reversed(definitions.items()):
        if len(places) > 1 or name in results or not readers.get(name):
            continue
        source = statements[places[0]]
        split = _split(source, gradient)
        if split is None:
            continue
        wish = name.removesuffix("_bar")
        read_by = [statements[p] for p in readers[name]]
        targets = {each.target.tensor for each in read_by}
        beside = [statements[p] for target in targets for p in definitions.get(target, ()) if p not in readers[name]]
        if len(read_by) + len(beside) > MOST_TERMS:
            continue
        made = _moved(source, *split, f"{wish}_{SUFFIX}", read_by, beside, saved)
        if made is None:
            continue
        inner, changed = made
        for position, each in zip(readers[name], changed, strict=True):
            statements[position] = each
        fresh = names.fresh(inner.target.tensor)
        rename = {inner.target.tensor: fresh}
        statements[places[0]] = replace(inner, target=Access(fresh, inner.target.index))
        for position in readers[name]:
            each = statements[position]
            reads = tuple(read.retarget(lambda old, to=rename: to.get(old, old)) for read in each.reads)  # type: ignore[misc]
            statements[position] = replace(each, reads=reads)
        tensors[fresh] = Tensor(fresh, tensors.pop(name).shape, Role.VALUE)
    return replace(gradient, tensors=tensors, backward=tuple(statements))


def _split(source: Statement, gradient: GradientProgram) -> tuple[Expr, Expr] | None:
    """What does not depend on the indices summed over, and the rest; ``None`` if there is nothing to move."""
    shape = gradient.tensors[source.target.tensor].shape
    extents = {one.index: one.extent for one in source.domain}
    whole = is_bare(source.target) and tuple(extents[str(c.bare)] for c in source.target.index) == shape
    if not whole or source.reduction is not Reduction.SUM or not source.reduced:
        return None
    reduced = {one.index for one in source.reduced}
    moving = {symbol for symbol, read in source.read_positions() if reduced & set(read.indices())}
    moving |= {index_symbol(position) for position in range(len(source.domain))}
    outer = [each for each in Mul.make_args(source.expr) if not each.free_symbols & moving]
    inner = [each for each in Mul.make_args(source.expr) if each.free_symbols & moving]
    return (Mul(*outer), Mul(*inner)) if outer and inner else None


def _moved(
    source: Statement,
    outer: Expr,
    inner: Expr,
    name: str,
    readers: list[Statement],
    beside: list[Statement],
    saved: Saved,
) -> tuple[Statement, list[Statement]] | None:
    """The sum without its factor, and its readers with it, if all that costs less."""
    target = Access(name, source.target.index)
    total = statement(target, inner, source.reads, source.domain, label=source.label)
    kept = tuple(one for one in source.domain if one not in source.reduced)
    scaled = statement(source.target, outer * read_symbol(len(source.reads)), (*source.reads, target), kept)
    changed: list[Statement] = []
    for each in readers:
        made = each
        for read in each.reads:
            if read.tensor == source.target.tensor:
                made = substituted(made, read, Definition(scaled))
        if any(source.target.tensor in read.tensor for read in made.reads):
            return None
        changed.append(saved.read_in(replace(made, expr=cheapest_form(made.expr))))
    before = [source, *readers, *beside]
    return (total, changed) if _cost([total, *changed, *beside], saved) < _cost(before, saved) else None


def _cost(statements: list[Statement], saved: Saved) -> int:
    """What the statements cost, terms of one target put together where that costs less."""
    apart: dict[str, list[Statement]] = {}
    for each in statements:
        group = apart.setdefault(each.target.tensor, [])
        for position, other in enumerate(group):
            whole = merged(other, each, saved)
            if whole is not None:
                group[position] = whole
                break
        else:
            group.append(each)
    return sum(cost(each.expr) + 1 for group in apart.values() for each in group)
