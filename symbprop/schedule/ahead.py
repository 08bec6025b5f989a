"""Factors that do not wait for what they multiply, computed for several statements where the first of them stands.

z̄₃[n,j] = h̄₃[n,j] σ′(z₃[n,j]), z̄₂[n,j] = h̄₂[n,j] σ′(z₂[n,j]), …: each h̄ waits for the z̄ before it, but no σ′(z) waits for any.
Side by side they can be one call for all of them, and a call on little costs as much as one on ten times that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from sympy import Expr, Mul, Symbol

from symbprop.calculus.index import Access, Extent, at, product
from symbprop.calculus.nodes import disjoint_factors, renamed
from symbprop.calculus.program import Role, Tensor
from symbprop.calculus.recurrence import recurrent
from symbprop.calculus.statement import Reduction, Statement, pointwise, read_symbol, statement
from symbprop.schedule.cost import operation_count
from symbprop.schedule.distribute import Distributed
from symbprop.schedule.order import whole

WIDEST = 128  # elements of one example; where there are more, a call costs what its elements cost
AT_ONCE = 1024  # of all tensors together: more would leave the cache before the last is read again
LEAST = 3  # operations of a factor that is worth a tensor of its own


@dataclass(frozen=True, slots=True)
class Waiting:
    """The ``number``-th statement, a product of ``factor``, of its ``place``-th read alone, with something else."""

    number: int
    factor: Expr
    place: int
    read: Access


def ahead(
    statements: Sequence[Statement],
    tensors: Mapping[str, Tensor],
    results: Collection[str],
    fresh: Callable[[str], str],
) -> Distributed:
    """The statements, factors of one form in statements of their own that stand before the first that needs one.

    Each is the last that reads a tensor of its shape, so it takes the place of that. Proof: a substitution of equals.
    ``fresh`` makes names from a wish.
    """
    found = Distributed()
    before: dict[int, list[Statement]] = {}
    turned: dict[int, Statement] = {}
    for group in _groups(statements, tensors, results):
        for each in group:
            source = statements[each.number]
            made, tensor, rest = _split(source, each, tensors, fresh)
            found.tensors[tensor.name] = tensor
            found.origins.update({id(made): source, id(rest): source})
            before.setdefault(group[0].number, []).append(made)
            turned[each.number] = rest
    for number, given in enumerate(statements):
        found.statements.extend(before.get(number, ()))
        found.statements.append(turned.get(number, given))
    return found


def _groups(
    statements: Sequence[Statement], tensors: Mapping[str, Tensor], results: Collection[str]
) -> Iterator[list[Waiting]]:
    """Statements in order whose factors can all be computed where the first of them stands, two or more."""
    families: dict[tuple[Expr, tuple[Extent, ...]], list[Waiting]] = {}
    for each in _waiting(statements, tensors, results):
        factor = renamed(each.factor, ((read_symbol(each.place), read_symbol(0)),))
        families.setdefault((factor, tensors[each.read.tensor].shape), []).append(each)
    families = {key: family for key, family in families.items() if len(family) > 1}
    if not families:
        return
    written, readers = _written_and_read(statements)
    looped = recurrent(statements)
    for (_, shape), family in families.items():
        most = AT_ONCE // of_one_example(shape)
        group: list[Waiting] = []
        for each in family:
            name, target = each.read.tensor, statements[each.number].target.tensor
            *others, last = readers[name]
            if last > each.number or {name, target} & looped:
                continue
            if group and (len(group) == most or max([written[name], *others]) >= group[0].number):
                if len(group) > 1:
                    yield group
                group = []
            group.append(each)
        if len(group) > 1:
            yield group


def _waiting(
    statements: Sequence[Statement], tensors: Mapping[str, Tensor], results: Collection[str]
) -> Iterator[Waiting]:
    """Products with a factor of one narrow tensor that the program makes by itself and nobody keeps."""
    computed = {each.target.tensor for each in statements if each.reduced or not isinstance(each.expr, Symbol)}
    for number, each in enumerate(statements):
        for factor, place in _factors(each.expr) if each.reduction is Reduction.SUM and not each.reduced else ():
            read = each.reads[place]
            tensor = tensors[read.tensor]
            if (
                tensor.role is Role.VALUE
                and not tensor.integer
                and read.tensor in computed
                and read.tensor not in results
                and each.sources().count(read.tensor) == 1
                and whole(read, each.domain, tensor.shape)
                and 0 < of_one_example(tensor.shape) <= WIDEST
            ):
                yield Waiting(number, factor, place, read)


@cache
def _factors(expr: Expr) -> tuple[tuple[Expr, int], ...]:
    """The factors of a product that are made of one read each and cost something, and the places of the reads."""
    if not expr.is_Mul:
        return ()
    places = {read_symbol(place): place for place in range(len(expr.free_symbols))}
    costly = (each for each in disjoint_factors(expr) if operation_count(each) >= LEAST)
    return tuple((each, places[next(iter(each.free_symbols))]) for each in costly if _is_of_one(each, places))


def _is_of_one(factor: Expr, places: Collection[Symbol]) -> bool:
    return len(factor.free_symbols) == 1 and factor.free_symbols <= set(places)


def _written_and_read(statements: Sequence[Statement]) -> tuple[dict[str, int], dict[str, list[int]]]:
    """After which statement each tensor is complete, and which statements read it, in order."""
    written = {each.target.tensor: number for number, each in enumerate(statements)}
    readers: dict[str, list[int]] = {}
    for number, each in enumerate(statements):
        for name in each.sources():
            readers.setdefault(name, []).append(number)
    return written, readers


def of_one_example(shape: Sequence[Extent]) -> int:
    """The elements of a tensor that belong to one example; 0 where they cannot be told, or there is no example."""
    first, *others = shape or (0,)
    size = product(tuple(others))
    return size if isinstance(size, int) and not isinstance(first, int) else 0


def _split(
    source: Statement, each: Waiting, tensors: Mapping[str, Tensor], fresh: Callable[[str], str]
) -> tuple[Statement, Tensor, Statement]:
    """The statement that computes a factor, the tensor that it makes, and what is left of the statement it comes from."""
    tensor = Tensor(fresh(f"{each.read.tensor}_factor"), tensors[each.read.tensor].shape, Role.VALUE)
    extents = {one.index: one for one in source.domain}
    domain = [extents[index] for index in each.read.indices()]
    target = Access(tensor.name, tuple(at(one.index) for one in domain))
    made = pointwise(target, each.factor, source.reads, domain, label=source.label)
    others = [one for one in disjoint_factors(source.expr) if one != each.factor]
    expr = Mul(*others, read_symbol(len(source.reads)))
    rest = statement(source.target, expr, [*source.reads, target], source.domain, label=source.label)
    return made, tensor, rest
