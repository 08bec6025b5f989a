"""A smaller network with the same fault: nodes cut out, arguments dropped, sizes made smaller, as long as it still fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from .sketch import Loss, Node, Sketch, Tensor, output_of

SECONDS = 120.0


def shrunk(sketch: Sketch, fails: Callable[[Sketch], bool], seconds: float = SECONDS) -> Sketch:
    """The smallest network found, greedily, that still ``fails``. The same on every machine that is fast enough."""
    end = time.monotonic() + seconds
    found = True
    while found and time.monotonic() < end:
        found = False
        for each in candidates(sketch):
            smaller = fitted(each)
            if smaller is not None and size(smaller) < size(sketch) and fails(smaller):
                sketch, found = smaller, True
                break
            if time.monotonic() > end:
                break
    return sketch


def size(sketch: Sketch) -> tuple[int, int, int]:
    """What is made smaller: nodes and losses, then the text, then the sizes."""
    numbers = sum(n if isinstance(n, int) else 9 for each in sketch.inputs.values() for n in each.shape)
    return len(sketch.nodes) + len(sketch.losses), len(sketch.text), numbers


def candidates(sketch: Sketch) -> Iterator[Sketch]:
    """Networks that lack one thing, what takes most away first."""
    if sketch.more:
        yield replace(sketch, more="")
    for loss in sketch.losses:
        yield replace(sketch, losses=tuple(each for each in sketch.losses if each is not loss))
    shapes = tensors(sketch) or {}
    for name, node in reversed(sketch.nodes.items()):
        for read in node.inputs.values():
            yield _renamed(sketch, name, read)
        if name in shapes:
            nodes = {key: each for key, each in sketch.nodes.items() if key != name}
            yield replace(sketch, nodes=nodes, inputs={**sketch.inputs, name: shapes[name]})
    for name, node in sketch.nodes.items():
        for table in ("arguments", "inputs", "beside"):
            for key in getattr(node, table):
                yield _with_node(sketch, name, replace(node, **{table: _without(getattr(node, table), key)}))
        for key, value in node.arguments.items():
            if value not in ("1", "2"):
                yield from (_with_node(sketch, name, replace(node, arguments={**node.arguments, key: n})) for n in "12")
    for loss in sketch.losses:
        smaller = [replace(loss, kind="", arguments={})] if loss.kind else []
        smaller += [replace(loss, arguments=_without(loss.arguments, key)) for key in loss.arguments]
        for other in smaller:
            yield replace(sketch, losses=tuple(other if each is loss else each for each in sketch.losses))
    for name, tensor in sketch.inputs.items():
        for axis, old in enumerate(tensor.shape):
            for new in (1, 2, 3):
                if isinstance(old, str) or new < old:
                    shape = (*tensor.shape[:axis], new, *tensor.shape[axis + 1 :])
                    yield replace(sketch, inputs={**sketch.inputs, name: replace(tensor, shape=shape)})


def tensors(sketch: Sketch) -> dict[str, Tensor] | None:
    """The shape of every tensor, ``None`` if a node is refused."""
    known = dict(sketch.inputs)
    for name, node in sketch.nodes.items():
        if any(read not in known for read in node.inputs.values()):
            return None
        tensor = output_of(node, known)
        if tensor is None:
            return None
        known[name] = tensor
    return known


def fitted(sketch: Sketch) -> Sketch | None:
    """The network without what no loss needs and with targets of the right shapes, ``None`` if there is no such."""
    sketch = sketch.pruned()
    if not sketch.losses or not sketch.nodes:
        return None
    shapes = tensors(sketch)
    if shapes is None:
        return None
    losses = []
    for loss in sketch.losses:
        tensor = shapes[loss.prediction]
        if not tensor.shape and loss.kind:
            return None
        losses.append(loss.fitted(tensor))
    return replace(sketch, losses=tuple(losses))


def _renamed(sketch: Sketch, old: str, new: str) -> Sketch:
    """Without the node ``old``: what read it reads ``new``."""
    nodes = {
        name: replace(each, inputs={role: new if read == old else read for role, read in each.inputs.items()})
        for name, each in sketch.nodes.items()
        if name != old and each.beside.get("share") != old
    }
    losses: list[Loss] = [replace(e, prediction=new if e.prediction == old else e.prediction) for e in sketch.losses]
    return replace(sketch, nodes=nodes, losses=tuple(losses))


def _with_node(sketch: Sketch, name: str, node: Node) -> Sketch:
    return replace(sketch, nodes={**sketch.nodes, name: node})


def _without(table: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in table.items() if name != key}
