"""The kinds of value a description holds, as annotated types for Pydantic: names, numbers, shapes, formulas, choices.

A type says at once what is accepted, what the JSON Schema tells an editor, and what a person reads when it is not met.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from symbprop.language.source import did_you_mean
from symbprop.network.node import LONGEST_NAME

LONGEST_FORMULA = 100_000
MOST_AXES = 31
"""NumPy's arrays had 32 axes before version 2, and one of them is the batch."""
LARGEST_TENSOR = 2**40
"""The number of elements from which on a shape is taken for a mistake: eight terabytes of float64."""

# Control characters, line separators, and those that make text run backwards or hide in it. Joiners stay: names in
# Persian or Hindi need them.
_HIDDEN = re.compile("[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_SIZE_NAME = re.compile(r"[^\W\d]\w*")
_NUMERAL = re.compile(r"[0-9]+")


def fault(message: str, *, key: str = "", hint: str = "") -> PydanticCustomError:
    """A fault told by a sentence of its own; with ``key`` it stands at that key of the mapping being checked."""
    return PydanticCustomError("fault", "{message}", {"message": message, "key": key, "hint": hint})


def expected(what: str, *, hint: str = "") -> PydanticCustomError:
    """A fault told as "this must be ``what``, not ..."."""
    return PydanticCustomError("expected", "{message}", {"message": what, "key": "", "hint": hint})


def _form(value: object) -> str | None:
    """Which of the forms of ``either`` a value has."""
    if isinstance(value, bool):
        return None
    forms = {str: "text", list: "list", dict: "mapping", int: "number", Fraction: "number"}
    return next((form for kind, form in forms.items() if isinstance(value, kind)), None)


def either(what: str) -> Discriminator:
    """Tells the members of a union apart by their form alone, so that an error is about the one that was meant."""
    return Discriminator(_form, custom_error_type="expected", custom_error_message=what)


def _name(text: str) -> str:
    if not text.strip():
        raise expected("a name that is not blank")
    if len(text) > LONGEST_NAME:
        raise expected(f"a name of at most {LONGEST_NAME} characters")
    if _HIDDEN.search(text):
        raise expected("a name without control characters")
    return text


def _integral(value: object) -> object:
    return int(value) if isinstance(value, Fraction) and value.denominator == 1 else value


def _number(value: object) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | Fraction):
        raise expected("a number")
    return Fraction(value)


def _ascending(interval: list[Fraction]) -> list[Fraction]:
    if interval[0] >= interval[1]:
        raise fault("the lower end of a range must be less than the upper end")
    return interval


def _dimension(value: object) -> int | str | None:
    value = _integral(value)
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
        return value
    if isinstance(value, str) and _SIZE_NAME.fullmatch(value):
        return value
    hint = f"write {value} without quotes" if isinstance(value, str) and _NUMERAL.fullmatch(value) else ""
    raise expected("a positive whole number, a name for a free size, or null", hint=hint)


def _bounded(shape: list[Any]) -> list[Any]:
    if math.prod(size for size in shape if isinstance(size, int)) >= LARGEST_TENSOR:
        raise fault("a tensor of this shape would have more than 2^40 elements")
    return shape


@dataclass(frozen=True, slots=True)
class Known:
    """The names that may stand as a layer's operation and as a loss; None where that cannot be told."""

    operations: frozenset[str] | None = None
    losses: frozenset[str] | None = None


Name = Annotated[
    str,
    AfterValidator(_name),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": LONGEST_NAME}),
]
Names = Annotated[
    Annotated[Name, Tag("text")] | Annotated[list[Name], Tag("list")],
    either("a name or a list of names"),
]

NamedInputs = Annotated[
    Annotated[Name, Tag("text")] | Annotated[list[Name], Tag("list")] | Annotated[dict[Name, Name], Tag("mapping")],
    either("a name, a list of names, or a mapping {argument: name}"),
]

Formula = Annotated[str, Field(pattern=r"\S", max_length=LONGEST_FORMULA)]
Formulas = Annotated[
    Annotated[Formula, Tag("text")] | Annotated[list[Formula], Field(min_length=1), Tag("list")],
    either("a formula or a list of formulas"),
]
Operations = Annotated[
    Annotated[Formula, Tag("text")]
    | Annotated[list[Formula], Tag("list")]
    | Annotated[dict[Name, Formula], Tag("mapping")],
    either("the text of operations, a list of such texts, or a mapping of them"),
]

# A bound on a fraction does not reach the JSON Schema by itself, so it is said twice.
Number = Annotated[Fraction, PlainValidator(_number), WithJsonSchema({"type": "number"})]
Positive = Annotated[Number, Field(gt=0), WithJsonSchema({"type": "number", "exclusiveMinimum": 0})]
Portion = Annotated[Number, Field(ge=0, lt=1), WithJsonSchema({"type": "number", "minimum": 0, "exclusiveMaximum": 1})]
Whole = Annotated[int, Field(ge=0), BeforeValidator(_integral)]
Count = Annotated[int, Field(ge=1), BeforeValidator(_integral)]
Interval = Annotated[list[Number], Field(min_length=2, max_length=2), AfterValidator(_ascending)]

Dimension = Annotated[
    int | str | None,
    PlainValidator(_dimension),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1},
                {"type": "string", "pattern": r"^[^\W\d]\w*$"},
                {"type": "null"},
            ]
        }
    ),
]
Shape = Annotated[list[Dimension], Field(max_length=MOST_AXES), AfterValidator(_bounded)]
FixedShape = Annotated[list[Count], Field(max_length=MOST_AXES), AfterValidator(_bounded)]

Function = Literal["input_grad", "vjp", "jvp", "jacobian", "hvp", "hessian", "per_example_grad"]

BatchSize = Annotated[
    Annotated[Count, Tag("number")] | Annotated[Literal["all"], Tag("text")],
    either("a positive whole number, or all"),
]

Arguments = dict[Name, Any]
Chosen = Annotated[dict[Name, Arguments | None], Field(min_length=1, max_length=1)]
Choice = Annotated[
    Annotated[Name, Tag("text")] | Annotated[Chosen, Tag("mapping")],
    either("a name or a mapping {name: {arguments}}"),
]
Rate = Annotated[
    Annotated[Positive, Tag("number")] | Annotated[Name, Tag("text")] | Annotated[Chosen, Tag("mapping")],
    either("a number, or a schedule: a name or a mapping {name: {arguments}}"),
]


class TextForm(BaseModel):
    """A mapping with known keys only."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_keys(cls, value: object) -> object:
        # Pydantic would refuse them too, but could not say which key was meant.
        if isinstance(value, dict) and cls.model_config.get("extra") == "forbid":
            for key in value:
                if key not in cls.model_fields:
                    raise fault(f"there is no key '{key}' here", key=key, hint=did_you_mean(key, cls.model_fields))
        return value
