"""From the checked tree of a description to its records, every one with its place in the file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import PurePath

from symbprop.language.source import Source, SourceError, Span
from symbprop.network.description import (
    Argument,
    Choice,
    Description,
    Label,
    LayerSpec,
    LossSpec,
    ParameterSpec,
    StoppingSpec,
    TensorSpec,
    TrainingSpec,
)
from symbprop.network.node import Entry, MappingNode, Node, ScalarNode, SequenceNode
from symbprop.network.operationform import LayerArguments, LayerText, LossArguments, LossText, operation_keys
from symbprop.network.textform import DescriptionText, ParameterText, StoppingText, TensorText, TrainingText


def interpret(root: MappingNode, text: DescriptionText) -> Description:
    """The description that ``root`` holds and ``text``, made from it, has found to be well formed.

    Raises SourceError if two things have one name.
    """
    description = Description(
        name=text.name or _stem(root.span.source),
        inputs=_tensors(root, "inputs", text.inputs),
        targets=_tensors(root, "targets", text.targets),
        parameters={
            key: _parameter(entry, text.parameters[key]) for key, entry in _entries(root.get("parameters")).items()
        },
        operations=_sources(root.get("operations")),
        layers=tuple(_layer(node) for node in _items(root.get("layers"))),
        nodes={key: _node(entry) for key, entry in _entries(root.get("nodes")).items()},
        formulas=_sources(root.get("formulas") or root.get("formula")),
        loss=tuple(_loss(node) for node in _items(root.get("loss"))),
        outputs=_labels(root.get("outputs")),
        metrics=tuple(each for each in map(_choice, _items(root.get("metrics"))) if each is not None),
        functions=tuple({each.text: each for each in _labels(root.get("functions"))}.values()),
        dtype=text.dtype,
        training=_training(root.entries.get("training"), text.training),
        doc=text.doc or "",
        span=root.span,
    )
    _refuse_shared_names(description)
    return description


def _stem(source: Source) -> str:
    stem = PurePath(source.name).stem
    return stem if stem and not stem.startswith("<") and stem.isprintable() else "network"


def _entries(node: Node | None) -> Mapping[str, Entry]:
    return node.entries if isinstance(node, MappingNode) else {}


def _items(node: Node | None) -> tuple[Node, ...]:
    """The items of a list; anything else that is there is the one item."""
    if isinstance(node, SequenceNode):
        return node.items
    return () if node is None or (isinstance(node, ScalarNode) and node.value is None) else (node,)


def _text(node: Node) -> str:
    return str(node.plain())


def _label(node: Node | None) -> Label | None:
    return None if node is None or node.plain() is None else Label(_text(node), node.span)


def _labels(node: Node | None) -> tuple[Label, ...]:
    items = [entry.value for entry in node.entries.values()] if isinstance(node, MappingNode) else _items(node)
    return tuple(Label(_text(item), item.span) for item in items)


def _sources(node: Node | None) -> tuple[Source, ...]:
    nodes = [entry.value for entry in _entries(node).values()] if isinstance(node, MappingNode) else _items(node)
    return tuple(item.source() for item in nodes if isinstance(item, ScalarNode))


def _source(node: Node | None) -> Source | None:
    return next(iter(_sources(node)), None)


def _arguments(node: Node | None, reserved: Collection[str] = ()) -> dict[str, Argument]:
    return {
        key: Argument(Label(key, entry.span), entry.value)
        for key, entry in _entries(node).items()
        if key not in reserved
    }


def _choice(node: Node | None) -> Choice | None:
    if isinstance(node, MappingNode):
        ((name, entry),) = node.entries.items()
        return Choice(name, _arguments(entry.value), entry.span)
    return None if node is None or node.plain() is None else Choice(_text(node), {}, node.span)


def _choices(node: Node | None) -> dict[str, Choice]:
    chosen = {key: _choice(entry.value) for key, entry in _entries(node).items()}
    return {key: choice for key, choice in chosen.items() if choice is not None}


def _interval(bounds: list[Fraction] | None) -> tuple[Fraction, Fraction] | None:
    return None if bounds is None else (bounds[0], bounds[1])


def _tensors(root: MappingNode, key: str, texts: Mapping[str, TensorText]) -> dict[str, TensorSpec]:
    return {name: _tensor(entry, texts[name]) for name, entry in _entries(root.get(key)).items()}


def _tensor(entry: Entry, text: TensorText) -> TensorSpec:
    return TensorSpec(tuple(text.shape), text.dtype, text.classes, _interval(text.range), text.batch, entry.span)


def _parameter(entry: Entry, text: ParameterText) -> ParameterSpec:
    shape = None if text.shape is None else tuple(text.shape)
    given = _entries(entry.value)
    initializer, regularizer = (
        _choice(given[key].value) if key in given else None for key in ("initializer", "regularizer")
    )
    return ParameterSpec(shape, initializer, regularizer, _interval(text.range), entry.span)


class _Operation:
    """A layer or a term of the loss: the entry that names its operation, and what is said beside it or among its
    arguments, as one.
    """

    def __init__(self, node: Node, fields: Collection[str], reserved: Collection[str]) -> None:
        entries = _entries(node)
        named = operation_keys(entries, fields)
        if isinstance(node, ScalarNode):
            self.kind, self.span, inner = _text(node), node.span, None
        elif named:
            entry = entries[named[0]]
            self.kind, self.span, inner = entry.key, entry.span, entry.value
        else:
            self.kind, self.span, inner = "formula", entries["formula"].span, None
        self.arguments = _arguments(inner, reserved)
        self.said = {key: entry for key, entry in _entries(inner).items() if key in reserved}
        self.said.update((key, entry) for key, entry in entries.items() if key in fields)

    def get(self, key: str) -> Node | None:
        """What is said under ``key``, wherever it is said."""
        return self.said[key].value if key in self.said else None


def _layer(node: Node) -> LayerSpec:
    operation = _Operation(node, LayerText.model_fields, LayerArguments.model_fields)
    return LayerSpec(
        operation.kind,
        operation.arguments,
        name=_label(operation.get("name")),
        inputs=_labels(operation.get("inputs")),
        roles=tuple(Label(key, entry.span) for key, entry in _entries(operation.get("inputs")).items()),
        activation=_choice(operation.get("activation")),
        share=_label(operation.get("share")),
        formula=_source(operation.get("formula")),
        initializers=_choices(operation.get("initializers")),
        regularizers=_choices(operation.get("regularizers")),
        activity=_choice(operation.get("activity_regularizer")),
        span=operation.span,
    )


def _node(entry: Entry) -> LayerSpec:
    layer = _layer(entry.value)
    if layer.name is not None:
        raise SourceError("a node is named by its key", layer.name.span, hint=f"its name is '{entry.key}'")
    return replace(layer, name=Label(entry.key, entry.span))


def _loss(node: Node) -> LossSpec:
    operation = _Operation(node, LossText.model_fields, LossArguments.model_fields)
    weight = operation.get("weight")
    return LossSpec(
        operation.kind,
        operation.arguments,
        inputs=_labels(operation.get("inputs")),
        weight=Fraction(1) if weight is None else _fraction(weight),
        formula=_source(operation.get("formula")),
        span=operation.span,
    )


def _fraction(node: Node) -> Fraction:
    value = node.plain()
    assert isinstance(value, int | Fraction), "the text form has checked that this is a number"
    return Fraction(value)


def _training(entry: Entry | None, text: TrainingText | None) -> TrainingSpec | None:
    if entry is None or text is None:
        return None
    given = _entries(entry.value)
    rate = given["learning_rate"].value if "learning_rate" in given else None
    return TrainingSpec(
        optimizer=_choice(given["optimizer"].value) if "optimizer" in given else None,
        learning_rate=_fraction(rate)
        if isinstance(text.learning_rate, Fraction) and rate is not None
        else _choice(rate),
        warmup=_choice(given["warmup"].value) if "warmup" in given else None,
        clip=_choice(given["clip"].value) if "clip" in given else None,
        epochs=text.epochs,
        batch_size=None if text.batch_size == "all" else text.batch_size,
        seed=text.seed,
        shuffle=text.shuffle,
        validation=text.validation,
        early_stopping=_stopping(given.get("early_stopping"), text.early_stopping),
        data=text.data,
        span=entry.span,
    )


def _stopping(entry: Entry | None, text: StoppingText | None) -> StoppingSpec | None:
    if entry is None or text is None:
        return None
    return StoppingSpec(text.patience, text.monitor, text.min_delta, text.restore_best, entry.span)


def _refuse_shared_names(description: Description) -> None:
    """Inputs, targets, parameters and layers are read by name, so no two may share one."""
    taken: dict[str, tuple[str, Span]] = {}
    for noun, name, span in _names(description):
        if name in taken:
            other, place = taken[name]
            hint = f"the other is on line {place.line}, column {place.column}"
            raise SourceError(f"'{name}' names {other} and {noun}", span, hint=hint)
        taken[name] = (noun, span)


def _names(description: Description) -> Iterator[tuple[str, str, Span]]:
    """What is named, by which name, and where."""
    yield from (("an input", name, spec.span) for name, spec in description.inputs.items())
    yield from (("a target", name, spec.span) for name, spec in description.targets.items())
    yield from (("a parameter", name, spec.span) for name, spec in description.parameters.items())
    layers = (*description.layers, *description.nodes.values())
    yield from (("a layer", layer.name.text, layer.name.span) for layer in layers if layer.name is not None)
