"""What a description writes behind an operation's name, matched with what the operation declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from symbprop.language.placement import AXIS, takes_axis, takes_channels
from symbprop.language.source import SourceError, Span, did_you_mean
from symbprop.language.syntax import Argument as Signature
from symbprop.language.syntax import Attribute, AttributeValue, Operation
from symbprop.network.description import Argument, Choice, Label
from symbprop.network.node import MappingNode, Node, ScalarNode, SequenceNode, describe

DATA_FORMAT = "data_format"


@dataclass(frozen=True, slots=True)
class Matched:
    """Attributes by name; initialisers and regularisers by the parameter's local name; optional inputs by theirs."""

    attributes: Mapping[str, AttributeValue]
    initializers: Mapping[str, Choice]
    regularizers: Mapping[str, Choice]
    inputs: Mapping[str, Label] = field(default_factory=dict)


def data_arguments(operation: Operation) -> list[Signature]:
    """The arguments that are tensors given from outside, in order."""
    return [each for each in operation.arguments if not each.initializer and each.noise is None]


def roles(operation: Operation, given: Sequence[str], named: Sequence[Label], span: Span) -> list[str]:
    """Which data argument each of the inputs ``given`` is: in order, or as ``named``.

    Raises ``SourceError`` where there are too many or too few, and for a name that is no data argument.
    """
    arguments = {each.name: each for each in data_arguments(operation)}
    for each in named:
        if each.text not in arguments:
            hint = did_you_mean(each.text, arguments)
            raise SourceError(f"'{operation.name}' has no input '{each.text}'", each.span, hint=hint)
    found = [each.text for each in named] or list(arguments)[: len(given)]
    needed = [name for name, each in arguments.items() if each.absent is None]
    if len(found) < len(given) or any(name not in found for name in needed):
        wanted = f"{len(needed)} to {len(arguments)}" if len(needed) < len(arguments) else f"{len(needed)}"
        raise SourceError(f"'{operation.name}' takes {wanted} inputs, here are {len(given)}: {', '.join(given)}", span)
    return found


def optional_inputs(operation: Operation, written: Mapping[str, Argument]) -> dict[str, Label]:
    """The optional inputs that ``written`` names: ``lstm: {units: 8, mask: m}``. Raises ``SourceError``."""
    found: dict[str, Label] = {}
    for each in operation.arguments:
        if each.absent is not None and each.name in written:
            node = written[each.name].value
            if not isinstance(node, ScalarNode) or not isinstance(node.value, str):
                raise SourceError(f"the name of an input or layer stands here, not {describe(node)}", node.span)
            found[each.name] = Label(node.value, node.span)
    return found


def match(operation: Operation, written: Mapping[str, Argument], span: Span) -> Matched:
    """Raises ``SourceError`` for a key that the operation does not have, and for one that it needs and lacks."""
    attributes: dict[str, AttributeValue] = {}
    initializers: dict[str, Choice] = {}
    regularizers: dict[str, Choice] = {}
    declared = {each.name: each for each in operation.attributes}
    parameters: dict[str, tuple[dict[str, Choice], str]] = {}
    for each in operation.arguments:
        if each.initializer:
            for prefix in dict.fromkeys((each.alias or each.name, each.name)):
                parameters[f"{prefix}_initializer"] = (initializers, each.name)
                if not each.state:
                    parameters[f"{prefix}_regularizer"] = (regularizers, each.name)
    inputs = optional_inputs(operation, written)
    optional = [each.name for each in operation.arguments if each.absent is not None]
    for key, argument in written.items():
        if key in inputs or (key in declared and declared[key].default is not None and _is_null(argument.value)):
            continue
        if key == AXIS and takes_axis(operation):
            attributes[AXIS] = _axes(argument)
        elif key == DATA_FORMAT and key not in declared and takes_channels(operation):
            attributes.update(_data_format(argument))
        elif key in declared:
            attributes[key] = value = attribute(argument.value, default_of(declared[key], declared), operation.axes)
            if declared[key].choices and value not in declared[key].choices:
                raise SourceError(
                    f"'{key}' of '{operation.name}' is one of {', '.join(declared[key].choices)}",
                    argument.key.span,
                    hint=did_you_mean(str(value), declared[key].choices),
                )
            _require_inside(value, declared[key], argument)
        elif key in parameters:
            table, local = parameters[key]
            chosen = choice(argument.value)
            if chosen is not None:
                table[local] = chosen
        else:
            raise SourceError(
                f"'{operation.name}' has no argument '{key}'",
                argument.key.span,
                hint=did_you_mean(key, [*declared, *parameters, *optional, *[AXIS] * takes_axis(operation)]),
            )
    for name, wanted in declared.items():
        if wanted.default is None and name not in attributes:
            raise SourceError(f"'{operation.name}' needs '{name}'", span, hint=f"write {operation.name}: {{{name}: …}}")
    return Matched(attributes, initializers, regularizers, inputs)


