"""The training part of a description: its optimiser, schedule and clipping as programs of their own.

Each is a formula of the library (or of the description), elaborated over one index that runs through the elements of
all parameters together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from sympy import Add, Expr

from symbprop.calculus.check import check
from symbprop.calculus.dependence import needed
from symbprop.calculus.index import size_symbol
from symbprop.calculus.program import Program, Role, Tensor
from symbprop.calculus.statement import Statement, read_symbol, statement
from symbprop.language.elaborate import elaborate
from symbprop.language.source import SourceError, Span, did_you_mean
from symbprop.language.syntax import Argument as Signature
from symbprop.language.syntax import AttributeValue, Operation
from symbprop.language.trees import NEXT
from symbprop.library.catalogue import catalogue
from symbprop.network.arguments import data_arguments, match
from symbprop.network.axes import name_axes
from symbprop.network.description import Choice, TrainingSpec

ELEMENTS = size_symbol("P")
NO_BATCH = size_symbol("")  # no axis is that of examples here
RATE = "learning_rate"  # what an optimiser and a schedule both have


@dataclass(frozen=True, slots=True)
class State:
    """What an optimiser carries from step to step: one number for each element, or one alone; at first ``start``."""

    name: str
    start: Expr
    alone: bool


@dataclass(frozen=True, slots=True)
class Update:
    """A step: ``program`` makes new values of ``parameter`` and of every state from ``gradient`` and what it reads.

    ``count`` is the tensor that holds the number of the step, if the formula needs it.
    """

    operation: Operation
    program: Program
    parameter: str
    gradient: str
    count: str
    states: tuple[State, ...]


@dataclass(frozen=True, slots=True)
class Clipping:
    """``program`` makes one gradient of another; ``separate``: of one parameter's, not of all elements together."""

    operation: Operation
    program: Program
    gradient: str
    separate: bool


@dataclass(frozen=True, slots=True)
class Training:
    """What is emitted for the training part of a description. ``rate`` is a number as a formula of its ``count``."""

    spec: TrainingSpec
    update: Update
    rate: Program
    count: str
    clipping: Clipping | None = None


def training(spec: TrainingSpec, operations: Mapping[str, Operation]) -> Training:
    """The programs that ``spec`` asks for. Raises ``SourceError`` at the place of what does not fit."""
    optimizer = spec.optimizer or Choice(_first("optimizers"), {}, spec.span)
    chosen = _operation(optimizer, "optimizer", operations)
    attributes = dict(match(chosen, optimizer.arguments, optimizer.span).attributes)
    own = attributes.pop(RATE, next((each.default for each in chosen.attributes if each.name == RATE), None))
    update = _update(chosen, attributes, operations, optimizer.span)
    rate, count = _rate(spec, own, operations)
    clipping = None if spec.clip is None else _clipping(spec.clip, operations)
    return Training(spec, update, rate, count, clipping)


def _operation(choice: Choice, kind: str, operations: Mapping[str, Operation]) -> Operation:
    """The operation of that kind: of the library's file for it, or of the description's own."""
    library = catalogue()
    category = "clipping" if kind == "clipping" else f"{kind}s"
    wanted = library.categories.get(choice.name, category) == category
    if choice.name not in operations or not (wanted or operations[choice.name] is not library.operations[choice.name]):
        own = [name for name, each in operations.items() if library.operations.get(name) is not each]
        known = [*(name for name in library.named(category) if name not in own), *own]
        what = f"'{choice.name}' is no {kind}" if choice.name in operations else f"there is no {kind} '{choice.name}'"
        raise SourceError(what, choice.span, hint=did_you_mean(choice.name, known) or f"there are {', '.join(known)}")
    return operations[choice.name]


def _given(arguments: Sequence[Signature], span: Span, operation: Operation) -> dict[str, Tensor]:
    """Each argument as a tensor over all elements, or as one number if it has no index."""
    for each in arguments:
        if len(each.index) > 1:
            raise SourceError(f"'{operation.name}' runs over one index, {each.name} has more", span)
    return {each.name: Tensor(each.name, (ELEMENTS,) if each.index else (), Role.INPUT) for each in arguments}


