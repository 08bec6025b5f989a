"""The starting values of the parameters as lines of source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sympy import Symbol

from symbprop.calculus.program import Tensor
from symbprop.calculus.statement import index_symbol
from symbprop.emit.elementwise import Elementwise
from symbprop.emit.lines import WIDTH, Line
from symbprop.emit.literals import string
from symbprop.emit.sizes import size
from symbprop.emit.value import Value
from symbprop.language.syntax import Draw
from symbprop.network.network import Initializer

DRAWS = {
    Draw.UNIFORM: "rng.uniform(-1, 1, {shape})",
    Draw.NORMAL: "rng.standard_normal({shape})",
    Draw.TRUNCATED_NORMAL: "_truncated(rng, {shape})",
    Draw.ORTHOGONAL: "_orthogonal(rng, {shape})",
}
HELPERS = {Draw.TRUNCATED_NORMAL: "truncated", Draw.ORTHOGONAL: "orthogonal"}


def initial_values(initializers: Mapping[str, Initializer], parameters: Sequence[Tensor]) -> tuple[list[str], set[str]]:
    """One entry of a dictionary display for each parameter, and the helpers that they call."""
    lines: list[str] = []
    helpers: set[str] = set()
    for tensor in parameters:
        start = initializers[tensor.name]
        shape = "(" + ", ".join(size(each) for each in tensor.shape) + ("," if len(tensor.shape) == 1 else "") + ")"
        head = f"{string(tensor.name)}: "
        if start.draw is None:
            value = Elementwise(_Position(tensor)).lower(start.expr).text
            call, arguments = ("np.zeros", (shape,)) if value == "0" else ("np.full", (shape, value))
            lines.extend(Line(head, call, arguments, tail=",").render(8))
            continue
        draw = DRAWS[start.draw].format(shape=shape)
        helpers |= {HELPERS[start.draw]} if start.draw in HELPERS else set()
        lower = Elementwise(_Drawn(draw))
        value = f"        {head}{lower.lower(start.expr).text},"
        note = f"  # {start.name}"
        lines.extend([value + note] if len(value + note) <= WIDTH else [f"        # {start.name}", value])
    return lines, helpers


class _Drawn:
    """Every symbol of an initialiser is its one random draw."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __call__(self, symbol: Symbol) -> Value:
        return Value(self.text, frozenset())


class _Position:
    """Every symbol of an initialiser without a draw is the position along an axis."""

    def __init__(self, tensor: Tensor) -> None:
        self.shape = tensor.shape

    def __call__(self, symbol: Symbol) -> Value:
        axis = next(p for p in range(len(self.shape)) if index_symbol(p) == symbol)
        after = "".join([", None"] * (len(self.shape) - 1 - axis))
        text = f"np.arange({size(self.shape[axis])})"
        return Value(f"{text}[:{after}]" if after else text, frozenset())
