"""What stands before a maximum and may stand behind it: who reads what is compared, and what is done with its cotangent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr, Symbol

from symbprop.calculus.index import Access, Affine, Range
from symbprop.calculus.program import Role, Tensor
from symbprop.calculus.recurrence import recurrent
from symbprop.calculus.statement import Reduction, Statement, index_symbol, read_symbol
from symbprop.schedule.ahead import of_one_example
from symbprop.schedule.order import whole
from symbprop.schedule.rising import rises


@dataclass(frozen=True, slots=True)
class Pooled:
    """``fold`` takes the largest elements of what ``function`` makes of a tensor, element by element; ``places`` say where they are.

    ``place`` is that tensor's number among the reads of ``function``. ``terms`` of it are the same for all elements that
    are compared, ``rest`` are its other statements: none where it is read elsewhere, too.
    """

    fold: Statement
    places: tuple[Statement, ...]
    function: Statement
    place: int
    terms: tuple[Statement, ...]
    rest: tuple[Statement, ...]
    scatter: Statement | None
    factored: Statement | None  # what multiplies it with something
    sums: tuple[Statement, ...]  # what adds all of that up


class Readers:
    """Who writes and who reads each tensor; the tensors that are ``results`` stay as they are."""

    def __init__(
        self, statements: Sequence[Statement], tensors: Mapping[str, Tensor], results: Collection[str]
    ) -> None:
        self.tensors = tensors
        self.writers: dict[str, list[Statement]] = {}
        self.readers: dict[str, list[Statement]] = {}
        for each in statements:
            self.writers.setdefault(each.target.tensor, []).append(each)
            for name in dict.fromkeys(each.sources()):
                self.readers.setdefault(name, []).append(each)
        folds = any(each.reduction is Reduction.MAX for each in statements)
        self.fixed = {*results, *(recurrent(statements) if folds else ())}

    def pooled(self, fold: Statement) -> Pooled | None:
        """What can be moved behind a maximum, if anything can."""
        if fold.reduction is not Reduction.MAX or fold.expr != read_symbol(0) or not fold.reduced:
            return None
        (read,) = fold.reads
        shape = self.tensors[fold.target.tensor].shape
        (function, *others), readers = self.writers.get(read.tensor, [fold]), self.readers[read.tensor]
        if others or len(self.writers[fold.target.tensor]) > 1 or read.gathers():
            return None
        if not self._own(read.tensor) or not whole(fold.target, kept_ranges(fold), shape):
            return None
        if 2 * of_one_example(shape) > of_one_example(self.tensors[read.tensor].shape) or not of_one_example(shape):
            return None
        if not self._is_elementwise(function):
            return None
        places = tuple(each for each in readers if _is_place(each, fold))
        along = coordinates(function, read)
        moving = {each.index for each in fold.reduced}
        compared = [
            position for position, each in enumerate(function.reads)
            if not moving.isdisjoint(each.substitute(along).indices())
        ]  # fmt: skip
        if len(compared) != 1 or not rises(function.expr, read_symbol(compared[0])):
            return None
        inner = function.reads[compared[0]]
        if inner.index != function.target.index:
            return None
        scatter, factored, sums = self._backwards(places, read, inner)
        if places and factored is None:
            return None
        used = {id(each) for each in (fold, function, *places, factored) if each is not None}
        if any(id(each) not in used for each in readers):
            return None
        terms, rest = self._terms(inner, read, used, function, moving)
        return Pooled(fold, places, function, compared[0], terms, rest, scatter, factored, sums)

    def _own(self, name: str) -> bool:
        """Whether a tensor is the program's own business."""
        tensor = self.tensors[name]
        return tensor.role is Role.VALUE and not tensor.integer and tensor.fill == 0 and name not in self.fixed

    def _is_elementwise(self, each: Statement) -> bool:
        """Whether a statement makes all of a tensor, each element of those in the same place."""
        numbers = {index_symbol(position) for position in range(len(each.domain))}
        return (
            each.reduction is Reduction.SUM
            and not each.reduced
            and whole(each.target, each.domain, self.tensors[each.target.tensor].shape)
            and not numbers & each.expr.free_symbols
            and not any(read.gathers() for read in each.reads)
        )

    def _terms(
        self, inner: Access, read: Access, used: Collection[int], function: Statement, moving: set[str]
    ) -> tuple[tuple[Statement, ...], tuple[Statement, ...]]:
        """The statements of the tensor that is compared which are the same for all elements compared, and the others."""
        if not self._own(inner.tensor) or any(id(each) not in used for each in self.readers[inner.tensor]):
            return (), ()
        at_fold = inner.substitute(coordinates(function, read))
        terms: list[Statement] = []
        rest: list[Statement] = []
        for each in self.writers.get(inner.tensor, ()):
            reads = [one.substitute(coordinates(each, at_fold)) for one in each.reads]
            same = self._is_elementwise(each) and all(moving.isdisjoint(one.indices()) for one in reads)
            (terms if same else rest).append(each)
        return (tuple(terms), tuple(rest)) if terms and rest else ((), ())

    def _backwards(
        self, places: Sequence[Statement], read: Access, inner: Access
    ) -> tuple[Statement | None, Statement | None, tuple[Statement, ...]]:
        """What writes a cotangent where the largest elements are, what multiplies it with a factor, and what adds that up."""
        found = {id(each): each for place in places for each in self.readers.get(place.target.tensor, ())}
        nothing = None, None, ()
        if len(found) != 1 or self.fixed.intersection(place.target.tensor for place in places):
            return nothing
        (scatter,) = found.values()
        name = scatter.target.tensor
        readers = self.readers.get(name, [])
        if not _writes_at(scatter, places, read) or len(readers) != 1 or not self._made_once(name):
            return nothing
        (factored,) = readers
        if not self._is_elementwise(factored) or not self._made_once(factored.target.tensor):
            return nothing
        at_place = coordinates(factored, scatter.target)
        for position, each in enumerate(factored.reads):
            if each.tensor == name and not _multiplies(factored.expr, read_symbol(position)):
                return nothing
            here = each.tensor in (name, read.tensor, inner.tensor) and each.index == factored.target.index
            if not here and (each.tensor == name or each.substitute(at_place).gathers()):
                return nothing
        axes = [axis for axis, each in enumerate(scatter.target.index) if each.bare is None]
        sums = (each for each in self.readers.get(factored.target.tensor, ()) if self._adds_up(each, axes))
        return scatter, factored, tuple(sums)

    def _made_once(self, name: str) -> bool:
        return self._own(name) and len(self.writers[name]) == 1

    def _adds_up(self, each: Statement, axes: Collection[int]) -> bool:
        """Whether a statement adds up all of a tensor, over these axes at least."""
        if each.reduction is not Reduction.SUM or each.expr != read_symbol(0):
            return False
        (read,) = each.reads
        summed = {one.index for one in each.reduced}
        return whole(read, each.domain, self.tensors[read.tensor].shape) and all(
            read.index[axis].bare in summed for axis in axes
        )


