"""From a command's argument to a description."""

from __future__ import annotations

from pathlib import Path

from symbprop.language.source import Source
from symbprop.network.description import Description
from symbprop.network.document import load_source
from symbprop.pipeline import read

SUFFIXES = (".yaml", ".yml", ".json")


def read_spec(spec: str) -> tuple[Description, Source]:
    """The description in a file, or on standard input for ``-``."""
    source = load_source(spec)
    return read(source), source


def is_file(spec: str) -> bool:
    """Whether an argument that may be a formula names a description instead."""
    return spec == "-" or spec.endswith(SUFFIXES) or (len(spec) < 255 and Path(spec).is_file())


def read_formula(text: str) -> tuple[Description, Source]:
    """A bare formula as a description."""
    source = Source("<formula>", text)
    return Description("formula", formulas=(source,)), source
