"""Equations to statements: names resolved, reductions given statements of their own, extents inferred."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from sympy import Add, Expr, Integer, Rational, S

from symbprop.calculus.index import Access, Affine, Extent
from symbprop.calculus.program import Role, Tensor
from symbprop.calculus.statement import Reduction, Statement, index_symbol, read_symbol, statement
from symbprop.language.defaults import attribute_values, in_place_of_absent
from symbprop.language.expressions import Expressions
from symbprop.language.extents import Extents
from symbprop.language.lists import with_entries
from symbprop.language.modes import Modes, modes_of, role_of, state_followed
from symbprop.language.outside import needed_for
from symbprop.language.pending import Pending, mentioned, without_thin
from symbprop.language.placement import Placement, placed, several
from symbprop.language.ranks import learn_groups
from symbprop.language.scope import Scope, additive_terms, group_of, letters
from symbprop.language.shapes import Shape
from symbprop.language.source import SourceError, Span
from symbprop.language.syntax import Argument, AttributeValue, Equation, Operation
from symbprop.language.system import circular, read_early, solvable, standing


@dataclass(frozen=True, slots=True)
class Declared:
    """What a description says of a tensor that formulas use and nobody computes."""

    shape: tuple[Extent, ...] | None = None
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Elaborated:
    """The statements of some equations and the tensors they made.

    ``parameters`` maps the global name of each new parameter to its local one; ``results`` are the equations' targets
    in order; ``refined`` are given tensors of which more is known now (classes, interval); ``modes`` are new states and
    noise, and whether training and inference differ.
    """

    tensors: tuple[Tensor, ...]
    statements: tuple[Statement, ...]
    results: tuple[str, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)
    refined: Mapping[str, Tensor] = field(default_factory=dict)
    modes: Modes = field(default_factory=Modes)


def elaborate(
    operation: Operation,
    given: Mapping[str, Tensor],
    attributes: Mapping[str, AttributeValue],
    name: Callable[[str], str],
    operations: Mapping[str, Operation],
    *,
    open_names: bool = False,
    declared: Mapping[str, Declared] | None = None,
    free_sizes: bool = False,
    label: str = "",
    training: bool = True,
) -> Elaborated:
    """The statements of ``operation`` applied to the tensors ``given`` (by local name).

    ``name`` makes the program-wide name of a new tensor from a local wish. Arguments not given become parameters. With
    ``open_names`` (a formula of the user) every name declared nowhere becomes a parameter too; otherwise it is an
    error. ``training`` is what that name means in a condition. Raises ``SourceError``.
    """
    values = attribute_values(operation, attributes)
    given = {**given, **in_place_of_absent(operation, given)}
    operation, placement = placed(with_entries(operation, values), given, values)
    builder = _Builder(
        operation, given, values, name, operations, open_names, declared or {}, label or operation.name, training,
        placement,
    )  # fmt: skip
    for equation in builder.operation.equations:
        builder.equation(equation)
    return builder.finish(free_sizes=free_sizes)


class _Builder:
    def __init__(
        self,
        operation: Operation,
        given: Mapping[str, Tensor],
        attributes: Mapping[str, AttributeValue],
        name: Callable[[str], str],
        operations: Mapping[str, Operation],
        open_names: bool,
        declared: Mapping[str, Declared],
        label: str,
        training: bool,
        placement: Placement | None,
    ) -> None:
        self.given = given
        self.name = name
        self.label = label
        self.extents = Extents()
        self.expressions = Expressions(self.extents, attributes, operations, open_names, declared)
        self.expressions.training = training
        self.expressions.placement = placement
        self.expressions.group_ranks.update(several(operation, placement))
        self.expressions.letters = frozenset(each for equation in operation.equations for each in letters(equation))
        self.results: list[str] = []
        self.states = {each.name for each in operation.arguments if each.state}
        self.noise = {each.name: each.noise for each in operation.arguments if each.noise is not None}
        self.expressions.sizes.axes = operation.axes
        self.expressions.sizes.lets = {each.name: each for each in operation.lets}
        equations = standing(operation.equations, lambda node: self.expressions.condition(node, Scope(), None))
        self.operation = replace(operation, equations=equations)
        self.following = [each.target.name for each in equations if each.following]
        for each in operation.arguments:
            if isinstance(each.absent, Fraction) and each.name not in given:
                self.expressions.absent[each.name] = Rational(each.absent.numerator, each.absent.denominator)
        arguments = {each.name: each for each in operation.arguments if each.name not in self.expressions.absent}
        for local, tensor in given.items():
            shape = Shape(local, list(tensor.shape), classes=tensor.classes)
            self.expressions.shapes[local] = shape
            if tensor.integer:
                self.expressions.integers.add(local)
                if tensor.classes is not None:
                    self.extents.classes[local] = tensor.classes
        ranks = {local: len(tensor.shape) for local, tensor in given.items()}
        learn_groups(self.operation, ranks, self.expressions.group_ranks, self.expressions.group_rank)
        scope = Scope()
        for argument in arguments.values():
            scope = self._signature(argument, scope)
            self.extents.settle_signature()
            self.expressions.sizes.signature = scope
        self.extents.signature = dict(scope.indices)
        for early in (each for each in read_early(self.operation.equations) if each not in given):
            self.expressions.shapes.setdefault(early, Shape(early, [None] * ranks[early], computed=True))

    def _signature(self, argument: Argument, scope: Scope) -> Scope:
        """Declare an argument: its indices are shared by the whole signature."""
        scope = self.expressions.declare(argument.index, scope)
        shapes = self.expressions.shapes
        coordinates = self.expressions.coordinates(argument.index, scope, argument.name)
        if argument.name not in shapes:
            shapes[argument.name] = Shape(argument.name, [None] * len(coordinates))
        shape = shapes[argument.name]
        if len(coordinates) > len(shape.axes) and argument.name in self.given:
            coordinates = self._trailing(argument, coordinates, shape)
        if len(coordinates) != len(shape.axes):
            raise SourceError(
                f"{self.label} takes {argument.name} with {len(coordinates)} axes, it has {len(shape.axes)}",
                argument.span,
                hint=f"its shape is {list(shape.axes)}",
            )
        self.extents.meet(shape, Access(argument.name, coordinates), argument.span)
        return scope

    def _trailing(self, argument: Argument, coordinates: tuple[Affine, ...], shape: Shape) -> tuple[Affine, ...]:
        """A tensor with fewer leading axes than its group broadcasts: it meets the trailing ones."""
        if self.expressions.placement is not None:
            return coordinates[len(coordinates) - len(shape.axes) :]
        explicit = sum(1 for each in argument.index if group_of(each) is None)
        kept = len(shape.axes) - explicit
        for position, each in enumerate(argument.index):
            if group_of(each) is not None and kept >= 0:
                size = len(coordinates) - explicit
                return (*coordinates[:position], *coordinates[position + size - kept :])
        return coordinates

    def equation(self, equation: Equation) -> None:
        target = equation.target
        self.extents.equation = target.name
        known = self.expressions.shapes
        if target.name in self.given or (target.name in known and not known[target.name].computed):
            raise SourceError(f"{target.name} is given, it cannot be computed again", target.span)
        scope = self.expressions.declare(target.index, Scope())
        coordinates = self.expressions.coordinates(target.index, scope, target.name)
        shape = known.setdefault(target.name, Shape(target.name, [None] * len(coordinates), computed=True))
        if len(shape.axes) != len(coordinates):
            raise SourceError(f"{target.name} had {len(shape.axes)} axes before, here {len(coordinates)}", target.span)
        access = Access(target.name, coordinates)
        self.extents.meet(shape, access, target.span, writes=True)
        if equation.following:
            state = state_followed(target, self.states)
            self.extents.meet(known[state], Access(state, coordinates), target.span)
        elif target.name not in self.results:
            self.results.append(target.name)
        rest: list[Expr] = []
        for sign, term in additive_terms(equation.expression):
            direct = self.expressions.scaled_reduction(term, scope)
            if direct is not None and (direct[1].kind in ("sum", "mean") or equation.expression is direct[1]):
                factor, reduce = direct
                self.expressions.reduction(reduce, scope, into=access, factor=sign * factor)
            else:
                rest.append(sign * self.expressions.scalar(term, scope))
        total = self.expressions.real(Add(*rest), equation.expression.span)
        if rest and (total != 0 or len(rest) == len(additive_terms(equation.expression))):
            self.expressions.pending.append(Pending(access, total, (), Reduction.SUM, equation.span))

    def finish(self, *, free_sizes: bool) -> Elaborated:
        self._prune()
        self.extents.solve(free=free_sizes, circles=circular(self.operation.equations))
        table = self.expressions
        table.outside.settle(table.accesses, table.shapes, table.pending, self.extents, table.new_index, table.symbol)
        used = self._used()
        tensors, parameters, names = [], {}, {local: tensor.name for local, tensor in self.given.items()}
        for local, shape in self.expressions.shapes.items():
            if local in self.given or local not in used:
                continue
            names[local] = self.name(local)
            role = role_of(shape, self.states, self.noise)
            axes = tuple(self.extents.value(axis) for axis in shape.axes if axis is not None)
            classes = table.chosen.get(local)
            bound = None if classes is None else self.extents.value(classes)
            fill = table.outside.fills.get(local, S.Zero)
            tensors.append(Tensor(names[local], axes, role, local in table.integers, bound, fill=fill))
            if role is Role.PARAMETER:
                parameters[names[local]] = local
        settled = [self._settle(each, names) for each in self.expressions.pending]
        statements = solvable(settled, self.operation.equations, {name: each for each, name in names.items()})
        modes = modes_of(names, self.states, self.following, self.noise, asked=table.asked_mode)
        return Elaborated(
            tuple(tensors), statements, tuple(names[each] for each in self.results), parameters, self._refined(), modes
        )

    def _prune(self) -> None:
        """Drop what an operation computes and its result does not need, since a folded ``where`` chose otherwise."""
        if self.expressions.open_names or not (self.results or self.following):
            return
        wanted, table = {*self.results[-1:], *self.following}, self.expressions
        table.pending = needed_for(wanted, table.pending, table.accesses, table.outside.reads)
        self.results = [name for name in self.results if name in wanted]

    def _used(self) -> set[str]:
        """States, and tensors that some statement names: not an optional parameter that a folded ``where`` dropped."""
        table = self.expressions
        return self.states.union(*(mentioned(each, table.accesses) for each in table.pending))

    def _refined(self) -> dict[str, Tensor]:
        refined = {}
        intervals = {each.name: each.interval for each in self.operation.arguments if each.interval is not None}
        for local, tensor in self.given.items():
            classes = self._classes(local) if tensor.integer and tensor.classes is None else tensor.classes
            interval = tensor.interval
            if interval is None and local in intervals and not tensor.integer:
                low, high = intervals[local]
                interval = (float(low), float(high))
            if (classes, interval) != (tensor.classes, tensor.interval):
                refined[tensor.name] = replace(tensor, classes=classes, interval=interval)
        return refined

    def _classes(self, local: str) -> Extent | None:
        """The axis that an integer tensor indexes bounds its values."""
        for each in self.extents.constraints:
            for axis, coordinate in enumerate(each.access.index):
                if coordinate.gather is not None and coordinate.gather.tensor == local:
                    return each.shape.axes[axis]
        return None

    def _settle(self, pending: Pending, names: Mapping[str, str]) -> Statement:
        """A statement over program-wide names, its domain the target's indices and then the reduced ones."""
        table = self.expressions
        pending, accesses = without_thin(pending, table.accesses, table.numbers, self.extents.known)
        free = pending.expr.free_symbols
        target = self._global(pending.target, names)
        order: dict[str, None] = dict.fromkeys(pending.target.indices())
        for _, access in accesses:
            order.update(dict.fromkeys(access.indices()))
        numbers = {index: symbol for symbol, index in table.numbers.items() if symbol in free}
        order.update(dict.fromkeys(numbers))
        bound = set(pending.bound)
        domain = [index for index in order if index not in bound] + list(pending.bound)
        stray = [index for index in domain if index not in bound and index not in set(pending.target.indices())]
        if stray:
            label = self.extents.labels[stray[0]]
            message = f"the index {label} stands neither in the target nor in a sum"
            raise SourceError(message, pending.span, hint=f"write sum({label}, …)")
        replaced = {symbol: read_symbol(position) for position, (symbol, _) in enumerate(accesses)}
        for index, symbol in numbers.items():
            replaced[symbol] = index_symbol(domain.index(index))
        for symbol in free:
            if symbol.name.startswith("|"):
                replaced[symbol] = self.extents.value(symbol)
        expr = pending.expr.xreplace(
            {old: new if not isinstance(new, int) else Integer(new) for old, new in replaced.items()}
        )
        ranges = [self.extents.range(index) for index in domain]
        reads = [self._global(access, names) for _, access in accesses]
        selects = pending.bound[0] if pending.reduction in (Reduction.ARGMAX, Reduction.ARGMIN) else ""
        return statement(target, expr, reads, ranges, pending.reduction, selects=selects, label=self.label)

    def _global(self, access: Access, names: Mapping[str, str]) -> Access:
        settled = Access(access.tensor, tuple(self.extents.settle(each) for each in access.index))
        return settled.retarget(lambda local: names[local])


def formula(equations: tuple[Equation, ...], span: Span, declared: tuple[Argument, ...] = ()) -> Operation:
    """Equations that stand alone, as an operation whose signature is what they declare."""
    return Operation("formula", declared, (), equations, "", span)
