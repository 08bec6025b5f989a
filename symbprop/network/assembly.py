"""The program under construction: tensors, statements, names, and operations applied to them."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace

from sympy import Expr, S

from symbprop.calculus.dependence import needed
from symbprop.calculus.index import Extent, size_symbol
from symbprop.calculus.program import Program, Role, Tensor
from symbprop.calculus.statement import Statement
from symbprop.language.alike import Elaborations
from symbprop.language.elaborate import Declared, Elaborated
from symbprop.language.parser import parse_operations
from symbprop.language.source import SourceError, Span, did_you_mean
from symbprop.language.syntax import Draw, Operation
from symbprop.library.catalogue import catalogue
from symbprop.network.arguments import Matched, data_arguments, match
from symbprop.network.description import Choice, Description, Label, TensorSpec
from symbprop.network.initializers import initializer
from symbprop.network.naming import Wishes, identifier
from symbprop.network.network import Initializer, Layer

BATCH = size_symbol("N")


class Assembly:
    """What the description has become so far; names are provisional until the end."""

    def __init__(self, description: Description, free_sizes: bool, training: bool = True) -> None:
        self.description = description
        self.free_sizes = free_sizes
        self.training = training
        self.modes_differ = False
        self.updates: dict[str, str] = {}
        self.noise: dict[str, Draw] = {}
        own = {each.name: each for source in description.operations for each in parse_operations(source)}
        self.library = ChainMap[str, Operation](own, catalogue().operations)  # type: ignore[arg-type]
        self._elaborations = Elaborations(self.library, training=training)
        self.tensors: dict[str, Tensor] = {}
        self.statements: list[Statement] = []
        self.parts: dict[str, str] = {}
        self.layers: list[Layer] = []
        self.initializers: dict[str, Initializer] = {}
        self._initial: dict[Hashable, Initializer] = {}
        self.penalties: list[tuple[str, Choice]] = []
        self.shared: dict[str, Mapping[str, str]] = {}
        self.block = 0
        self.described: set[str] = set()  # the entries of ``parameters:`` that some formula reads
        for role, specs in ((Role.INPUT, description.inputs), (Role.TARGET, description.targets)):
            for label, spec in specs.items():
                self.declare(label, spec, role)
        self.wishes = Wishes(self.tensors)

    def declare(self, label: str, spec: TensorSpec, role: Role) -> None:
        """An input or target, and the name a description calls it by."""
        name = identifier(label)
        if name in self.tensors:
            raise SourceError(f"'{label}' and '{self.tensors[name].label}' need different names", spec.span)
        shape: list[Extent] = [BATCH] if spec.batch else []
        for position, size in enumerate(spec.shape):
            if isinstance(size, int):
                shape.append(size)
            else:
                shape.append(size_symbol(identifier(size) if size else f"S{position + 1}_{name}"))
        interval = None if spec.range is None else (float(spec.range[0]), float(spec.range[1]))
        integer = spec.dtype == "int"
        self.tensors[name] = Tensor(name, tuple(shape), role, integer, spec.classes, interval, label)
        self.parts[label] = name

    def absorb(self, made: Elaborated) -> None:
        """Take over what was elaborated."""
        self.tensors.update((each.name, each) for each in made.tensors)
        self.tensors.update(made.refined)
        self.statements.extend(made.statements)
        self.updates.update(made.modes.updates)
        self.noise.update(made.modes.noise)
        self.modes_differ |= made.modes.differ
        self.wishes.next_operation()

    def start(self, name: str, chosen: Choice | None, default: str, span: Span) -> None:
        """Note how a new parameter is initialised."""
        choice = chosen or Choice(default, {}, span)
        operation = self.operation(choice.name, choice.span)
        shape = self.tensors[name].shape
        if self.free_sizes and not all(isinstance(size, int) for size in shape):
            return
        matched = match(_without_fans(operation), choice.arguments, choice.span)
        key = (operation.name, tuple(matched.attributes.items()), shape)
        if key not in self._initial:  # layers alike start alike
            self._initial[key] = initializer(operation, matched.attributes, shape, self.library, choice.span)
        self.initializers[name] = self._initial[key]

    def begin_states(
        self, made: Elaborated, operation: Operation, chosen: Mapping[str, Choice], span: Span
    ) -> list[str]:
        """Note how the new states of an operation are initialised; their local names."""
        starts = {each.name: each.initializer for each in operation.arguments if each.initializer}
        for state, local in made.modes.states.items():
            self.start(state, chosen.get(local), starts[local], span)
        return list(made.modes.states.values())

    def operation(self, name: str, span: Span) -> Operation:
        """An operation of the library or of the description. Raises ``SourceError`` for a name that is neither."""
        if name not in self.library:
            raise SourceError(f"there is no operation '{name}'", span, hint=did_you_mean(name, self.library))
        return self.library[name]

    def default_initializer(self) -> str:
        """How a parameter of a formula starts: by the operation that is marked as the default."""
        return next(
            name
            for name in catalogue().named("initializers")
            if any(each.name == "default" and each.default is True for each in self.library[name].attributes)
        )

    def resolve(self, label: Label) -> str:
        """The tensor that an input's or layer's name stands for."""
        if label.text not in self.parts:
            hint = did_you_mean(label.text, self.parts)
            raise SourceError(f"there is no input or layer named '{label.text}'", label.span, hint=hint)
        return self.parts[label.text]

    def label_of(self, name: str) -> str:
        """What the description calls a tensor."""
        return next((label for label, tensor in self.parts.items() if tensor == name), name.split("@")[-1])

    def apply(
        self,
        operation: Operation,
        inputs: Sequence[str],
        matched: Matched,
        shared: Mapping[str, str],
        span: Span,
        label: str,
        output_label: str,
        number: str = "",
        roles: Sequence[str] = (),
    ) -> tuple[str, tuple[str, ...]]:
        """One operation's statements; its output and its parameters.

        ``number`` is that of a loss among several; ``roles`` are the arguments that ``inputs`` are, if not the first ones.
        """
        arguments = roles or [each.name for each in data_arguments(operation)]
        given = {local: self.tensors[name] for local, name in zip(arguments, inputs, strict=False)}
        given.update({local: self.tensors[self.resolve(label)] for local, label in matched.inputs.items()})
        declared = {each.name for each in operation.arguments}
        given.update({local: self.tensors[name] for local, name in shared.items() if local in declared})
        made_parameters = any(each.initializer and each.name not in given for each in operation.arguments)
        block = number or label or str(self.block + 1 if made_parameters else self.block)
        last = result_of(operation)

        def name(local: str) -> str:
            return self.wishes.add("" if output_label and local == last else local, block if block != "0" else "")

        made = self._elaborate(operation, given, matched, name, span)
        self.absorb(made)
        starts = {each.name: each.initializer for each in operation.arguments if each.initializer}
        for parameter, local in made.parameters.items():
            default = matched.attributes.get(starts[local]) or starts[local]
            self.start(parameter, matched.initializers.get(local), str(default), span)
            if local in matched.regularizers:
                self.penalties.append((parameter, matched.regularizers[local]))
        self.begin_states(made, operation, matched.initializers, span)
        if (made.parameters or made.modes.states) and not label:
            self.block += 1
        reused = tuple(name for local, name in shared.items() if local in declared)
        return made.results[-1], (*made.parameters, *reused)

    def _elaborate(
        self,
        operation: Operation,
        given: Mapping[str, Tensor],
        matched: Matched,
        name: Callable[[str], str],
        span: Span,
    ) -> Elaborated:
        """Elaborate a library operation; what does not fit is the fault of whoever used it, at ``span``."""
        try:
            return self._elaborations.of(operation, given, matched.attributes, name)
        except SourceError as error:
            if error.span.source.name == span.source.name:
                raise
            shapes = ", ".join(f"{self.label_of(t.name)} {shape_text(t.shape)}" for t in given.values())
            raise SourceError(
                f"'{operation.name}' does not fit {shapes}: {error.message}", span, hint=error.hint
            ) from error

    def declared(self) -> dict[str, Declared]:
        """What the description says of the parameters of its formulas."""
        return {
            name: Declared(spec.shape, None if spec.range is None else (float(spec.range[0]), float(spec.range[1])))
            for name, spec in self.description.parameters.items()
        }

    def per_example(self, name: str) -> Expr:
        """The factor of a penalty on a tensor: one over the number of examples where it has one entry for each."""
        shape = self.tensors[name].shape
        return 1 / BATCH if shape and shape[0] == BATCH else S.One

    def depends_on_targets(self, name: str) -> bool:
        """Whether a tensor's value needs a target, so that it is no prediction."""
        program = Program(self.tensors, tuple(self.statements))
        targets = [tensor.name for tensor in program.of(Role.TARGET)]
        return any(source in targets for each in needed(program, [name]) for source in each.sources())

    def scalar(self, name: str, span: Span) -> str:
        """``name``, or a ``SourceError`` if it is not one number."""
        if self.tensors[name].shape != ():
            shape = shape_text(self.tensors[name].shape)
            raise SourceError(f"a loss is one number, this has shape {shape}", span, hint="take a sum or mean of it")
        return name


def result_of(operation: Operation) -> str:
    """What an operation computes: the target of its last equation that is not the next value of a state."""
    for each in reversed(operation.equations):
        if not each.following:
            return each.target.name
    raise SourceError("this computes nothing but the next value of its state", operation.span)


def _without_fans(operation: Operation) -> Operation:
    """Fan-in and fan-out are the compiler's to give."""
    kept = tuple(each for each in operation.attributes if each.name not in ("fan_in", "fan_out"))
    return replace(operation, attributes=kept)


def shape_text(shape: Sequence[Extent]) -> str:
    """``[N, 32]``."""
    return "[" + ", ".join(str(size) for size in shape) + "]"
