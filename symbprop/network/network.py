"""A network: the program that a description means, and what is needed to start and to train it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sympy import Expr

from symbprop.calculus.program import Program
from symbprop.language.syntax import Draw
from symbprop.network.description import Description
from symbprop.network.training import Training


@dataclass(frozen=True, slots=True)
class Initializer:
    """How a parameter or a state starts: ``expr`` of one random draw, ``read_symbol(0)``, or of nothing (``draw`` is None).

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

    def renamed(self, names: Mapping[str, str]) -> Layer:
        """The layer with its tensors renamed."""
        parameters = tuple(names.get(each, each) for each in self.parameters)
        return replace(self, output=names.get(self.output, self.output), parameters=parameters)


@dataclass(frozen=True, slots=True)
class Network:
    """``program`` computes the outputs and the loss; ``initializers`` start its parameters and its state.

    Of a network that trains otherwise than it infers, ``program`` trains and ``inference`` infers; both have the same
    parameters and states. ``noise`` is how each noise is drawn, ``accuracy`` which forms are computed.
    """

    name: str
    program: Program
    initializers: Mapping[str, Initializer]
    layers: tuple[Layer, ...] = ()
    axes: Mapping[str, str] = field(default_factory=dict)
    description: Description | None = None
    dtype: str = "float64"
    inference: Program | None = None
    noise: Mapping[str, Draw] = field(default_factory=dict)
    training: Training | None = None
    accuracy: str = "accurate"
