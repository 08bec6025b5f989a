"""The metrics of a description: scalars computed like a loss, watched and never differentiated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from symbprop.language.source import SourceError
from symbprop.language.syntax import Operation
from symbprop.network.arguments import attribute
from symbprop.network.description import Argument, Choice, Description, Label, LossSpec
from symbprop.network.node import ScalarNode, SequenceNode

ACCURACY = "accuracy"  # the attribute of a loss that names its metric
INPUTS = "inputs"  # an argument of any metric: what it is taken of


def watched(description: Description, library: Mapping[str, Operation]) -> Sequence[Choice]:
    """The metrics that are asked for. If none are, what trains with one loss is measured by the accuracy it names."""
    if description.metrics or description.training is None or len(description.loss) != 1:
        return description.metrics
    (loss,) = description.loss
    operation = library.get(loss.kind)
    named = operation is not None and any(each.name == ACCURACY for each in operation.attributes)
    return (Choice(ACCURACY, {}, loss.span),) if named and not loss.inputs else ()


def metric_terms(
    metrics: Sequence[Choice], losses: Sequence[LossSpec], library: Mapping[str, Operation]
) -> Iterator[tuple[str, LossSpec]]:
    """Each metric as a term like those of a loss, by a name of its own.

    A name that no operation has is looked for among what the losses say of themselves: a loss with the attribute
    ``accuracy = binary_accuracy`` is measured by that when ``accuracy`` is asked for.
    """
    taken: set[str] = set()
    for choice in metrics:
        name, count = choice.name, 1
        while name in taken:
            count += 1
            name = f"{choice.name}_{count}"
        taken.add(name)
        inputs = tuple(_labels(choice.arguments[INPUTS])) if INPUTS in choice.arguments else ()
        arguments = {key: each for key, each in choice.arguments.items() if key != INPUTS}
        kind = choice.name
        if kind not in library:
            kind, more = _said_by_a_loss(choice, losses, library)
            arguments = {**more, **arguments}
        yield name, LossSpec(kind, arguments, inputs, span=choice.span)


def _labels(argument: Argument) -> Iterator[Label]:
    nodes = argument.value.items if isinstance(argument.value, SequenceNode) else (argument.value,)
    for node in nodes:
        if not isinstance(node, ScalarNode) or not isinstance(node.value, str):
            raise SourceError("a metric's inputs are names", node.span)
        yield Label(node.value, node.span)


def _said_by_a_loss(
    choice: Choice, losses: Sequence[LossSpec], library: Mapping[str, Operation]
) -> tuple[str, Mapping[str, Argument]]:
    """The operation that a loss names for a metric, and the arguments that it shares with the loss."""
    for loss in losses:
        operation = library.get(loss.kind)
        said = {each.name: each.default for each in operation.attributes} if operation is not None else {}
        if choice.name in loss.arguments:
            said[choice.name] = attribute(loss.arguments[choice.name].value, "")
        name = said.get(choice.name)
        if isinstance(name, str) and name in library:
            declared = {each.name for each in library[name].attributes}
            return name, {key: each for key, each in loss.arguments.items() if key in declared}
    hint = "no loss here names one; known are the operations that `symbprop ops` lists under metrics and losses"
    raise SourceError(f"there is no metric '{choice.name}'", choice.span, hint=hint)
