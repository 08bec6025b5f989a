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
    """``flat(i...)`` or ``flat(g, j:4)`` as a coordinate: the row-major position of several indices."""

    axes: tuple[Name | Dots | Ranged, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Ranged:
    """``j:units`` as a coordinate: the index ``j`` (or the group ``j...``), which runs over ``extent``."""

    index: Name | Dots
    extent: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Read:
    """``x[n, 2*h + p]``: an element of a tensor. A coordinate may itself read an integer tensor.

    ``outside`` is what ``else`` says is read outside the tensor: a number, ``infinity`` or an attribute, and its sign.
    """

    name: str
    index: tuple[Coordinate, ...]
    span: Span
    outside: tuple[int, Number | Name] | None = None


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
    """``sum(k, e)``, ``mean((n, k), e)``, ``max(p...:2, e)``: ``kind`` over one or more indices."""

    kind: str
    indices: tuple[Name | Dots | Ranged, ...]
    body: Expression
    span: Span


Expression = Number | Name | Dots | Read | Size | Unary | Binary | Call | Reduce
Coordinate = Expression | Flat | Ranged


@dataclass(frozen=True, slots=True)
class Equation:
    """``target = expression`` (or ``+=``). A scalar target is a ``Read`` with an empty index.

    With ``if condition`` behind it, the equation stands only where the attributes make the condition true.
    ``following`` says that the target is the next value of a state (``m'[k] = …``).
    """

    target: Read
    accumulate: bool
    expression: Expression
    span: Span
    condition: Expression | None = None
    following: bool = False


@dataclass(frozen=True, slots=True)
class Let:
    """``let out = ceil(size(i) / strides)``: a number known when compiling; one for each axis, if its attributes are."""

    name: str
    expression: Expression
    span: Span


class Draw(Enum):
    """The primitive random sources: of an initialiser (``u[...] = uniform``), and of noise (``u[...] ~ uniform``)."""

    UNIFORM = "uniform"  # on [-1, 1)
    NORMAL = "normal"  # mean 0, variance 1
    TRUNCATED_NORMAL = "truncated_normal"  # a standard normal, redrawn outside [-2, 2]
    ORTHOGONAL = "orthogonal"  # orthonormal rows or columns (Saxe et al. 2014)


@dataclass(frozen=True, slots=True)
class Argument:
    """``W[k, j:units] as kernel = glorot_uniform in [0, 1]``.

    An argument with an initialiser is a parameter; ``alias`` is the long name under which a description sets its
    initialiser and regulariser (``kernel_initializer``). ``interval`` is where sensible values lie (for sampling).
    ``absent`` stands for data that need not be given (``mask[n, s] = 1``, ``value[n, s, j] = query``): the number at
    every place, or the data of that argument. With ``state`` before it, it is not trained but
    carried on: ``m'`` is its next value. ``u[...] ~ uniform`` is ``noise``, drawn at each call.
    """

    name: str
    index: tuple[Coordinate, ...]
    alias: str
    initializer: str
    interval: tuple[Fraction, Fraction] | None
    span: Span
    absent: Fraction | str | None = None
    state: bool = False
    noise: Draw | None = None


AttributeValue = Fraction | str | bool | tuple["Fraction | tuple[Fraction, ...]", ...]


@dataclass(frozen=True, slots=True)
class Attribute:
    """``epsilon = 1e-3`` after the semicolon; ``units`` without a default must be given.

    ``choices`` are the words that may stand here, as in ``padding = valid | same``; empty means any.
    A number outside ``interval`` (``rate in [0, 1]``) is an error.
    """

    name: str
    default: AttributeValue | None
    span: Span
    choices: tuple[str, ...] = ()
    interval: tuple[Fraction, Fraction] | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One ``op``: its arguments, its attributes, its equations. ``comment`` is the text of the ``#`` lines above it.

    ``op conv{i}d`` is one formula for a group ``i...`` of one, two or three axes: ``family`` is the group, ``axes`` how
    many axes it has in this member of the family.
    """

    name: str
    arguments: tuple[Argument, ...]
    attributes: tuple[Attribute, ...]
    equations: tuple[Equation, ...]
    comment: str
    span: Span
    lets: tuple[Let, ...] = ()
    family: str = ""
    axes: int = 0
