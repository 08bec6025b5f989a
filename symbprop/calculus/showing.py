"""How a statement or a program shows itself in a notebook: a hook here, because printing stands later in the house.

A notebook asks an object for ``_repr_latex_`` and ``_repr_html_`` and takes the next best where the answer is ``None``.
"""

from __future__ import annotations

from functools import singledispatch


@singledispatch
def latex_of(shown: object) -> str | None:
    """``shown`` as LaTeX for a notebook; ``None`` for what nobody has registered a way to write."""
    return None


@singledispatch
def html_of(shown: object) -> str | None:
    """``shown`` as HTML for a notebook; ``None`` for what nobody has registered a way to write."""
    return None


class Shown:
    """Shows itself as formulas in a notebook."""

    __slots__ = ()

    def _repr_latex_(self) -> str | None:
        return latex_of(self)

    def _repr_html_(self) -> str | None:
        return html_of(self)
