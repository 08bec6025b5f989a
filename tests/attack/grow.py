"""Random networks from a seed: any operation of the library, made from its signature. Nothing here lists operations.

Python's generator of random numbers gives the same network on every machine.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from fractions import Fraction

from symbprop.language.scope import group_of, integer_names
from symbprop.language.syntax import Argument, Attribute, Operation
from symbprop.library.catalogue import catalogue
from symbprop.network.arguments import data_arguments

from .sketch import Loss, Node, Sketch, Tensor, layers, output_of

SIZES = (2, 3, 4, 5, 6, 7)
ELEMENTWISE = [
    name for name, each in catalogue().operations.items()
    if catalogue().category(name) == "activations" and len(each.arguments) == 1 and len(each.arguments[0].index) == 1
    and name != "exponential"
]  # fmt: skip
OPERATIONS = {
    category: [name for name in names if name != "carried"]  # it is a step of the recurrent layers, not a layer
    for category, names in layers().items()
}
LOSSES = [name for name in catalogue().operations if catalogue().category(name) == "losses"]
PENALTIES = [name for name in catalogue().operations if catalogue().category(name) == "penalties"]
INITIALIZERS = ["zeros", "ones", "glorot_uniform", "he_normal", "truncated_normal", "orthogonal"]
CLASSES = ("input_dim", "vocabulary_size", "num_classes")
TRIES = 25
ACCURATE = 0.02  # of the networks
SMALL, LARGE = (
    (1, 1, 1, 2, 2, 3),
    (1, 2, 2, 3, 3, 4),
)  # how many operations a network gets, beside its losses: one of these


class Grower:
    """Grows one network."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.inputs: dict[str, Tensor] = {}
        self.nodes: dict[str, Node] = {}
        self.known: dict[str, Tensor] = {}

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def grow(self, sizes: Sequence[int]) -> Sketch:
        """A network of a few nodes, with one to three losses."""
        wanted = self.random.choice(sizes)
        for _ in range(TRIES):
            if wanted == 0:
                break
            category = self.random.choice(list(OPERATIONS))
            wanted -= self._operation(self.random.choice(OPERATIONS[category]))
        if not self.nodes:
            self._add(Node("dense", {"units": "3"}, {"x": self._input(Tensor((5,)))}, {}))
        read = {name for each in self.nodes.values() for name in each.inputs.values()}
        leaves = [name for name in self.nodes if name not in read][-3:]
        losses = tuple(self._loss(name) for name in leaves)
        return Sketch(self.inputs, self.nodes, losses, self._more()).pruned()

    # Nodes ------------------------------------------------------------------------------------------------------------

    def _add(self, node: Node) -> str | None:
        """The name of the node, ``None`` if it cannot be."""
        shape = output_of(node, self.known)
        if shape is None:
            return None
        name = f"v{len(self.nodes)}"
        self.nodes[name], self.known[name] = node, shape
        return name

    def _input(self, tensor: Tensor) -> str:
        name = f"x{len(self.inputs)}"
        self.inputs[name] = self.known[name] = tensor
        if tensor.classes or self.chance(0.2):
            return name
        kind = self.random.choice(["bias", "layer_scale", "bias"])  # so that a gradient goes through what reads it
        return self._add(Node(kind, {}, {"x": name}, {})) or name

    def _operation(self, name: str) -> bool:
        operation = catalogue().operations[name]
        before = len(self.nodes), len(self.inputs)
        if self.nodes and self.chance(0.8) and not self._fits(data_arguments(operation)[0], operation):
            return False  # rather a deep network than a wide one
        for _ in range(4):
            inputs = self._roles(operation)
            arguments = {}
            for each in operation.attributes:
                value = self._value(each, operation, [self.known[read] for read in inputs.values()])
                if value is not None:
                    arguments[each.name] = value
            beside = self._beside(operation, arguments)
            twin = next((n for n, o in self.nodes.items() if o.kind == name and self.chance(0.5)), None)
            if twin is not None:
                arguments, beside = dict(self.nodes[twin].arguments), {"share": twin}
                same = {self.known[each].shape for each in self.nodes[twin].inputs.values()}
                if {self.known[each].shape for each in inputs.values()} != same:
                    continue
            if self._add(Node(name, arguments, inputs, beside)):
                return True
        for table, count in ((self.nodes, before[0]), (self.inputs, before[1])):
            for extra in list(table)[count:]:
                del table[extra], self.known[extra]
        return False

    def _roles(self, operation: Operation) -> dict[str, str]:
        """A tensor for each role: one that is there already, if its number of axes fits, else a new input."""
        integers = {each for equation in operation.equations for each in integer_names(equation)}
        found: dict[str, str] = {}
        first: Tensor | None = None
        for each in data_arguments(operation):
            if each.absent is not None and self.chance(0.6):
                continue
            rank, exact = _rank(each, operation)
            mask = "mask" in each.name
            if each.name in integers or mask:
                length = first.shape[0] if first is not None and first.shape else self.random.choice(SIZES)
                shape = tuple(length for _ in range(rank)) if mask else self._shape(rank, exact)
                found[each.name] = self._input(Tensor(shape, 2 if mask else self.random.randint(2, 5)))
                continue
            fits = self._fits(each, operation, first)
            if fits and self.chance(0.85):
                chosen = fits[-1] if self.chance(0.6) else self.random.choice(fits)
            elif first is not None:
                chosen = self._input(first)
            else:
                chosen = self._input(Tensor(self._shape(rank, exact)))
            found[each.name] = chosen
            first = first or self.known[chosen]
        return found

    def _fits(self, each: Argument, operation: Operation, like: Tensor | None = None) -> list[str]:
        """The tensors there are with as many axes as an argument, of the shape of ``like`` if it is given."""
        rank, exact = _rank(each, operation)
        return [
            name for name, tensor in self.known.items()
            if not tensor.classes and (len(tensor.shape) == rank if exact else len(tensor.shape) >= rank)
            and (like is None or tensor.shape == like.shape)
        ]  # fmt: skip

    def _shape(self, rank: int, exact: bool) -> tuple[int | str, ...]:
        rank = rank if exact else rank + self.random.choice((0, 0, 1))
        free = rank == 2 and self.chance(0.25)
        largest = 7 if rank <= 2 else 5
        sizes = [self.random.randint(2, largest) for _ in range(max(rank, 1))]
        return ("T", *sizes[1:]) if free else tuple(sizes)

    # Arguments --------------------------------------------------------------------------------------------------------

    def _value(self, each: Attribute, operation: Operation, given: list[Tensor]) -> str | None:
        """The text of an attribute's value, ``None`` for its default."""
        if each.name == "associative" or each.name == "accuracy":
            return None
        if each.choices:
            return self.random.choice(each.choices) if each.default is None or self.chance(0.6) else None
        if isinstance(each.default, bool):
            return str(not each.default).lower() if self.chance(0.35) else None
        if isinstance(each.default, str) and each.default in catalogue().operations:
            return self.random.choice(ELEMENTWISE) if self.chance(0.4) else None
        if each.name in CLASSES:
            return str(max([1, *(tensor.classes for tensor in given)]))
        if each.name == "sequence_length":
            return str(given[0].shape[0])
        if each.name == "target_shape":
            return self._target_shape(given[0])
        if each.interval is not None:
            return self.random.choice(["0.25", "0.5", "0"]) if each.default is None or self.chance(0.2) else None
        if isinstance(each.default, Fraction) and each.default.denominator > 1:
            return str(float(each.default) * 2) if self.chance(0.15) else None
        if each.name == "groups":
            return self._divisor(given[0]) if self.chance(0.5) or each.default != 1 else None
        if each.default is not None and not self.chance(0.35):
            return None
        whole = [str(self.random.randint(1, 3)) for _ in range(operation.axes)]
        if operation.axes > 1 and each.name in LISTS and self.chance(0.3):
            return f"[{', '.join(whole)}]"
        return whole[0] if whole else str(self.random.randint(1, 4))

    def _divisor(self, tensor: Tensor) -> str:
        last = tensor.shape[-1]
        return (
            str(self.random.choice([n for n in range(1, last + 1) if last % n == 0])) if isinstance(last, int) else "1"
        )

    def _target_shape(self, tensor: Tensor) -> str:
        if not all(isinstance(size, int) for size in tensor.shape):
            return "[1]"
        whole = math.prod(int(size) for size in tensor.shape)
        first = self.random.choice([n for n in range(1, whole + 1) if whole % n == 0])
        second = self.random.choice([n for n in range(1, whole // first + 1) if whole // first % n == 0])
        return str(self.random.choice([[whole], [first, whole // first], [first, second, whole // first // second]]))

    def _beside(self, operation: Operation, arguments: dict[str, str]) -> dict[str, str]:
        """An activation and a penalty on the output; initialisers and penalties of parameters go among the arguments."""
        found = {}
        if all(each.name != "activation" for each in operation.attributes) and self.chance(0.3):
            found["activation"] = self.random.choice(ELEMENTWISE)
        if self.chance(0.04):
            found["activity_regularizer"] = self.random.choice(PENALTIES)
        for each in operation.arguments:
            if each.initializer and each.alias and not each.state:
                if self.chance(0.12):
                    arguments[f"{each.alias}_regularizer"] = self.random.choice(PENALTIES)
                if self.chance(0.08):
                    arguments[f"{each.alias}_initializer"] = self.random.choice(INITIALIZERS)
        return found

    # Losses and training ----------------------------------------------------------------------------------------------

    def _loss(self, name: str) -> Loss:
        shape = self.known[name].shape
        if len(shape) > 1 and self.chance(0.4):
            name = self._add(Node("flatten", {}, {"x": name}, {})) or name
        if self.known[name].shape and self.chance(0.6):
            units = str(self.random.randint(1, 4))
            name = self._add(Node("dense", {"units": units}, {"x": name}, {})) or name
        shape = self.known[name].shape
        free = any(isinstance(size, str) and not size.isidentifier() for size in shape)
        if free or not shape or self.chance(0.25):
            return Loss("", name, {}, shape)
        kind = self.random.choice(LOSSES)
        operation = catalogue().operations[kind]
        prediction, _ = operation.arguments
        logits = any(each.name == "from_logits" for each in operation.attributes)
        arguments = {"from_logits": "true"} if logits and self.chance(0.5) else {}
        if self.chance(0.3):
            arguments["weight"] = "0.3"
        if prediction.interval is not None or (logits and "from_logits" not in arguments):
            wide = prediction.interval is not None and prediction.interval[1] > 1
            squashed = (
                "softplus" if wide else self.random.choice(["softmax", "sigmoid"]) if shape[-1] != 1 else "sigmoid"
            )
            name = self._add(Node(squashed, {}, {"x": name}, {})) or name
        return Loss(kind, name, arguments, shape)

    def _more(self) -> str:
        # The search for accurate forms takes most of the time of a compilation, and has tests of its own.
        forms = "" if self.chance(ACCURATE) else "accuracy: fast\n"
        if not self.chance(0.15):
            return forms
        names = [name for name in catalogue().operations if catalogue().category(name) == "optimizers"]
        return f"{forms}training: {{optimizer: {self.random.choice(names)}, learning_rate: 0.01}}\n"


LISTS = ("kernel_size", "strides", "pool_size", "dilation_rate", "size", "padding", "cropping")


def _rank(each: Argument, operation: Operation) -> tuple[int, bool]:
    """The axes of one example that an argument has, and whether exactly as many."""
    index = list(each.index)
    groups = [group_of(part) for part in index]
    if groups and groups[0] is not None:  # x[...], x[..., k]: the batch is among what the dots stand for
        return max(len(index) - 1, 1), False
    dots = sum(group is not None for group in groups)
    if dots and operation.axes:
        return len(index) - 2 + operation.axes, True
    return (len(index) - 2 + 1, False) if dots else (len(index) - 1, True)


def network(seed: int, sizes: Sequence[int] = LARGE) -> Sketch:
    """The network of a seed."""
    return Grower(seed).grow(sizes)
