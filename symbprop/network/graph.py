"""The order of a graph's nodes: each after its inputs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from symbprop.language.source import SourceError
from symbprop.network.description import LayerSpec


def in_order(
    nodes: Mapping[str, LayerSpec], given: Collection[str], more: Callable[[LayerSpec], Collection[str]]
) -> Iterator[tuple[str, LayerSpec]]:
    """The nodes, each after those it reads, in the order of the description where there is a choice.

    ``more`` gives the names that a layer reads beside its ``inputs``. Raises ``SourceError`` that prints a cycle as a cycle. Iterative: a chain may be ten thousand nodes long.
    """
    state: dict[str, int] = {}
    for first in nodes:
        stack = [(first, iter(_before(nodes, first, given, more)))]
        if state.get(first):
            continue
        state[first] = 1
        while stack:
            label, rest = stack[-1]
            for each in rest:
                if state.get(each) == 1:
                    path = [entry[0] for entry in stack]
                    cycle = " → ".join([*path[path.index(each) :], each])
                    raise SourceError(f"these nodes read each other in a circle: {cycle}", nodes[each].span)
                if not state.get(each):
                    state[each] = 1
                    stack.append((each, iter(_before(nodes, each, given, more))))
                    break
            else:
                state[label] = 2
                stack.pop()
                yield label, nodes[label]


def _before(
    nodes: Mapping[str, LayerSpec], label: str, given: Collection[str], more: Callable[[LayerSpec], Collection[str]]
) -> list[str]:
    """The nodes that must stand before ``label``: its inputs, and the one whose parameters it shares."""
    spec = nodes[label]
    names = [*(each.text for each in spec.inputs), *more(spec)]
    if spec.share is not None:
        names.append(spec.share.text)
    return [name for name in names if name in nodes and name not in given]
