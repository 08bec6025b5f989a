"""The text form of a description as Pydantic models: which keys there are and what may stand under each.

The models only check; ``interpret`` makes the records of ``description`` out of the tree, with its positions. The
docstring under a field is its description in the JSON Schema, so editors show it.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, FailFast, Field, model_validator

from symbprop.network.fields import (
    BatchSize,
    Choice,
    Count,
    FixedShape,
    Formulas,
    Function,
    Interval,
    Name,
    Names,
    Operations,
    Portion,
    Rate,
    Shape,
    TextForm,
    Whole,
    fault,
)
from symbprop.network.operationform import Layer, Loss


class TensorText(TextForm):
    """An input or a target of the network."""

    model_config = ConfigDict(
        json_schema_extra={
            "dependentSchemas": {"classes": {"properties": {"dtype": {"const": "int"}}, "required": ["dtype"]}}
        }
    )

    shape: Shape
    """The shape of one example: sizes, or names (or null) for sizes that are free at run time."""
    dtype: Literal["float", "int"] = "float"
    """What the elements are."""
    classes: Count | None = None
    """Of an integer tensor: its values are 0 to classes - 1."""
    range: Interval | None = None
    """The interval sensible values lie in: a hint for verification."""
    batch: bool = True
    """Whether the batch axis N stands before the shape."""

    @model_validator(mode="after")
    def _only_integers_have_classes(self) -> Self:
        if self.classes is not None and self.dtype != "int":
            raise fault("only an integer tensor has classes", key="classes", hint="add 'dtype: int'")
        return self


class ParameterText(TextForm):
    """A parameter of a formula, where more is to be said of it than the formula says."""

    shape: FixedShape | None = None
    """Its shape; found from the formula if it is not given."""
    initializer: Choice | None = None
    """How its first value is drawn."""
    regularizer: Choice | None = None
    """A penalty added to the loss."""
    range: Interval | None = None
    """The interval sensible values lie in: a hint for verification."""


class StoppingText(TextForm):
    """When to stop before the last epoch."""

    patience: Count
    """How many epochs may pass without an improvement."""
    monitor: Literal["loss", "validation_loss"] | None = None
    """What is to fall: the loss on the examples held out, if there are any, else that on the others."""
    min_delta: Portion = Field(default=0, validate_default=True)
    """How far it has to fall to count as an improvement."""
    restore_best: bool = True
    """Whether the parameters of the best epoch are the result, or those of the last."""


class TrainingText(TextForm):
    """How ``fit`` and ``symbprop train`` fit the network."""

    optimizer: Choice | None = None
    """The rule that changes the parameters; plain gradient descent if not given."""
    learning_rate: Rate | None = None
    """A number or a schedule; the optimizer's own if not given."""
    warmup: Choice | None = None
    """What the learning rate is multiplied by at the start."""
    clip: Choice | None = None
    """How a gradient is clipped before the step."""
    epochs: Count = 1
    """How often every example is seen."""
    batch_size: BatchSize = 32
    """How many examples a step is taken for: a number, or all."""
    seed: Whole = 0
    """From which first values and the order of the examples follow."""
    shuffle: bool = True
    """Whether the order of the examples changes from epoch to epoch."""
    validation: Portion = Field(default=0, validate_default=True)
    """The fraction of the examples that is held out."""
    early_stopping: StoppingText | None = None
    """When to stop before the last epoch."""
    data: str | None = None
    """An .npz file with an array for each input and target; relative to the description's folder."""


BODIES = ("layers", "nodes", "formulas", "formula")
"""The keys of which a description has exactly one."""


class DescriptionText(TextForm):
    """A network description."""

    model_config = ConfigDict(
        title="symbprop network description",
        json_schema_extra={"oneOf": [{"required": [key]} for key in BODIES]},
    )

    name: Name | None = None
    """The name of the emitted module; that of the file if not given."""
    doc: str | None = None
    """What the network is, for the docstring of the emitted module."""
    inputs: dict[Name, TensorText] = Field(default_factory=dict)
    """What the network is given, by name."""
    targets: dict[Name, TensorText] = Field(default_factory=dict)
    """What its loss is measured against, by name."""
    parameters: dict[Name, ParameterText] = Field(default_factory=dict)
    """More about parameters that formulas use."""
    operations: Operations | None = None
    """Operations of the description's own, in the index language."""
    layers: Annotated[list[Layer], FailFast(), Field(min_length=1)] = Field(default_factory=list)
    """A chain of layers."""
    nodes: Annotated[dict[Name, Layer], Field(min_length=1)] = Field(default_factory=dict)
    """A graph: layers by name, each with the names of its inputs."""
    formulas: Formulas = Field(default_factory=list)
    """Formulas alone, without a network."""
    formula: Formulas = Field(default_factory=list)
    """The same as ``formulas``."""
    loss: Loss | None = None
    """What is minimised."""
    outputs: Names | None = None
    """What ``forward`` gives; the last layer, or every node that nothing reads."""
    metrics: list[Choice] = Field(default_factory=list)
    """What is watched beside the loss: metrics and losses of the library; ``accuracy`` is the one that suits the loss."""
    functions: list[Function] = Field(default_factory=list)
    """Functions beside ``loss_and_grad`` that the emitted module is to have."""
    dtype: Literal["float64", "float32"] = "float64"
    """The type of the parameters."""
    accuracy: Literal["accurate", "fast"] = "accurate"
    """Which forms are computed: within a few units in the last place everywhere, or the cheapest for moderate numbers."""
    training: TrainingText | None = None
    """How ``symbprop train`` fits the network."""

    @model_validator(mode="after")
    def _one_network(self) -> Self:
        given = [key for key in BODIES if key in self.model_fields_set]
        if not given:
            raise fault("a description has 'layers', 'nodes' or 'formulas'", hint="add one of them")
        if len(given) > 1:
            message = f"a description has either '{given[0]}' or '{given[1]}'"
            raise fault(message, key=given[1], hint="leave one of them out")
        return self