def kept_ranges(fold: Statement) -> tuple[Range, ...]:
    """The ranges of what is not reduced."""
    reduced = {each.index for each in fold.reduced}
    return tuple(each for each in fold.domain if each.index not in reduced)


def coordinates(each: Statement, read: Access) -> dict[str, Affine]:
    """The indices of an element-wise statement where its target is read."""
    pairs = zip(each.target.index, read.index, strict=True)
    return {one.bare: coordinate for one, coordinate in pairs if one.bare is not None}


def _is_place(each: Statement, fold: Statement) -> bool:
    """Whether a statement finds the place of what ``fold`` finds."""
    alike = each.reads == fold.reads and each.domain == fold.domain and each.expr == fold.expr
    return each.reduction is Reduction.ARGMAX and alike and each.target.index == fold.target.index


def _writes_at(each: Statement, places: Sequence[Statement], read: Access) -> bool:
    """Whether a statement adds to the elements that ``places`` say, of a tensor like that which ``read`` is of."""
    if each.reduction is not Reduction.SUM or each.reduced:
        return False
    chosen = {place.selects: Affine(((place.target, 1),)) for place in places}
    return each.target.index == read.substitute(chosen).index


def _multiplies(expr: Expr, factor: Symbol) -> bool:
    """Whether an expression is a product of ``factor`` and others that have nothing to do with it."""
    return expr == factor or (expr.is_Mul and factor in expr.args and factor not in (expr / factor).free_symbols)
