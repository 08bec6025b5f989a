"""Derivatives with respect to single elements: a tangent or cotangent program whose seed is a Kronecker delta.

The statements of a tangent are linear in tangents. Put the delta of one element e for the seed and give every tangent
an axis for e: then a statement that reads the seed at g(r) is non-zero at e = g(r) alone, so its sum over e is gone,

    Ṫ[f(r)] += c(r) · ẋ[g(r)]    with ẋ[i] = δ(i, e)     is     T_x[f(r), g(r)] += c(r),

and all columns of a Jacobian are one pass. Nothing is multiplied by zeros or ones.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sympy import Eq, Expr, S

from symbprop.calculus.functions import Select
from symbprop.calculus.gradient import influenced
from symbprop.calculus.index import Access, Affine, Extent, Range, at, constant
from symbprop.calculus.products import cotangents, tangents
from symbprop.calculus.program import GradientProgram, Program, Tensor
from symbprop.calculus.statement import Statement, index_symbol, read_symbol, reindex, statement


@dataclass(frozen=True, slots=True)
class Delta:
    """What is put for the seed tensor: for each of its axes ``None`` (a new axis runs over it), ``True`` (the axis is
    carried along, so every element of it has its derivative with respect to itself), or one fixed position.
    """

    seed: str
    axes: tuple[int | bool | None, ...]

    @property
    def free(self) -> tuple[int, ...]:
        """The axes of the seed that the derivatives have as their last axes."""
        return tuple(axis for axis, each in enumerate(self.axes) if each is None)


def elements(
    program: Program,
    wrt: str,
    of: Sequence[str],
    axes: tuple[int | bool | None, ...],
    earlier: Sequence[GradientProgram] = (),
) -> GradientProgram:
    """The derivatives of the tensors ``of`` by the elements of ``wrt`` that ``axes`` says, as in a :class:`Delta`.

    ``gradients`` maps a tensor to that of its derivatives. No new tensor is called like one of the ``earlier`` ones.
    """
    taken = {name: tensor for each in earlier for name, tensor in each.tensors.items()}
    known = replace(program, tensors={**program.tensors, **taken})
    made, seeds = tangents(known, [wrt], of, suffix=f"by_{wrt}")
    own = {name: tensor for name, tensor in made.tensors.items() if name not in taken}
    linear = influenced(Program({**known.tensors, **own}, made.backward), [seeds[wrt]])
    statements, tensors = differentiate_elements(made.backward, own, linear, Delta(seeds[wrt], axes))
    written = {each.target.tensor for each in statements}
    results = {name: tensor for name, tensor in made.gradients.items() if tensor in written}
    return GradientProgram(program, tensors, statements, results)


def elements_of(
    program: Program,
    of: str,
    wrt: Sequence[str],
    axes: tuple[int | bool | None, ...],
    earlier: Sequence[GradientProgram] = (),
) -> GradientProgram:
    """The derivatives of the elements of ``of`` by the tensors ``wrt``: cotangents, with the delta for that of ``of``.

    ``axes`` are those of ``of``; ``gradients`` maps a tensor of ``wrt`` to that of its derivatives, which has its own
    axes first.
    """
    taken = {name: tensor for each in earlier for name, tensor in each.tensors.items()}
    known = replace(program, tensors={**program.tensors, **taken})
    made, seeds = cotangents(known, [of], wrt, suffix=f"of_{of}")
    own = {name: tensor for name, tensor in made.tensors.items() if name not in known.tensors}
    linear = influenced(Program({**known.tensors, **own}, made.backward), [seeds[of]])
    statements, tensors = differentiate_elements(made.backward, own, linear, Delta(seeds[of], axes))
    written = {each.target.tensor for each in statements}
    results = {name: tensor for name, tensor in made.gradients.items() if tensor in written}
    return GradientProgram(program, tensors, statements, results)


def differentiate_elements(
    statements: Sequence[Statement],
    tensors: Mapping[str, Tensor],
    linear: Collection[str],
    delta: Delta,
    letters: Sequence[str] = (),
) -> tuple[tuple[Statement, ...], dict[str, Tensor]]:
    """``statements``, linear in the tensors ``linear``, with ``delta`` for the seed; and the tensors with their new axes.

    ``tensors`` are those made with the statements, and the seed; ``letters`` name the indices of the new axes.
    """
    shape = tensors[delta.seed].shape
    sizes = tuple(shape[axis] for axis in delta.free)
    names = tuple(letters) or tuple(f"e{position}" for position in range(len(sizes)))
    made: list[Statement] = []
    for each in statements:
        if each.target.tensor not in linear:
            made.append(each)
        elif any(read.tensor == delta.seed for read in each.reads):
            made.extend(_at_the_element(each, delta))
        else:
            made.append(_along(each, linear, names, sizes))
    lifted = {
        name: replace(tensor, shape=(*tensor.shape, *sizes), derived=True) if name in linear else tensor
        for name, tensor in tensors.items()
        if name != delta.seed
    }
    return tuple(made), lifted


def _along(each: Statement, linear: Collection[str], names: Sequence[str], sizes: Sequence[Extent]) -> Statement:
    """A statement that reads derivatives: one more index for each new axis, in target and read."""
    taken = {one.index for one in each.domain}
    indices = []
    for name in names:
        while name in taken:
            name += "'"
        taken.add(name)
        indices.append(name)
    more = tuple(map(at, indices))

    def longer(access: Access) -> Access:
        return Access(access.tensor, (*access.index, *more)) if access.tensor in linear else access

    domain = (*each.domain, *(Range(index, size) for index, size in zip(indices, sizes, strict=True)))
    return replace(each, target=longer(each.target), reads=tuple(map(longer, each.reads)), domain=domain)


def _at_the_element(each: Statement, delta: Delta) -> list[Statement]:
    """A statement that reads the seed: what it reads there says where in the new axes it writes."""
    ((symbol, read),) = [pair for pair in each.read_positions() if pair[1].tensor == delta.seed]
    target = Access(each.target.tensor, (*each.target.index, *(read.index[axis] for axis in delta.free)))
    made = statement(target, each.expr.xreplace({symbol: S.One}), each.reads, each.domain, label=each.label)
    for axis, position in enumerate(delta.axes):
        if position is None or position is True:
            continue
        # The coordinate of the seed's read is no longer among the reads, but its indices are still the statement's.
        coordinate = read.index[axis]
        restricted = _restricted(each.domain, made, coordinate, int(position))
        if restricted is None:
            return []
        made = restricted
        if coordinate.bare is not None:
            read = read.substitute({coordinate.bare: constant(int(position))})
    return [made]


def _restricted(domain: Sequence[Range], each: Statement, coordinate: Affine, position: int) -> Statement | None:
    """``each`` where ``coordinate`` is ``position``; ``None`` if that is nowhere."""
    if not coordinate.terms:
        return each if coordinate.offset == position else None
    extents = {one.index: one.extent for one in domain}
    if len(coordinate.terms) == 1 and isinstance(coordinate.offset, int):
        atom, step = coordinate.terms[0]
        if isinstance(atom, str) and isinstance(step, int):
            value, rest = divmod(position - coordinate.offset, step)
            size = extents[atom]
            if rest or value < 0 or (isinstance(size, int) and value >= size):
                return None
            if isinstance(size, int) or value == 0:
                return _fixed(each, atom, value, size)
    order = {one.index: place for place, one in enumerate(each.domain)}
    full = [*each.domain, *(one for one in domain if one.index not in order)]
    places = {one.index: place for place, one in enumerate(full)}
    reads = list(each.reads)
    number: Expr = S.One * coordinate.offset
    for atom, coefficient in coordinate.terms:
        if isinstance(atom, str):
            number += coefficient * index_symbol(places[atom])
        else:
            number += coefficient * read_symbol(len(reads))
            reads.append(atom)
    # An index that ``each`` had lost was summed over, and its extent stands in the expression as a factor.
    lost = S.One
    for one in full[len(each.domain) :]:
        lost *= one.extent
    expr = Select(Eq(number, position), each.expr / lost, S.Zero)
    return statement(each.target, expr, reads, full, label=each.label)


def _fixed(each: Statement, index: str, value: int, size: Extent) -> Statement:
    """One index at one value; one that the statement had lost was multiplied over, which is undone."""
    if all(one.index != index for one in each.domain):
        return replace(each, expr=each.expr / size)
    domain = [one for one in each.domain if one.index != index]
    return reindex(each, {index: constant(value)}, domain)


def letters_of(program: Program, name: str) -> tuple[str, ...]:
    """The index that runs along each axis of a tensor where it is read or written with bare indices."""
    accesses = (a for each in program.statements for a in each.accesses() if a.tensor == name)
    for access in accesses:
        bare = [coordinate.bare for coordinate in access.index]
        if None not in bare and len(set(bare)) == len(bare):
            return tuple(str(index) for index in bare)
    return tuple(f"e{axis}" for axis in range(len(program.tensors[name].shape)))
