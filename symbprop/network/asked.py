"""Functions that are asked for outside of a description: on the command line, or when a network is compiled."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import get_args

from symbprop.language.source import Source, SourceError, did_you_mean
from symbprop.network.description import Description, Label
from symbprop.network.fields import Function

FUNCTIONS: tuple[str, ...] = get_args(Function)


def with_functions(description: Description, asked: Source) -> Description:
    """``description`` with the functions that a text such as ``hvp, jvp`` names beside its own.

    Raises ``SourceError``, at its place in that text, for one that there is not.
    """
    found = {each.text: each for each in description.functions}
    for match in re.finditer(r"[^,\s]+", asked.text):
        span = asked.span(match.start(), match.end())
        if match[0] not in FUNCTIONS:
            hint = did_you_mean(match[0], FUNCTIONS) or f"there are {', '.join(FUNCTIONS)}"
            raise SourceError(f"there is no function '{match[0]}' beside the gradient", span, hint=hint)
        found.setdefault(match[0], Label(match[0], span))
    return replace(description, functions=tuple(found.values()))


def asked_elsewhere(description: Description) -> tuple[str, ...]:
    """The functions that the description's own text does not ask for."""
    own = description.span.source.name
    return tuple(each.text for each in description.functions if each.span.source.name != own)