def _program(
    operation: Operation,
    given: Mapping[str, Tensor],
    attributes: Mapping[str, AttributeValue],
    operations: Mapping[str, Operation],
) -> tuple[Program, tuple[str, ...]]:
    """The operation's equations as a program, and their targets in order."""
    made = elaborate(operation, given, attributes, lambda local: local, operations, label=operation.name)
    if made.parameters:
        name = next(iter(made.parameters))
        raise SourceError(f"{name} is not known here", operation.span, hint="declare it in the signature")
    tensors = {**given, **{each.name: each for each in made.tensors}}
    results = (*made.results, *made.modes.updates.values())
    return check(_without_copies(Program(tensors, made.statements, results))), results


def _update(
    operation: Operation, attributes: Mapping[str, AttributeValue], operations: Mapping[str, Operation], span: Span
) -> Update:
    data = data_arguments(operation)
    hint = "its signature begins with (w[i], g[i]) or (w[i], g[i], t)"
    if [bool(each.index) for each in data] not in ([True, True], [True, True, False]):
        raise SourceError(f"'{operation.name}' is no optimizer", span, hint=hint)
    parameter, gradient, *counts = (each.name for each in data)
    count = counts[0] if counts else ""
    states = [each for each in operation.arguments if each.state]
    given = _given([*data, *states], span, operation)
    kept = tuple(each for each in operation.attributes if each.name != RATE)
    if len(kept) < len(operation.attributes):  # the rate changes from step to step
        given[RATE] = Tensor(RATE, (), Role.INPUT)
    arguments = tuple(replace(each, state=each.state or each.name == parameter) for each in operation.arguments)
    carrying = replace(operation, attributes=kept, arguments=arguments)  # a parameter has a next value, as a state has
    program, results = _program(carrying, given, attributes, operations)
    if parameter + NEXT not in results:
        raise SourceError(
            f"'{operation.name}' is no optimizer: it does not give {parameter}'",
            span,
            hint=f"write {parameter}'[i] = …",
        )
    alive = _alive(program, parameter, {each.name for each in states})
    outputs = (parameter + NEXT, *(each.name + NEXT for each in states if each.name in alive))
    missing = [name for name in outputs if name not in results]
    if missing:
        name = missing[0].removesuffix(NEXT)
        raise SourceError(f"'{operation.name}' does not give {name}'", span, hint=f"write {name}'[i] = …")
    program = _finished(program, outputs)
    carried = tuple(
        State(each.name, _start(each, operations, span), not each.index) for each in states if each.name in alive
    )
    read = {name for each in program.statements for name in each.sources()}
    return Update(operation, program, parameter, gradient, count if count in read else "", carried)


def _alive(program: Program, parameter: str, states: set[str]) -> set[str]:
    """The states that the parameter's next value depends on, however many steps later."""
    alive: set[str] = set()
    while True:
        wanted = [parameter + NEXT, *(name + NEXT for name in alive)]
        read = {name for each in needed(program, wanted) for name in each.sources()}
        if read & states <= alive:
            return alive
        alive |= read & states


def _start(state: Signature, operations: Mapping[str, Operation], span: Span) -> Expr:
    """The number that a state starts with."""
    if state.initializer not in operations:
        hint = did_you_mean(state.initializer, operations)
        raise SourceError(f"there is no initializer '{state.initializer}'", span, hint=hint)
    start = operations[state.initializer]
    if start.arguments or any(each.default is None for each in start.attributes):
        raise SourceError(f"the state {state.name} starts with one number", span, hint="write = zeros")
    made = elaborate(start, {}, {}, lambda local: local, operations)
    return Add(*(each.expr for each in made.statements))


