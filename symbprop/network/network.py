"""A network: the program that a description means, and what is needed to start and to train it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sympy import Expr

from symbprop.calculus.program import Program
from symbprop.language.syntax import Draw
from symbprop.network.description import Description


@dataclass(frozen=True, slots=True)
class Initializer:
    """How a parameter starts: ``expr`` of one random draw, ``read_symbol(0)``, or of nothing (``draw`` is None).

    ``index_symbol(p)`` in it is the position along axis p.
    """

    name: str
    expr: Expr
    draw: Draw | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """What one entry of the description became, for summaries and messages."""

    label: str
    kind: str
    output: str
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Network:
    """``program`` computes the outputs and the loss; ``initializers`` start its parameters."""

    name: str
    program: Program
    initializers: Mapping[str, Initializer]
    layers: tuple[Layer, ...] = ()
    axes: Mapping[str, str] = field(default_factory=dict)
    description: Description | None = None
    dtype: str = "float64"
