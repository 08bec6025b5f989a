"""Every statement as a sum, which is what the rule differentiates.

A sum is one already. A maximum is the element that was chosen, read through an integer tensor that an ``argmax``
statement computes (first one on ties, so the weights of tied elements sum to one). A product's derivative with respect
to one factor is the product of the others, so no factor is ever divided by.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from sympy import And, Eq, S

from symbprop.calculus.functions import Select
from symbprop.calculus.index import Access, Affine, Range, at
from symbprop.calculus.program import Role, Tensor
from symbprop.calculus.statement import Reduction, Statement, index_symbol, reindex, statement

CHOICE = {Reduction.MAX: Reduction.ARGMAX, Reduction.MIN: Reduction.ARGMIN}


@dataclass(frozen=True, slots=True)
class Linearized:
    """``statement`` is a sum whose derivative, times the ``factors``, is that of the statement it stands for.

    ``auxiliary`` computes the new ``tensors`` that it reads.
    """

    statement: Statement
    factors: tuple[Access, ...] = ()
    tensors: tuple[Tensor, ...] = ()
    auxiliary: tuple[Statement, ...] = ()


def linearize(source: Statement, fresh: Callable[[str], str]) -> Linearized:
    """``source`` as a sum; ``fresh`` makes names for auxiliary tensors from a wish."""
    if source.reduction is Reduction.SUM or not source.reduced:
        return Linearized(source)
    if source.reduction in CHOICE:
        return _chosen_element(source, fresh)
    if source.reduction is Reduction.PROD:
        return _product_of_the_others(source, fresh)
    return Linearized(statement(source.target, S.Zero, (), source.domain))  # an integer has no derivative


def _kept(source: Statement) -> tuple[Range, ...]:
    reduced = set(source.reduced)
    return tuple(each for each in source.domain if each not in reduced)


def _chosen_element(source: Statement, fresh: Callable[[str], str]) -> Linearized:
    kept = _kept(source)
    shape = tuple(each.extent for each in kept)
    index = tuple(at(each.index) for each in kept)
    tensors, auxiliary = [], []
    replacement: dict[str, Affine] = {}
    for each in source.reduced:
        name = fresh(
            f"{source.target.tensor}_at" if len(source.reduced) == 1 else f"{source.target.tensor}_at_{each.index}"
        )
        tensors.append(Tensor(name, shape, Role.VALUE, integer=True, classes=each.extent))
        auxiliary.append(
            Statement(
                Access(name, index),
                source.expr,
                source.reads,
                source.domain,
                CHOICE[source.reduction],
                each.index,
                source.label,
            )
        )
        replacement[each.index] = Affine(((Access(name, index), 1),))
    chosen = reindex(source, replacement, kept)
    chosen = statement(chosen.target, chosen.expr, chosen.reads, chosen.domain, label=source.label)
    return Linearized(chosen, (), tuple(tensors), tuple(auxiliary))


def _product_of_the_others(source: Statement, fresh: Callable[[str], str]) -> Linearized:
    name = fresh(f"{source.target.tensor}_others")
    twins = {each.index: f"{each.index}'" for each in source.reduced}
    domain = (*source.domain, *(Range(twins[each.index], each.extent) for each in source.reduced))
    # As a maximum, so that an index which the moved expression lacks is dropped, not multiplied over.
    moved = reindex(
        replace(source, reduction=Reduction.MAX), {index: at(twin) for index, twin in twins.items()}, domain
    )
    order = {each.index: position for position, each in enumerate(domain)}
    # ``moved`` has dropped the unprimed indices; the comparison brings them back.
    back = {index_symbol(p): index_symbol(order[each.index]) for p, each in enumerate(moved.domain)}
    same = And(*(Eq(index_symbol(order[i]), index_symbol(order[twin])) for i, twin in twins.items()))
    expr = Select(same, S.One, moved.expr.xreplace(back))
    element = Access(name, tuple(at(each.index) for each in source.domain))
    others = statement(element, expr, moved.reads, domain, Reduction.PROD, label=source.label)
    tensor = Tensor(name, tuple(each.extent for each in source.domain), Role.VALUE)
    plain = Statement(source.target, source.expr, source.reads, source.domain, label=source.label)
    return Linearized(plain, (element,), (tensor,), (others,))
