"""Functions that NumPy lacks, written into a module that needs them."""

from __future__ import annotations

from symbprop.emit.templates import environment


def helper_source(name: str) -> str:
    """The source of one helper, from its template."""
    return environment().get_template(f"helper_{name}.py.jinja").render().rstrip("\n")
