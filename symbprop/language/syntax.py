"""The syntax tree of the index language: what the parser makes of text, before any shape or tensor is known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from symbprop.language.source import Span


@dataclass(frozen=True, slots=True)
class Number:
    """An exact rational: ``3``, ``0.5`` (1/2), ``1e-3`` (1/1000)."""

    value: Fraction
    span: Span


@dataclass(frozen=True, slots=True)
class Name:
    """A bare name: a scalar tensor, an attribute, an index used as a number, or a constant such as ``pi``."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Dots:
    """``...`` (name is empty) or ``i...``: any number of axes. A named one is told apart from the unnamed one."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Flat:
    """``flat(i...)`` as a coordinate: the row-major position of a group of axes."""

    axes: Dots
    span: Span


@dataclass(frozen=True, slots=True)
class Ranged:
    """``j:units`` as a coordinate: the index ``j`` (or the group ``j...``), which runs over ``extent``."""

    index: Name | Dots
    extent: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Read:
    """``x[n, 2*h + p]``: an element of a tensor. A coordinate may itself read an integer tensor."""

    name: str
    index: tuple[Coordinate, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Size:
    """``size(k)``: the extent of an index, or of all axes of a group together."""

    index: Name | Dots
    span: Span


@dataclass(frozen=True, slots=True)
class Unary:
    """``-x`` or ``not c``."""

    operator: str
    operand: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    """``+ - * / ^``, the comparisons ``< <= > >= == !=``, and ``and``, ``or``. ``span`` covers both sides."""

    operator: str
    left: Expression
    right: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """``exp(x)``, ``where(c, a, b)``, ``sigmoid(x)``, ``max(a, b)``."""

    function: str
    arguments: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Reduce:
    """``sum(k, e)``, ``mean((n, k), e)``, ``max(..., e)``: ``kind`` over one or more indices."""

    kind: str
    indices: tuple[Name | Dots, ...]
    body: Expression
    span: Span


Expression = Number | Name | Read | Size | Unary | Binary | Call | Reduce
Coordinate = Expression | Dots | Flat | Ranged


@dataclass(frozen=True, slots=True)
class Equation:
    """``target = expression`` (or ``+=``). A scalar target is a ``Read`` with an empty index."""

    target: Read
    accumulate: bool
    expression: Expression
    span: Span


class Draw(Enum):
    """The primitive random sources an initialiser may draw an argument from (``u[...] = uniform``)."""

    UNIFORM = "uniform"  # on [-1, 1)
    NORMAL = "normal"  # mean 0, variance 1
    TRUNCATED_NORMAL = "truncated_normal"  # a standard normal, redrawn outside [-2, 2]
    ORTHOGONAL = "orthogonal"  # orthonormal rows or columns (Saxe et al. 2014)


@dataclass(frozen=True, slots=True)
class Argument:
    """``W[k, j:units] as kernel = glorot_uniform in [0, 1]``.

    An argument with an initialiser is a parameter; ``alias`` is the long name under which a description sets its
    initialiser and regulariser (``kernel_initializer``). ``interval`` is where sensible values lie (for sampling). With
    ``state`` before it, it is not trained but carried on: ``m'`` is its next value.
    """

    name: str
    index: tuple[Coordinate, ...]
    alias: str
    initializer: str
    interval: tuple[Fraction, Fraction] | None
    span: Span
    state: bool = False


AttributeValue = Fraction | str | bool | tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class Attribute:
    """``epsilon = 1e-3`` after the semicolon; ``units`` without a default must be given."""

    name: str
    default: AttributeValue | None
    span: Span


@dataclass(frozen=True, slots=True)
class Operation:
    """One ``op``: its arguments, its attributes, its equations. ``comment`` is the text of the ``#`` lines above it."""

    name: str
    arguments: tuple[Argument, ...]
    attributes: tuple[Attribute, ...]
    equations: tuple[Equation, ...]
    comment: str
    span: Span
