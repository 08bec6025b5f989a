"""Behind a maximum: what does not turn the order around is computed of the largest element alone, forwards and backwards.

max_k f(e_k + b) = f(max_k e_k + b) where f never falls and neither f nor b depends on k. Pooling of 2 × 2 then leaves a quarter
of the elements to relu and bias. Backwards z̄[p] = φ(z[p]) Σ_l h̄[l] δ[p, at[l]] is Σ_l φ(m[l]) h̄[l] δ[p, at[l]], as the largest
element m[l] is z at the place at[l]; and what is added up over all p is added up over all l.

Of equal f(e_k) the first was chosen, and now the largest e_k. In exact arithmetic that is another one only where f stays the
same between the two, and then nothing depends on either.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from symbprop.calculus.index import Access, at
from symbprop.calculus.program import Role, Tensor
from symbprop.calculus.statement import Statement, pointwise, read_symbol, statement
from symbprop.schedule.distribute import Distributed
from symbprop.schedule.pooled import Pooled, Readers, coordinates, kept_ranges


def behind(
    statements: Sequence[Statement],
    tensors: Mapping[str, Tensor],
    results: Collection[str],
    fresh: Callable[[str], str],
) -> Distributed:
    """The statements, functions and terms that commute with a maximum behind it where that leaves half of the elements or less.

    Nothing moves that somebody reads elsewhere, or wants. ``fresh`` makes names from a wish.
    """
    program = Readers(statements, tensors, results)
    turned: dict[int, list[tuple[Statement, Statement]]] = {}
    found = Distributed()
    for each in statements:
        pooled = program.pooled(each)
        if pooled is not None:
            moved = _Moved(pooled, tensors, fresh)
            turned.update(moved.statements())
            found.tensors.update(moved.tensors)
    for each in statements:
        for made, source in turned.get(id(each), [(each, each)]):
            found.statements.append(made)
            if made is not source:
                found.origins[id(made)] = source
    return found


class _Moved:
    """The statements with everything behind the maximum, and their tensors."""

    def __init__(self, pooled: Pooled, tensors: Mapping[str, Tensor], fresh: Callable[[str], str]) -> None:
        self.pooled = pooled
        self.tensors: dict[str, Tensor] = {}
        self._known = tensors
        self._fresh = fresh
        self._kept = kept_ranges(pooled.fold)
        self._inner = pooled.function.reads[pooled.place]
        self._along = coordinates(pooled.function, pooled.fold.reads[0])

    def statements(self) -> dict[int, list[tuple[Statement, Statement]]]:
        """What stands in the place of which statement, each with the one that it comes from."""
        pooled, inner = self.pooled, self._inner.tensor
        turned: dict[int, list[tuple[Statement, Statement]]] = {id(pooled.function): []}
        compared = inner
        if pooled.terms:
            compared = self._tensor(f"{inner}_part", inner)
            turned.update({id(each): [(_into(each, compared), each)] for each in pooled.rest})
            turned.update({id(each): [] for each in pooled.terms})
        operand = Access(compared, self._inner.substitute(self._along).index)
        index = pooled.fold.target.index
        largest = made = Access(self._tensor(f"{compared}_max", pooled.fold.target.tensor), index)
        fold = replace(pooled.fold, target=made, reads=(operand,))
        first = [(fold, pooled.fold)]
        for each in pooled.terms:
            largest = Access(self._tensor(f"{inner}_max", pooled.fold.target.tensor), index)
            first.append((self._plus(made, each, largest), each))
            made = largest
        reads = [each.substitute(self._along) for each in pooled.function.reads]
        reads[pooled.place] = largest
        function = pointwise(pooled.fold.target, pooled.function.expr, reads, self._kept, label=pooled.function.label)
        turned[id(pooled.fold)] = [*first, (function, pooled.function)]
        turned.update({id(each): [(replace(each, reads=(operand,)), each)] for each in pooled.places})
        if pooled.scatter is not None and pooled.factored is not None:
            turned.update(self._backwards(pooled.scatter, pooled.factored, largest))
        return turned

    def _tensor(self, wish: str, like: str) -> str:
        name = self._fresh(wish)
        self.tensors[name] = Tensor(name, self._known[like].shape, Role.VALUE)
        return name

    def _plus(self, made: Access, term: Statement, target: Access) -> Statement:
        """What has been ``made`` and a term of what is compared."""
        along = coordinates(term, self._inner.substitute(self._along))
        reads = [*(each.substitute(along) for each in term.reads), made]
        return pointwise(target, term.expr + read_symbol(len(term.reads)), reads, self._kept, label=term.label)

    def _backwards(
        self, scatter: Statement, factored: Statement, largest: Access
    ) -> dict[int, list[tuple[Statement, Statement]]]:
        """The factor of each largest element, the cotangents where these are, and sums of all of them."""
        name = scatter.target.tensor
        at_place = coordinates(factored, scatter.target)
        known = {self._inner.tensor: largest, self.pooled.function.target.tensor: self.pooled.fold.target}
        position = [each.tensor for each in factored.reads].index(name)
        reads = [
            known[each.tensor] if each.tensor in known and each.index == factored.target.index
            else each.substitute(at_place) for each in factored.reads
        ]  # fmt: skip
        reads[position] = Access(name, ())
        start = len(reads)
        shifted = {read_symbol(place): read_symbol(start + place) for place in range(len(scatter.reads))}
        expr = factored.expr.xreplace({read_symbol(position): scatter.expr.xreplace(shifted)})
        index = tuple(at(each.index) for each in scatter.domain)
        wish = self._fresh(f"{largest.tensor}_bar")
        self.tensors[wish] = Tensor(wish, tuple(each.extent for each in scatter.domain), Role.VALUE)
        made = Access(wish, index)
        first = pointwise(made, expr, [*reads, *scatter.reads], scatter.domain, label=factored.label)
        target = Access(factored.target.tensor, scatter.target.index)
        second = pointwise(target, read_symbol(0), [made], scatter.domain, label=scatter.label)
        turned = {id(scatter): [(first, factored), (second, scatter)], id(factored): []}
        for each in self.pooled.sums:
            axes = zip(each.reads[0].index, scatter.target.index, strict=True)
            renamed = {one.bare: place for one, place in axes if one.bare is not None}
            total = statement(each.target.substitute(renamed), read_symbol(0), [made], scatter.domain, label=each.label)
            turned[id(each)] = [(total, each)]
        return turned


def _into(each: Statement, name: str) -> Statement:
    return replace(each, target=Access(name, each.target.index))
