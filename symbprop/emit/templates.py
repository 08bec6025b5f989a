"""The Jinja environment over the templates folder, wherever symbprop stands."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2

SENTINEL = "module.py.jinja"


def folder() -> Path:
    """The templates folder: inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    for place in (package / "templates", package.parent / "templates"):
        if (place / SENTINEL).is_file():
            return place
    raise FileNotFoundError(f"symbprop's templates are missing: no {SENTINEL} in or beside {package}")


@cache
def environment() -> jinja2.Environment:
    """Templates hold no logic on types: values arrive as finished strings. What is undefined is an error."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder()),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 (Python source, not HTML)
    )
