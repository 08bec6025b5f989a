"""A network description as the rest of symbprop sees it: frozen records in which everything knows where it was written.

The field names are those of the text form. Whatever was made in Python instead of a file stands ``NOWHERE``; where a
thing stands makes no difference to whether two are equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from symbprop.language.source import NOWHERE, Source, SourceError, Span
from symbprop.network.node import Node, ScalarNode


@dataclass(frozen=True, slots=True)
class Label:
    """A name somebody chose or refers to. Any printable text may be one."""

    text: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Argument:
    """The value given for an attribute of an operation; ``key`` is its name as it was written."""

    key: Label
    value: Node


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the library's entries with its arguments: ``relu`` or ``{leaky_relu: {negative_slope: 0.1}}``."""

    name: str
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    def as_argument(self) -> Argument:
        """The entry's name as the value of an attribute. Raises ``SourceError`` if it has arguments, which would be lost."""
        if self.arguments:
            raise SourceError(f"'{self.name}' stands inside a formula here, with its arguments as they are", self.span)
        return Argument(Label(self.name, self.span), ScalarNode(self.name, self.span))


Dimension = int | str | None
"""An extent: a number, or free at run time and named or not."""


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """An input or a target.

    ``shape`` is that of one example; with ``batch`` an axis N stands before it. ``classes`` are the values 0 to
    ``classes - 1`` of an integer tensor, ``range`` the interval sensible values lie in.
    """

    shape: tuple[Dimension, ...]
    dtype: str = "float"
    classes: int | None = None
    range: tuple[Fraction, Fraction] | None = None
    batch: bool = True
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """What is known of a parameter of a formula; a ``shape`` of None is found from the formula."""

    shape: tuple[int, ...] | None = None
    initializer: Choice | None = None
    regularizer: Choice | None = None
    range: tuple[Fraction, Fraction] | None = None
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """A layer: an operation of the library (``kind``) with arguments, or a formula (``kind`` is then ``formula``).

    ``inputs`` are empty where the layer takes what the one before it gives; ``roles`` are the arguments they are, where
    the description names them (``inputs: {query: x, mask: m}``). ``share`` names the layer whose parameters
    this one uses. ``initializers`` and ``regularizers`` are those of a formula's parameters; a library operation has
    them among its arguments (``kernel_initializer``). ``activity`` is a penalty on what the layer gives, for each example.
    """

    kind: str
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    name: Label | None = None
    inputs: tuple[Label, ...] = ()
    activation: Choice | None = None
    share: Label | None = None
    roles: tuple[Label, ...] = ()
    formula: Source | None = None
    initializers: Mapping[str, Choice] = field(default_factory=dict)
    regularizers: Mapping[str, Choice] = field(default_factory=dict)
    activity: Choice | None = None
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LossSpec:
    """A term of the loss, times ``weight``: a loss of the library, a formula, or a scalar that the formulas define.

    ``inputs`` are prediction and target; empty means the last layer and the only target.
    """

    kind: str
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    inputs: tuple[Label, ...] = ()
    weight: Fraction = Fraction(1)
    formula: Source | None = None
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class StoppingSpec:
    """When to stop early: after ``patience`` epochs in which ``monitor`` has not fallen by more than ``min_delta``."""

    patience: int
    monitor: str | None = None
    min_delta: Fraction = Fraction(0)
    restore_best: bool = True
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class TrainingSpec:
    """How the network is fitted; ``validation`` is the fraction of the examples that is held out, ``data`` the file that
    holds the examples. A ``batch_size`` of None is all of them.
    """

    optimizer: Choice | None = None
    learning_rate: Fraction | Choice | None = None
    warmup: Choice | None = None
    clip: Choice | None = None
    epochs: int = 1
    batch_size: int | None = 32
    seed: int = 0
    shuffle: bool = True
    validation: Fraction = Fraction(0)
    early_stopping: StoppingSpec | None = None
    data: str | None = None
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Description:
    """A whole network: exactly one of ``layers`` (a chain), ``nodes`` (a graph) and ``formulas`` is not empty.

    ``outputs`` empty means the last layer, or every node that nothing reads. ``operations`` are texts in the index
    language that define operations of the description's own. ``functions`` are asked for beside the gradient.
    """

    name: str
    inputs: Mapping[str, TensorSpec] = field(default_factory=dict)
    targets: Mapping[str, TensorSpec] = field(default_factory=dict)
    parameters: Mapping[str, ParameterSpec] = field(default_factory=dict)
    operations: tuple[Source, ...] = ()
    layers: tuple[LayerSpec, ...] = ()
    nodes: Mapping[str, LayerSpec] = field(default_factory=dict)
    formulas: tuple[Source, ...] = ()
    loss: tuple[LossSpec, ...] = ()
    outputs: tuple[Label, ...] = ()
    metrics: tuple[Choice, ...] = ()
    functions: tuple[Label, ...] = ()
    dtype: str = "float64"
    training: TrainingSpec | None = None
    doc: str = ""
    span: Span = field(default=NOWHERE, compare=False, repr=False)
