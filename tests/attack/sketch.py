"""A network in the making: nodes, inputs and losses as plain records, the text of their description, and their shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from symbprop.language.source import Source, SourceError
from symbprop.library.catalogue import catalogue
from symbprop.network.build import build
from symbprop.pipeline import read

Shape = tuple[int | str, ...]  # of one example; a name is a size that is free at run time
ENTRIES = 400  # the most elements of one example of a tensor: networks stay small


@dataclass(frozen=True, slots=True)
class Tensor:
    """The shape of one example; the number of classes of an integer tensor."""

    shape: Shape
    classes: int = 0

    @property
    def text(self) -> str:
        kind = f", dtype: int, classes: {self.classes}" if self.classes else ""
        return f"{{shape: [{', '.join(map(str, self.shape))}]{kind}}}"


@dataclass(frozen=True, slots=True)
class Node:
    """A layer: its operation, its arguments as text, the tensor in each role, and what stands beside the operation."""

    kind: str
    arguments: Mapping[str, str]
    inputs: Mapping[str, str]
    beside: Mapping[str, str]

    def text(self, name: str) -> str:
        arguments = ", ".join(f"{key}: {value}" for key, value in self.arguments.items())
        roles = ", ".join(f"{key}: {value}" for key, value in self.inputs.items())
        if all(key.startswith("_") for key in self.inputs):  # an associative operation: any number, in order
            roles = f"[{', '.join(self.inputs.values())}]"
        else:
            roles = f"{{{roles}}}"
        beside = "".join(f", {key}: {value}" for key, value in self.beside.items())
        return f"  {name}: {{{self.kind}: {{{arguments}}}, inputs: {roles}{beside}}}"


@dataclass(frozen=True, slots=True)
class Loss:
    """A term of the loss: an operation between ``prediction`` and a target of its own; without ``kind`` a formula."""

    kind: str
    prediction: str
    arguments: Mapping[str, str]
    shape: Shape = ()  # of the prediction

    def fitted(self, prediction: Tensor) -> Loss:
        """The same for a prediction of another shape."""
        return replace(self, shape=prediction.shape)

    @property
    def target(self) -> Tensor | None:
        """The target: of the prediction's shape, or a class for each of its vectors. A formula has none."""
        if not self.kind:
            return None
        prediction, target = catalogue().operations[self.kind].arguments
        if len(target.index) == len(prediction.index):
            return Tensor(self.shape)
        classes = self.shape[-1]
        return Tensor(self.shape[:-1], classes if isinstance(classes, int) else 2)

    def text(self, target: str) -> str:
        if not self.kind:
            indices = ", ".join(["n", *"ijkl"[: len(self.shape)]])
            read = f"{self.prediction}[{indices}]"
            return f"  - {{formula: 'L_{target} = mean(({indices}), sin({read}) + {read}^2 / 2)'}}"
        arguments = "".join(f", {key}: {value}" for key, value in self.arguments.items())
        return f"  - {self.kind}: {{inputs: [{self.prediction}, {target}]{arguments}}}"


@dataclass(frozen=True, slots=True)
class Sketch:
    """Inputs and nodes by name, in order, the losses, and any sections of the description behind them."""

    inputs: Mapping[str, Tensor]
    nodes: Mapping[str, Node]
    losses: tuple[Loss, ...] = ()
    more: str = ""

    @property
    def text(self) -> str:
        """The description."""
        inputs = ", ".join(f"{name}: {each.text}" for name, each in self.inputs.items())
        targets = {f"y{i}": each.target for i, each in enumerate(self.losses) if each.target is not None}
        lines = [f"inputs: {{{inputs}}}"]
        if targets:
            lines.append("targets: {" + ", ".join(f"{name}: {each.text}" for name, each in targets.items()) + "}")
        lines += ["nodes:", *(each.text(name) for name, each in self.nodes.items())]
        if self.losses:
            outputs = dict.fromkeys(each.prediction for each in self.losses)
            lines.append(f"outputs: [{', '.join(outputs)}]")
            lines += ["loss:", *(each.text(f"y{i}") for i, each in enumerate(self.losses))]
        return "\n".join(lines) + "\n" + self.more

    def pruned(self) -> Sketch:
        """Without what no loss needs."""
        needed = {each.prediction for each in self.losses}
        for name, each in reversed(self.nodes.items()):
            if name in needed:
                needed.update(each.inputs.values())
                needed.update(key for key in (each.beside.get("share"),) if key)
        nodes = {name: each for name, each in self.nodes.items() if name in needed}
        # A node that only lends its parameters still reads what it reads.
        inputs = {name: each for name, each in self.inputs.items() if name in needed}
        return replace(self, nodes=nodes, inputs=inputs)


def output_of(node: Node, inputs: Mapping[str, Tensor]) -> Tensor | None:
    """What a node gives, ``None`` if it is refused. Found by building it alone; ``Exception`` of any other kind passes."""
    beside = {key: value for key, value in node.beside.items() if key != "share"}
    plain = Node(node.kind, node.arguments, {role: f"x{i}" for i, role in enumerate(node.inputs)}, beside)
    given = tuple(inputs[name] for name in node.inputs.values())
    if any(isinstance(size, str) and not size.isidentifier() for each in given for size in each.shape):
        return None
    return _alone(Sketch({f"x{i}": each for i, each in enumerate(given)}, {"a": plain}).text)


@cache
def _alone(text: str) -> Tensor | None:
    try:
        program = build(read(Source("alone.yaml", text))).program
    except SourceError:
        return None
    tensor = program.tensors[program.outputs[0]]
    shape = tuple(size if isinstance(size, int) else str(size) for size in tensor.shape[1:])
    entries = 1
    for size in shape:
        entries *= size if isinstance(size, int) else 4
    return Tensor(shape) if tensor.shape and str(tensor.shape[0]) == "N" and 0 < entries <= ENTRIES else None


def layers() -> dict[str, list[str]]:
    """The names of the library's operations that may stand in a network, by category."""
    found: dict[str, list[str]] = {}
    for name in catalogue().operations:
        found.setdefault(catalogue().category(name), []).append(name)
    for other in ("initializers", "optimizers", "schedules", "warmups", "clipping", "metrics", "losses", "penalties"):
        del found[other]
    return found
