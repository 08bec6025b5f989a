"""A function that is asked for beside the gradient: what it computes, what it is given, and how its result is laid out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from symbprop.calculus.index import Extent
from symbprop.calculus.program import GradientProgram


@dataclass(frozen=True, slots=True)
class Result:
    """One array of what a function returns: under which keys, the tensor that holds it (``None``: zeros of ``shape``).

    ``order`` are the axes of the tensor in the order of the result, where the two differ.
    """

    keys: tuple[str, ...]
    tensor: str | None
    shape: tuple[Extent, ...]
    order: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Requested:
    """``derivatives`` holds the statements; ``seeds`` maps an argument (``tangents``) to its entries and their tensors.

    ``about`` is the function's docstring; ``of_loss`` says whether the loss is differentiated or the outputs are.
    """

    name: str
    derivatives: GradientProgram
    results: tuple[Result, ...]
    seeds: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    about: str = ""
    of_loss: bool = True
