"""Element-wise statements that do the same to slices of one tensor, as one statement over the tensor.

i[n,t,u] = σ(z[n,t,u]), f[n,t,u] = σ(z[n,t,u+64]) are i_f[n,t,j] = σ(z[n,t,j]), of which whoever reads i or f reads a slice:
one call where there were two, and one that runs along memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sympy import Add, Expr, Mul, Pow, Symbol, exp, tanh

from symbprop.calculus.functions import Held, Select, absolute, is_condition
from symbprop.calculus.index import Access, Affine, Range, add, at, constant
from symbprop.calculus.program import Role, Tensor
from symbprop.calculus.statement import Reduction, Statement, index_symbol, pointwise
from symbprop.schedule.distribute import Distributed
from symbprop.schedule.order import whole

PART = 0.6  # of the elements that are computed somebody must read


@dataclass(frozen=True, slots=True)
class Kind:
    """What a statement does but for where along ``index`` its reads begin: ``reads`` are moved so that the first begins at 0."""

    expr: Expr
    target: tuple[Affine, ...]
    reads: tuple[Access, ...]
    domain: tuple[Range, ...]
    index: str

    @property
    def length(self) -> int:
        """Of a slice."""
        (found,) = (each.extent for each in self.domain if each.index == self.index)
        assert isinstance(found, int)
        return found

    def begin(self, each: Statement) -> int:
        """Where a statement of this kind begins to read."""
        found = _begin(each, self.index)
        assert found is not None
        return found


def together(
    statements: Sequence[Statement],
    tensors: Mapping[str, Tensor],
    results: Collection[str],
    fresh: Callable[[str], str],
) -> Distributed:
    """The statements, those that do the same to slices of one tensor made one. ``fresh`` makes names from a wish.

    Proof: a renaming of elements. What is computed besides, between two slices, nobody reads.
    """
    found = Distributed()
    groups = _groups(statements, tensors, results)
    places: dict[str, tuple[str, int, int]] = {}  # of a tensor that is gone: the new one, the axis, where it starts
    joined: dict[int, Statement] = {}
    dropped: set[int] = set()
    for key, members in groups.items():
        if any(each.target.tensor in places for each in members):
            continue
        name = fresh("_".join(each.target.tensor for each in members))
        made, tensor, axis = _joined(key, members, statements, name)
        found.tensors[name] = tensor
        found.origins[id(made)] = members[0]
        joined[id(members[0])] = made
        dropped.update(id(each) for each in members[1:])
        start = key.begin(members[0])
        places.update({each.target.tensor: (name, axis, key.begin(each) - start) for each in members})
    for each in statements:
        if id(each) in dropped:
            continue
        one = joined.get(id(each), each)
        reads = tuple(_moved(read, places) for read in one.reads)
        if reads != one.reads:
            source, one = found.origins.pop(id(one), each), replace(one, reads=reads)
            found.origins[id(one)] = source
        found.statements.append(one)
    return found


def _groups(
    statements: Sequence[Statement], tensors: Mapping[str, Tensor], results: Collection[str]
) -> dict[Kind, list[Statement]]:
    """Statements that may become one, by what they do, in the order of their slices."""
    writers: dict[str, int] = {}
    readers: dict[str, list[Access]] = {}
    for each in statements:
        writers[each.target.tensor] = writers.get(each.target.tensor, 0) + 1
        for read in each.reads:
            readers.setdefault(read.tensor, []).append(read)
    found: dict[Kind, list[Statement]] = {}
    alike = Counter((each.expr, tuple(read.tensor for read in each.reads)) for each in statements)
    for each in statements:
        name = each.target.tensor
        if alike[each.expr, tuple(read.tensor for read in each.reads)] == 1:
            continue
        if writers[name] == 1 and name not in results and whole(each.target, each.domain, tensors[name].shape):
            for key in _kinds(each, readers.get(name, [])):
                found.setdefault(key, []).append(each)
    return {key: sorted(group, key=lambda each: key.begin(each)) for key, group in found.items() if _fits(key, group)}


def _kinds(each: Statement, readers: Sequence[Access]) -> list[Kind]:
    """What a statement does, for each index along which others may do the same to another slice."""
    if each.reduction is not Reduction.SUM or isinstance(each.expr, Symbol):
        return []
    numbers = {one.index for p, one in enumerate(each.domain) if index_symbol(p) in each.expr.free_symbols}
    found = []
    for place, coordinate in enumerate(each.target.index):
        index = coordinate.bare
        lengths = [one.extent for one in each.domain if one.index == index]
        if index is None or index in numbers or not isinstance(lengths[0], int):
            continue
        start = _begin(each, index)
        if start is not None and all(_along(one.index[place]) is not None for one in readers):
            back = {index: Affine(((index, 1),), -start)}
            reads = tuple(one.substitute(back) for one in each.reads)
            found.append(Kind(each.expr, each.target.index, reads, each.domain, index))
    return found


def _begin(each: Statement, index: str) -> int | None:
    """Where the first read that moves with an index begins; nothing where one moves otherwise than one element with it."""
    begins = []
    for read in each.reads:
        moving = [coordinate for coordinate in read.index if index in coordinate.indices()]
        if len(moving) > 1 or any(_along(coordinate) is None for coordinate in moving):
            return None
        begins += [coordinate.offset for coordinate in moving]
    return begins[0] if begins and isinstance(begins[0], int) else None


def _along(coordinate: Affine) -> str | None:
    """The index of a coordinate that is one index, perhaps with a number added."""
    if len(coordinate.terms) != 1 or not isinstance(coordinate.offset, int):
        return None
    atom, coefficient = coordinate.terms[0]
    return atom if coefficient == 1 and isinstance(atom, str) else None


def _fits(key: Kind, group: Sequence[Statement]) -> bool:
    """Whether the slices of a group lie apart, and so near to one another that little is computed in vain."""
    length = key.length
    starts = sorted(key.begin(each) for each in group)
    steps = [after - before for before, after in pairwise(starts)]
    if len(group) < 2 or min(steps) < length:
        return False
    side_by_side = max(steps) == length
    return side_by_side or (len(group) * length >= PART * (starts[-1] + length - starts[0]) and _is_total(key.expr))


def _is_total(node: Expr) -> bool:
    """Whether an expression has a finite value everywhere, so that computing it in vain does no harm."""
    if is_condition(node) or isinstance(node, Symbol) or node.is_number:
        return True
    if isinstance(node, Pow) and not (node.exp.is_Integer and (node.exp.is_positive or node.base.is_positive)):
        return False
    if isinstance(node, exp):
        size = -node.args[0]
        return isinstance(size, Select) and bool(size == absolute(size.chosen))
    return isinstance(node, (Add, Mul, Pow, Held, Select, tanh)) and all(map(_is_total, node.args))


def _joined(
    key: Kind, members: Sequence[Statement], statements: Sequence[Statement], name: str
) -> tuple[Statement, Tensor, int]:
    """One statement for a group, the tensor that it makes, and the axis of that along which the slices lie."""
    index, first = key.index, members[0]
    start, end = key.begin(first), key.begin(members[-1]) + key.length
    wide = _name(key, statements)
    domain = tuple(Range(wide, end - start) if each.index == index else each for each in first.domain)
    axis = [coordinate.bare for coordinate in first.target.index].index(index)
    turned = {index: at(wide)}
    target = Access(name, first.target.substitute(turned).index)
    made = pointwise(target, first.expr, [each.substitute(turned) for each in first.reads], domain, label=first.label)
    extents = {each.index: each.extent for each in domain}
    shape = tuple(extents[str(coordinate.bare)] for coordinate in made.target.index)
    return made, Tensor(name, shape, Role.VALUE), axis


def _name(key: Kind, statements: Sequence[Statement]) -> str:
    """What whoever makes the first tensor that is read calls the index of its axis, if nothing else is called so."""
    taken = {each.index for each in key.domain} | {index for each in key.reads for index in each.indices()}
    places = {
        each.tensor: axis for each in key.reads[::-1] for axis, c in enumerate(each.index) if key.index in c.indices()
    }
    wishes = [each.target.index[places[each.target.tensor]].bare for each in statements if each.target.tensor in places]
    for wish in wishes:
        if wish is not None and wish not in taken:
            return wish
    wish = key.index
    while wish in taken:
        wish += "'"
    return wish


def _moved(read: Access, places: Mapping[str, tuple[str, int, int]]) -> Access:
    """A read of what is now a slice."""
    if read.tensor not in places:
        return read
    name, axis, start = places[read.tensor]
    moved = add(read.index[axis], constant(start))
    return Access(name, (*read.index[:axis], moved, *read.index[axis + 1 :]))