def _is_null(node: Node) -> bool:
    """``strides: null`` means what it means not to give it."""
    return isinstance(node, ScalarNode) and node.value is None


def _axes(argument: Argument) -> AttributeValue:
    """``axis: 1``, or several: ``axis: [1, 2]``."""
    value = attribute(argument.value, None)
    numbers = value if isinstance(value, tuple) else (value,)
    if not all(isinstance(each, Fraction) and each.denominator == 1 for each in numbers):
        raise SourceError("the number of an axis stands here, or a list of such", argument.value.span)
    return value


def _data_format(argument: Argument) -> dict[str, AttributeValue]:
    """Channels last is how formulas are written; with channels first, the last axis is axis 1."""
    formats: dict[AttributeValue, dict[str, AttributeValue]] = {
        "channels_last": {},
        "channels_first": {AXIS: Fraction(1)},
    }
    value = attribute(argument.value, "")
    if value not in formats:
        hint = did_you_mean(str(value), map(str, formats))
        raise SourceError(f"'{DATA_FORMAT}' is channels_first or channels_last", argument.value.span, hint=hint)
    return formats[value]


def _require_inside(value: AttributeValue, wanted: Attribute, argument: Argument) -> None:
    if wanted.interval is not None and isinstance(value, Fraction):
        low, high = wanted.interval
        if not low <= value <= high:
            message = f"'{wanted.name}' is a number from {float(low):g} to {float(high):g}, not {float(value):g}"
            raise SourceError(message, argument.value.span)


def default_of(attribute: Attribute, declared: Mapping[str, Attribute]) -> AttributeValue | None:
    """The default of an attribute, which may be that of another (``strides = pool_size``)."""
    other = declared.get(attribute.default) if isinstance(attribute.default, str) else None
    return attribute.default if other is None or other is attribute else other.default


def attribute(node: Node, default: AttributeValue | None, axes: int = 0) -> AttributeValue:
    """A value for an attribute; it must be of the kind of the default.

    An operation on ``axes`` spatial axes takes a list with one number (or pair) for each of them instead of a number.
    """
    value: AttributeValue
    match node:
        case ScalarNode(value=bool() as truth):
            value = truth
        case ScalarNode(value=int() | Fraction() as number):
            value = Fraction(number)
        case ScalarNode(value=str() as text):
            value = text
        case SequenceNode(items=items):
            value = tuple(_pair(item) if axes and isinstance(item, SequenceNode) else _number(item) for item in items)
            if axes and len(value) != axes and not (axes == 1 and len(value) == 2):
                raise SourceError(f"there are {axes} spatial axes, this list has {len(value)} entries", node.span)
        case _:
            raise SourceError(f"a number stands here, not {describe(node)}", node.span)
    listed = isinstance(value, tuple) and isinstance(default, Fraction) and axes > 0
    if default is not None and type(value) is not type(default) and not listed:
        wanted = {bool: "true or false", Fraction: "a number", str: "a name", tuple: "a list of numbers"}[type(default)]
        raise SourceError(f"{wanted} stands here, not {describe(node)}", node.span)
    return value


def _pair(node: SequenceNode) -> tuple[Fraction, ...]:
    return tuple(_number(item) for item in node.items)


def _number(node: Node) -> Fraction:
    if isinstance(node, ScalarNode) and isinstance(node.value, (int, Fraction)) and not isinstance(node.value, bool):
        return Fraction(node.value)
    raise SourceError(f"a number stands here, not {describe(node)}", node.span)


def choice(node: Node) -> Choice | None:
    """``glorot_uniform`` or ``{constant: {value: 0.1}}``; nothing for null."""
    match node:
        case ScalarNode(value=None):
            return None
        case ScalarNode(value=str() as name):
            return Choice(name, {}, node.span)
        case MappingNode(entries=entries) if len(entries) == 1:
            ((name, entry),) = entries.items()
            inner = entry.value.entries if isinstance(entry.value, MappingNode) else {}
            written = {key: Argument(Label(key, e.span), e.value) for key, e in inner.items()}
            return Choice(name, written, entry.span)
    raise SourceError(f"a name, or one name with its arguments, stands here, not {describe(node)}", node.span)
