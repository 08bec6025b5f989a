"""How parameters start: moments of their entries, and how much a matrix of them can stretch a vector."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Expr

from symbprop.calculus.index import Extent
from symbprop.calculus.statement import index_symbol, read_symbol
from symbprop.language.syntax import Draw
from symbprop.network.network import Initializer, Network
from symbprop.sensitivity.expectation import Moments, moments

FREE = 32  # what a size that is free at run time counts as
# Of a standard normal number that is drawn again outside [−2, 2]: 1 − 2·2φ(2) / (Φ(2) − Φ(−2)).
TRUNCATED = 1 - 4 * math.exp(-2) / math.sqrt(2 * math.pi) / math.erf(math.sqrt(2))


@dataclass(frozen=True, slots=True)
class Start:
    """The moments of a parameter's entries; ``orthogonal`` if its rows or columns are, ``rows_alike`` if all are one row."""

    name: str
    entries: Moments
    orthogonal: bool = False
    rows_alike: bool = False

    @property
    def constant(self) -> bool:
        """Whether all entries are equal."""
        return self.entries.variance == 0

    def stretch(self, rows: int, columns: int) -> float:
        """The largest factor by which a matrix of this start makes a vector longer, its spectral norm.

        Exact for a constant matrix and an orthogonal one; for independent entries the edge (√rows + √columns)σ of the
        Marchenko–Pastur distribution, which the norm of a large matrix tends to (Geman 1980; Bai & Yin 1988).
        """
        if self.rows_alike:
            return math.sqrt(self.entries.square * rows * columns)
        spread = math.sqrt(self.entries.variance)
        random = spread * (math.sqrt(max(rows, columns)) if self.orthogonal else math.sqrt(rows) + math.sqrt(columns))
        return random + abs(self.entries.mean) * math.sqrt(rows * columns)


def start(initializer: Initializer, shape: Sequence[Extent]) -> Start:
    """The start that an initialiser gives a parameter of this shape."""
    variable = read_symbol(0)
    drawn = _drawn(initializer.draw, shape)
    last = index_symbol(len(shape) - 1)
    if initializer.expr.free_symbols == {last}:
        values = [float(initializer.expr.subs(last, place)) for place in range(length(shape[-1]))]
        mean = sum(values) / len(values)
        spread = sum((value - mean) ** 2 for value in values) / len(values)
        return Start(initializer.name, Moments(mean, spread), rows_alike=True)
    slope = initializer.expr.diff(variable)
    if slope.has(variable):
        return Start(initializer.name, moments(initializer.expr, {variable: drawn}))
    mean, scale = float(initializer.expr.subs(variable, 0).n(20)), float(slope.n(20))
    entries = Moments(mean, scale**2 * drawn.variance)
    return Start(initializer.name, entries, initializer.draw is Draw.ORTHOGONAL)


def network_starts(network: Network) -> dict[str, Start]:
    """The start of each parameter that has an initialiser."""
    tensors = network.program.tensors
    return {name: start(each, tensors[name].shape) for name, each in network.initializers.items()}


def _drawn(draw: Draw | None, shape: Sequence[Extent]) -> Moments:
    match draw:
        case None:
            return Moments()
        case Draw.UNIFORM:
            return Moments(0.0, 1 / 3)
        case Draw.NORMAL:
            return Moments(0.0, 1.0)
        case Draw.TRUNCATED_NORMAL:
            return Moments(0.0, TRUNCATED)
        case Draw.ORTHOGONAL:
            rows, columns = count(shape[:-1]), count(shape[-1:])
            return Moments(0.0, 1 / max(rows, columns))


def count(shape: Sequence[Extent]) -> int:
    """The number of points of a box, free sizes counted as ``FREE``."""
    return math.prod(length(each) for each in shape)


def length(size: Extent) -> int:
    """An extent as a number."""
    return size if isinstance(size, int) else int(size.subs(dict.fromkeys(size.free_symbols, FREE)))


def fixed_sizes(expression: Expr) -> Expr:
    """``expression`` with the sizes that are free at run time as numbers."""
    sizes = [each for each in expression.free_symbols if each.is_positive and each.is_integer]
    return expression.subs(dict.fromkeys(sizes, FREE)) if sizes else expression
