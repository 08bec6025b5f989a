"""Arguments and options that several commands take."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

Spec = Annotated[
    str, typer.Argument(help="A description: a YAML or JSON file, or - for standard input.", metavar="SPEC")
]
AsJson = Annotated[bool, typer.Option("--json", help="Report as JSON on standard output.")]

Batch = Annotated[int, typer.Option(min=1, help="Examples.", metavar="N")]
Sizes = Annotated[list[str] | None, typer.Option(help="Another free size, T=50; repeatable.", metavar="NAME=N")]


class Kind(StrEnum):
    """The numbers that are computed with."""

    SINGLE = "float32"
    DOUBLE = "float64"


Dtype = Annotated[Kind | None, typer.Option(help="By default the network's.")]

Quick = Annotated[bool, typer.Option("--quick", help="Verify along directions only, at two scales.")]
Thorough = Annotated[
    bool, typer.Option("--thorough", help="Verify at five scales, along more directions, at more entries.")
]


def effort_of(given: str, *, quick: bool, thorough: bool) -> str:
    """The effort that was asked for, by its name or by a flag."""
    return "thorough" if thorough else "quick" if quick else given


class Form(StrEnum):
    """How equations are written."""

    INDEX = "index"
    MATRIX = "matrix"


class Format(StrEnum):
    """What a derivation is printed as."""

    TEXT = "text"
    LATEX = "latex"
    MARKDOWN = "markdown"
    HTML = "html"
