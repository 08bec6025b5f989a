"""Reading a description: from text, or from values made in Python, to a ``Description``; and its JSON Schema."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from pydantic import ValidationError

from symbprop.language.source import Source, SourceError
from symbprop.network.description import Description
from symbprop.network.document import read_document
from symbprop.network.faults import source_error
from symbprop.network.fields import Known
from symbprop.network.interpret import interpret
from symbprop.network.node import MappingNode, Node, ScalarNode, SequenceNode, describe, node_of
from symbprop.network.operationform import LayerText, LossText
from symbprop.network.textform import DescriptionText


def read_description(source: Source, operations: Collection[str] | None = None) -> Description:
    """The description that a YAML or JSON text holds.

    ``operations`` are the names the library has; with them, a layer or a loss that is not among them is an error here.

    Raises SourceError, at the place of the fault, for everything that is wrong with the text.

    >>> source = Source("net.yaml", "inputs: {x: {shape: [64]}}\\nlayers:\\n  - dense: {units: 3}")
    >>> description = read_description(source)
    >>> description.name, description.layers[0].kind, description.layers[0].arguments["units"].value.plain()
    ('net', 'dense', 3)
    """
    return _description(read_document(source), operations)


def make_description(fields: dict[str, Any], operations: Collection[str] | None = None) -> Description:
    """The description given by Python values, in the text form: ``{"inputs": {"x": {"shape": [64]}}, ...}``."""
    return _description(node_of(fields), operations)


def json_schema(operations: Collection[str] = ()) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of descriptions, for editors; ``operations`` are the names the library has.

    They are the only ones accepted, unless a description defines operations of its own. What a JSON Schema cannot
    say, such as that no two things may share a name, only ``read_description`` checks.
    """
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **DescriptionText.model_json_schema()}
    names = sorted(operations)
    if names:
        definitions = schema["$defs"]
        for form in (LayerText, LossText):
            definition = definitions[form.__name__]
            definition["properties"] |= dict.fromkeys(names, definition["additionalProperties"])
            definitions[f"Known{form.__name__}"] = {
                "propertyNames": {"enum": [*form.model_fields, *names]},
                "oneOf": [{"required": [name]} for name in (*names, "formula")],
            }
        schema["if"] = {"required": ["operations"]}
        schema["else"] = {"properties": _known_only(names)}
    return schema


def _known_only(names: list[str]) -> dict[str, Any]:
    """What holds of a description's layers and losses if only the library's operations may be used."""
    layer = {"if": {"type": "object"}, "then": {"$ref": "#/$defs/KnownLayerText"}, "else": {"enum": names}}
    loss = {"if": {"type": "object"}, "then": {"$ref": "#/$defs/KnownLossText"}}
    return {"layers": {"items": layer}, "nodes": {"additionalProperties": layer}, "loss": {**loss, "items": loss}}


def _description(root: Node, operations: Collection[str] | None) -> Description:
    if not isinstance(root, MappingNode):
        raise SourceError(f"a description is a mapping, not {describe(root)}", root.span)
    try:
        text = DescriptionText.model_validate(root.plain(), context=_known(root, operations))
    except ValidationError as error:
        raise source_error(error, root) from None
    return interpret(root, text)


def _known(root: MappingNode, operations: Collection[str] | None) -> Known:
    """The names that may be used, as far as they can be told before the description's own operations are parsed."""
    if operations is None or root.get("operations") is not None:
        return Known()
    # The loss may be a layer's output; where formulas are the description, any scalar they define.
    formulas_only = "layers" not in root.entries and "nodes" not in root.entries
    return Known(frozenset(operations), None if formulas_only else frozenset(operations).union(_layer_names(root)))


def _layer_names(root: MappingNode) -> Iterator[str]:
    """The keys of the nodes, and the names given beside or among the arguments of a layer."""
    nodes, layers = root.get("nodes"), root.get("layers")
    if isinstance(nodes, MappingNode):
        yield from nodes.entries
    for layer in layers.items if isinstance(layers, SequenceNode) else ():
        inner = [entry.value for entry in layer.entries.values()] if isinstance(layer, MappingNode) else []
        for place in (layer, *inner):
            name = place.get("name") if isinstance(place, MappingNode) else None
            if isinstance(name, ScalarNode) and isinstance(name.value, str):
                yield name.value
