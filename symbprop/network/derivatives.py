"""Derivatives inside a description: ``diff(u[n, 0], x[n, 0])`` becomes a read of a tensor that tangent statements compute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import cast

from symbprop.calculus.gradient import influenced
from symbprop.calculus.index import Access
from symbprop.calculus.kronecker import Delta, differentiate_elements
from symbprop.calculus.products import tangents
from symbprop.calculus.program import Program, Tensor
from symbprop.calculus.separability import NotSeparable, follow, refuse
from symbprop.calculus.statement import Reduction, Statement, statement
from symbprop.language.scope import parts, rebuilt
from symbprop.language.source import SourceError
from symbprop.language.syntax import Binary, Call, Coordinate, Equation, Expression, Name, Number, Read
from symbprop.network.assembly import Assembly
from symbprop.network.naming import identifier, rename

DIFF = "diff"


def differentiates(equation: Equation) -> bool:
    """Whether a derivative stands in an equation."""
    return any(isinstance(node, Call) and node.function == DIFF for node in parts(equation.expression))


def in_parts(equations: Sequence[Equation]) -> Iterator[tuple[Equation, ...]]:
    """The equations, cut before each one in which a derivative stands: what it differentiates is computed before."""
    part: list[Equation] = []
    for each in equations:
        if part and differentiates(each):
            yield tuple(part)
            part = []
        part.append(each)
    yield tuple(part)


def with_derivatives(
    equations: Sequence[Equation], given: Mapping[str, Tensor], assembly: Assembly
) -> tuple[tuple[Equation, ...], dict[str, Tensor]]:
    """The equations with reads for derivatives, and ``given`` with the tensors that are read.

    ``assembly`` gets the statements that compute them. Raises ``SourceError`` where a derivative is not of one element
    by itself: where ``u[n]`` depends on other elements of x than ``x[n]``.
    """
    maker = _Maker(dict(given), assembly)
    made = (
        replace(each, expression=maker.rewritten(each.expression)) if differentiates(each) else each
        for each in equations
    )
    return tuple(made), maker.given


class _Maker:
    def __init__(self, given: dict[str, Tensor], assembly: Assembly) -> None:
        self.given = given
        self.assembly = assembly

    def rewritten(self, node: Expression) -> Expression:
        """``node`` with reads for derivatives; a chain of operators without recursion along it."""
        chain: list[Binary] = []
        while isinstance(node, Binary):
            chain.append(node)
            node = node.left
        made = self._rewritten(node)
        for each in reversed(chain):
            made = replace(each, left=made, right=self.rewritten(each.right))
        return made

    def _rewritten(self, node: Expression) -> Expression:
        match node:
            case Call(function="diff"):
                return self._derivative(node)
            case Read():
                return node
        return cast(Expression, rebuilt(node, self.rewritten))

    def _derivative(self, call: Call) -> Expression:
        """A derivative of any order, one variable after another."""
        if len(call.arguments) < 2:
            hint = "write diff(u[n], x[n]), or diff(u[n], x[n], x[n]) for the second derivative"
            raise SourceError("a derivative is of one tensor with respect to another", call.span, hint=hint)
        value = self._read(self.rewritten(call.arguments[0]), call)
        for each in call.arguments[1:]:
            made = self._first(value, self._read(each, call), call)
            if made is None:
                return Number(Fraction(0), call.span)
            value = made
        return value

    def _read(self, node: Expression, call: Call) -> Read:
        read = Read(node.name, (), node.span) if isinstance(node, Name) else node
        if not isinstance(read, Read):
            hint = "give it a name in an equation of its own"
            raise SourceError("a derivative is of an element, with respect to an element", call.span, hint=hint)
        if read.name not in self.given:
            hint = "what is differentiated stands in an equation before"
            raise SourceError(f"{read.name} is not known here", read.span, hint=hint)
        for each in read.index:
            if not isinstance(each, Name) and _position(each) is None:
                hint = "write an index or a number"
                raise SourceError("this cannot stand in the brackets of a derivative", read.span, hint=hint)
        tensor = self.given[read.name]
        if len(read.index) != len(tensor.shape):
            message = f"{read.name} has {len(tensor.shape)} axes, here it is read with {len(read.index)}"
            raise SourceError(message, read.span)
        return read

    def _first(self, value: Read, wrt: Read, call: Call) -> Read | None:
        """The read of ∂value/∂wrt; ``None`` if that is zero."""
        of, by = self.given[value.name], self.given[wrt.name]
        if of.integer or by.integer:
            raise SourceError("integers have no derivative", call.span)
        if of.name == by.name:
            raise SourceError(f"{value.name} is differentiated by itself", call.span)
        program = Program(self.assembly.tensors, tuple(self.assembly.statements), (of.name,))
        shared = {each.name for each in value.index if isinstance(each, Name)}
        axes: list[int | bool | None] = []
        free: list[Coordinate] = []
        for axis, each in enumerate(wrt.index):
            position = _position(each)
            if position is not None:
                size = by.shape[axis]
                if isinstance(size, int) and position >= size:
                    raise SourceError(f"{wrt.name} has {size} elements along this axis", wrt.span)
                axes.append(position)
            elif isinstance(each, Name) and each.name in shared:
                self._require_separable(program, value, wrt, axis, call)
                axes.append(True)
            else:
                axes.append(None)
                free.append(each)
        key = f"diff({value.name}, {wrt.name}{axes})"
        if key not in self.given:
            found = self._tensor(program, of, by, tuple(axes))
            if found is None:
                return None
            self.given[key] = found
        return Read(key, (*value.index, *free), call.span)

    def _require_separable(self, program: Program, value: Read, wrt: Read, axis: int, call: Call) -> None:
        """One element along the axis depends on one element, and along the axis that has the same index."""
        of, by = self.given[value.name], self.given[wrt.name]
        name = wrt.index[axis]
        along = follow(program, {by.name: axis})
        if of.name not in along.axes and along.depends(of.name):
            try:
                raise refuse(program, along, of.name, f"{value.name} is not differentiated element by element")
            except NotSeparable as error:
                raise SourceError(str(error), call.span) from error
        if of.name in along.axes:
            there = value.index[along.axes[of.name]]
            if not (isinstance(there, Name) and isinstance(name, Name) and there.name == name.name):
                hint = "the index of a derivative runs along one axis of both tensors"
                raise SourceError(f"{value.name} depends on {wrt.name} along another axis", call.span, hint=hint)

    def _tensor(self, program: Program, of: Tensor, by: Tensor, axes: tuple[int | bool | None, ...]) -> Tensor | None:
        """Tangent statements with a unit seed, added to the assembly; the tensor that holds the derivative."""
        suffix = self._local(by.name)
        made, seeds = tangents(program, [by.name], [of.name], suffix=suffix)
        if of.name not in made.gradients:
            return None
        seed = seeds[by.name]
        whole = made.program
        linear = influenced(Program(whole.tensors, made.backward), [seed])
        own = {
            name: tensor for name, tensor in made.tensors.items() if name in linear or name in _written(made.backward)
        }
        statements, tensors = differentiate_elements(made.backward, own, linear, Delta(seed, axes))
        by_what = suffix + "".join(
            str(position)
            for position, size in zip(axes, by.shape, strict=True)
            if position is not None and position is not True and size != 1
        )
        wishes = {f"{name}_{suffix}": self._wish(name, by_what) for name in program.tensors}
        names = {name: self.assembly.wishes.add(*wishes.get(name, (self._local(name), ""))) for name in tensors}
        self.assembly.wishes.next_operation()
        renamed = rename(Program({**program.tensors, **tensors}, statements), names)
        target = names[made.gradients[of.name]]
        if not any(each.target.tensor == target for each in renamed.statements):
            return None
        same = self._absorbed(renamed)
        return self.assembly.tensors[same.get(target, target)]

    def _absorbed(self, made: Program) -> dict[str, str]:
        """Take over the new statements; a tensor that is computed already, and which one it is, is not computed again.

        The second derivative needs the first, which may stand there.
        """
        new = made.definitions()
        known = {
            tuple(_anonymous(each) for each in statements): name
            for name, statements in Program(self.assembly.tensors, tuple(self.assembly.statements))
            .definitions()
            .items()
        }
        same: dict[str, str] = {}
        for name, statements in new.items():
            settled = rename(Program({}, tuple(statements)), same).statements
            twin = known.get(tuple(_anonymous(each) for each in settled))
            if twin is not None and self.assembly.tensors[twin].shape == made.tensors[name].shape:
                same[name] = twin
        kept = [each for each in made.statements if each.target.tensor not in same]
        self.assembly.statements.extend(_gathered(rename(Program({}, tuple(kept)), same).statements))
        names = {each.target.tensor for each in kept}
        self.assembly.tensors.update((name, made.tensors[name]) for name in made.tensors if name in names)
        return same

    def _wish(self, name: str, by_what: str) -> tuple[str, str]:
        """The local name and the layer of a derivative: ``z_t`` in z's layer; by single letters one after another, ``u_tx``."""
        local, block = self.assembly.wishes.of(name) or (self._local(name), "")
        if not local:
            local, block = identifier(block), ""
        letters = [each for each in local.rpartition("_")[2] if each.isalpha()]
        single = {self._local(each) for each in self.assembly.tensors}.issuperset((*letters, by_what[0]))
        chained = self.assembly.tensors[name].derived and single and by_what[1:].strip("0123456789") == ""
        return f"{local}{by_what}" if chained else f"{local}_{by_what}", block

    def _local(self, name: str) -> str:
        """What a tensor is called in its own operation, or the label that it has in the description."""
        local = name.rpartition("@")[2]
        return local or self.assembly.label_of(name)


def _written(statements: Sequence[Statement]) -> set[str]:
    return {each.target.tensor for each in statements}


def _gathered(statements: Sequence[Statement]) -> list[Statement]:
    """The statements with equal reads made one, and sums of the same reads into the same elements made one."""
    found: dict[object, Statement] = {}
    for position, each in enumerate(statements):
        made = statement(each.target, each.expr, each.reads, each.domain, each.reduction, selects=each.selects)
        made = replace(made, label=each.label)
        key = (made.target, made.reads, made.domain) if made.reduction is Reduction.SUM else position
        if key in found:
            made = replace(made, expr=found[key].expr + made.expr)
        found[key] = made
    return list(found.values())


def _anonymous(each: Statement) -> Statement:
    """A statement that does not say what it computes."""
    return replace(each, target=Access("", each.target.index))


def _position(node: Coordinate) -> int | None:
    """The number that stands in a bracket."""
    if isinstance(node, Number) and node.value.denominator == 1 and node.value >= 0:
        return int(node.value)
    return None
