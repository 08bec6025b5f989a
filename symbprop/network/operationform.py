"""The text form of what uses an operation: layers and terms of the loss.

Both are written ``name``, ``{name: {arguments}}`` or ``{formula: "..."}``, with more keys beside the name or among the
arguments, whichever reads better.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, Tag, ValidationInfo, model_validator

from symbprop.language.source import did_you_mean
from symbprop.network.fields import Choice, Formula, Known, Name, NamedInputs, Names, Number, TextForm, either, fault


def _known_activation(choice: str | dict[str, Any], info: ValidationInfo) -> str | dict[str, Any]:
    known = info.context.operations if isinstance(info.context, Known) else None
    name = choice if isinstance(choice, str) else next(iter(choice))
    if known is not None and name not in known:
        key = "" if isinstance(choice, str) else name
        raise fault(f"there is no activation '{name}'", key=key, hint=did_you_mean(name, known))
    return choice


class Wiring(TextForm):
    """What may be said of any layer, among its arguments or beside them."""

    name: Name | None = None
    """The layer's name, from which its parameters are named."""
    inputs: NamedInputs | None = None
    """The names of what it reads, in order or by argument; the layer before it if not given."""
    activation: Annotated[Choice, AfterValidator(_known_activation)] | None = None
    """A function applied to what it gives."""
    activity_regularizer: Choice | None = None
    """A penalty on what it gives, added to the loss: the mean over the examples."""
    share: Name | None = None
    """The name of a layer whose parameters it uses."""


class LayerArguments(Wiring):
    """The arguments of an operation; which there are, the operation says."""

    model_config = ConfigDict(extra="allow")


class LayerText(Wiring):
    """A layer: ``{dense: {units: 3}}``, or ``{formula: "y[n, j] = ..."}``."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={"dependentRequired": {"initializers": ["formula"], "regularizers": ["formula"]}},
    )
    __pydantic_extra__: dict[str, LayerArguments | None] = Field(init=False)

    formula: Formula | None = None
    """The layer as equations in the index language."""
    initializers: dict[Name, Choice] | None = None
    """How the first values of the formula's parameters are drawn."""
    regularizers: dict[Name, Choice] | None = None
    """Penalties on the formula's parameters, added to the loss."""

    @model_validator(mode="before")
    @classmethod
    def _one_operation(cls, value: object, info: ValidationInfo) -> object:
        if isinstance(value, dict):
            known = info.context.operations if isinstance(info.context, Known) else None
            _require_one_operation(value, "layer", cls.model_fields, known)
            _refuse_said_twice(value, LayerArguments.model_fields)
            for key in ("initializers", "regularizers"):
                if key in value and "formula" not in value:
                    hint = f"write it among the arguments, such as kernel_{key[:-1]}"
                    raise fault(f"only a formula has '{key}'", key=key, hint=hint)
        return value


def _known_operation(name: str, info: ValidationInfo) -> str:
    if isinstance(info.context, Known):
        _require_known(name, "layer", info.context.operations)
    return name


Layer = Annotated[
    Annotated[Name, AfterValidator(_known_operation), Tag("text")] | Annotated[LayerText, Tag("mapping")],
    either("a layer: a name or a mapping {name: {arguments}}"),
]


class LossTerm(TextForm):
    """What may be said of any term of the loss, among its arguments or beside them."""

    inputs: Names | None = None
    """Prediction and target; the last layer and the only target if not given."""
    weight: Number = Field(default=1, validate_default=True)
    """The factor of this term in the sum."""


class LossArguments(LossTerm):
    """The arguments of a loss; which there are, the loss says."""

    model_config = ConfigDict(extra="allow")


class LossText(LossTerm):
    """A term of the loss: ``{huber: {delta: 2}}``, or ``{formula: "L = ..."}``."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, LossArguments | None] = Field(init=False)

    formula: Formula | None = None
    """The term as equations in the index language."""

    @model_validator(mode="before")
    @classmethod
    def _one_operation(cls, value: object, info: ValidationInfo) -> object:
        if isinstance(value, dict):
            known = info.context.operations if isinstance(info.context, Known) else None
            _require_one_operation(value, "loss", cls.model_fields, known)
            _refuse_said_twice(value, LossArguments.model_fields)
        return value


def _known_loss(name: str, info: ValidationInfo) -> str:
    if isinstance(info.context, Known):
        _require_known(name, "loss", info.context.losses)
    return name


LossName = Annotated[Name, AfterValidator(_known_loss)]
LossItem = Annotated[
    Annotated[LossName, Tag("text")] | Annotated[LossText, Tag("mapping")],
    either("a loss: a name or a mapping {name: {arguments}}"),
]
Loss = Annotated[
    Annotated[LossName, Tag("text")]
    | Annotated[LossText, Tag("mapping")]
    | Annotated[list[LossItem], Field(min_length=1), Tag("list")],
    either("a loss: a name, a mapping {name: {arguments}}, or a list of those"),
]


def operation_keys(keys: Collection[str], fields: Collection[str]) -> list[str]:
    """Those of the keys of a layer or a loss that name an operation."""
    return [key for key in keys if key not in fields]


def _require_one_operation(
    value: dict[str, Any], noun: str, fields: Collection[str], known: Collection[str] | None
) -> None:
    operations = operation_keys(value, fields)
    if not operations and "formula" not in value:
        raise fault(f"this {noun} names no operation", hint="write {name: {arguments}} or {formula: ...}")
    if len(operations) + ("formula" in value) > 1:
        extra = next((key for key in operations if known is not None and key not in known), operations[-1])
        if known is not None and extra in known:
            raise fault(
                f"a {noun} is one operation, '{extra}' is another", key=extra, hint="make it an item of its own"
            )
        raise fault(f"a {noun} has no key '{extra}'", key=extra, hint=did_you_mean(extra, fields))
    for name in operations:
        _require_known(name, noun, known, key=name)


def _require_known(name: str, noun: str, known: Collection[str] | None, key: str = "") -> None:
    if known is not None and name not in known:
        raise fault(f"there is no {noun} '{name}'", key=key, hint=did_you_mean(name, known))


def _refuse_said_twice(value: dict[str, Any], fields: Collection[str]) -> None:
    for name, arguments in value.items():
        if name not in fields and isinstance(arguments, dict):
            for key in fields:
                if key in value and key in arguments:
                    raise fault(f"'{key}' is given here and among the arguments of '{name}'", key=key)