def _rate(spec: TrainingSpec, own: AttributeValue | None, operations: Mapping[str, Operation]) -> tuple[Program, str]:
    """The learning rate as a program of one number, the number of steps taken before; its output, and that input."""
    wanted = spec.learning_rate
    if wanted is not None and not isinstance(wanted, Choice):
        own, wanted = wanted, None
    choice = wanted or Choice(_first("schedules"), {}, spec.span)
    operation = _operation(choice, "schedule", operations)
    attributes = dict(match(_optional(operation), choice.arguments, choice.span).attributes)
    attributes.setdefault(RATE, own if own is not None else Fraction(1))
    (count,) = (each.name for each in data_arguments(operation))
    program, results = _program(
        operation, _given(data_arguments(operation), choice.span, operation), attributes, operations
    )
    program = _finished(program, results[-1:])
    return (program, count) if spec.warmup is None else (_warmed(program, count, spec.warmup, operations), count)


def _first(category: str) -> str:
    """What is chosen where nothing is said: the first of its kind in the library, plain descent and a constant rate."""
    return catalogue().named(category)[0]


def _optional(operation: Operation) -> Operation:
    """A schedule need not be given a rate."""
    attributes = tuple(
        replace(each, default=Fraction(1)) if each.name == RATE and each.default is None else each
        for each in operation.attributes
    )
    return replace(operation, attributes=attributes)


def _warmed(rate: Program, count: str, choice: Choice, operations: Mapping[str, Operation]) -> Program:
    """The rate with a warm-up after it: the warm-up's first argument is the count, its second the rate."""
    operation = _operation(choice, "warmup", operations)
    first, second = (each.name for each in data_arguments(operation))
    attributes = match(operation, choice.arguments, choice.span).attributes
    taken = set(rate.tensors)
    names: dict[str, str] = {first: count, second: rate.outputs[0]}

    def name(local: str) -> str:
        wish = local
        while wish in taken:
            wish += "_"
        taken.add(wish)
        names[local] = wish
        return wish

    given = {first: replace(rate.tensors[count]), second: rate.tensors[rate.outputs[0]]}
    made = elaborate(operation, given, attributes, name, operations, label=operation.name)
    tensors = {**rate.tensors, **{each.name: each for each in made.tensors}}
    return _finished(Program(tensors, (*rate.statements, *made.statements)), made.results[-1:])


def _clipping(choice: Choice, operations: Mapping[str, Operation]) -> Clipping:
    operation = _operation(choice, "clipping", operations)
    attributes = match(operation, choice.arguments, choice.span).attributes
    data = data_arguments(operation)
    program, results = _program(operation, _given(data, choice.span, operation), attributes, operations)
    flags = {each.name: attributes.get(each.name, each.default) for each in operation.attributes}
    return Clipping(operation, _finished(program, results[-1:]), data[0].name, flags.get("separate") is True)


def _finished(program: Program, outputs: Sequence[str]) -> Program:
    """What computes ``outputs`` and no more, with one letter for the index."""
    statements = tuple(needed(program, outputs))
    used = {access.tensor for each in statements for access in each.accesses()}
    tensors = {name: each for name, each in program.tensors.items() if name in used or each.role is Role.INPUT}
    return name_axes(check(Program(tensors, statements, tuple(outputs))), NO_BATCH)[0]


def _without_copies(program: Program) -> Program:
    """The program that reads ``g`` where ``d[i] = g[i]`` was all that was said of d, and 3 where it was ``d = 3``."""
    same: dict[str, str] = {}
    constant: dict[str, Expr] = {}
    statements: list[Statement] = []
    for each in program.statements:
        reads = [access.retarget(lambda name: same.get(name, name)) for access in each.reads]
        known = {read_symbol(p): constant[a.tensor] for p, a in enumerate(reads) if a.tensor in constant}
        made = statement(each.target, each.expr.xreplace(known), reads, each.domain, each.reduction, label=each.label)
        statements.append(made)
        name = each.target.tensor
        if sum(1 for other in program.statements if other.target.tensor == name) > 1:
            continue
        if made.expr == read_symbol(0) and made.reads[0].index == made.target.index:
            same[name] = made.reads[0].tensor
        elif made.expr.is_number and not made.target.index:
            constant[name] = made.expr
    return replace(program, statements=tuple(statements))
