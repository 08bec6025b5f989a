"""Uses of an operation that are alike, elaborated once: a hundred layers of one kind differ in names alone."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, replace

from symbprop.calculus.program import Tensor
from symbprop.calculus.statement import Statement
from symbprop.language.elaborate import Elaborated, elaborate
from symbprop.language.modes import Modes
from symbprop.language.syntax import AttributeValue, Operation

CALLED = ("name", "label")  # what of a tensor no elaboration depends on
KNOWN = tuple(each.name for each in fields(Tensor) if each.name not in CALLED)


class Elaborations:
    """The elaborations of one program: its ``operations``, and what ``training`` means in their conditions."""

    def __init__(self, operations: Mapping[str, Operation], *, training: bool) -> None:
        self._operations = operations
        self._training = training
        self._made: dict[Hashable, tuple[Operation, Elaborated]] = {}

    def of(
        self,
        operation: Operation,
        given: Mapping[str, Tensor],
        attributes: Mapping[str, AttributeValue],
        name: Callable[[str], str],
    ) -> Elaborated:
        """:func:`elaborate` of an operation of the library or of the description. Raises ``SourceError``."""
        called: dict[str, str] = {}  # the first argument that each tensor is, by its name
        for local, tensor in given.items():
            called.setdefault(tensor.name, local)
        key = (
            id(operation),
            tuple((local, called[each.name], *(getattr(each, of) for of in KNOWN)) for local, each in given.items()),
            tuple((attribute, type(value), value) for attribute, value in attributes.items()),
        )
        if key not in self._made:
            plain = {local: replace(each, name=called[each.name], label="") for local, each in given.items()}
            made = elaborate(operation, plain, attributes, str, self._operations, training=self._training)
            self._made[key] = operation, made
        return _named(self._made[key][1], given, name)


def _named(made: Elaborated, given: Mapping[str, Tensor], name: Callable[[str], str]) -> Elaborated:
    """What was elaborated with the operation's own names, with those of the program."""
    names = {local: tensor.name for local, tensor in given.items()}
    for each in made.tensors:
        names[each.name] = name(each.name)
    modes = Modes(
        {names[state]: local for state, local in made.modes.states.items()},
        {names[state]: names[following] for state, following in made.modes.updates.items()},
        {names[noise]: draw for noise, draw in made.modes.noise.items()},
        made.modes.differ,
    )
    return Elaborated(
        tuple(replace(each, name=names[each.name]) for each in made.tensors),
        tuple(_renamed(each, names) for each in made.statements),
        tuple(names[each] for each in made.results),
        {names[parameter]: local for parameter, local in made.parameters.items()},
        {
            names[local]: replace(given[local], classes=each.classes, interval=each.interval)
            for local, each in made.refined.items()
        },
        modes,
    )


def _renamed(each: Statement, names: Mapping[str, str]) -> Statement:
    reads = tuple(access.retarget(names.__getitem__) for access in each.reads)
    return replace(each, target=each.target.retarget(names.__getitem__), reads=reads)
