"""The element-wise functions of one tensor in a program, and how steep they are."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sympy import And, Expr, Rational, S, Symbol, oo

from symbprop.calculus.expression_printer import Leaf
from symbprop.calculus.functions import Select, derivative
from symbprop.calculus.gradient import influenced
from symbprop.calculus.notation import TEXT
from symbprop.calculus.printer import format_expression
from symbprop.calculus.program import Program, Role
from symbprop.calculus.statement import Statement, read_symbol
from symbprop.sensitivity.branches import Piece, pieces
from symbprop.sensitivity.linear import linear_layer
from symbprop.sensitivity.records import ActivationBound
from symbprop.sensitivity.starts import Start, fixed_sizes
from symbprop.sensitivity.steepness import Steepness, steepness
from symbprop.sensitivity.wording import exact_text, saturation_text, where_text


@dataclass(frozen=True, slots=True)
class Activation:
    """An element-wise statement, the position of the tensor among its reads, and how steep it is at the start."""

    statement: Statement
    position: int
    steep: Steepness
    bound: ActivationBound


def passes_through(source: Statement, program: Program) -> int | None:
    """The position of the one differentiable tensor that a statement maps element by element, beside parameters."""
    if source.reduced:
        return None
    found = [
        position
        for position, read in enumerate(source.reads)
        if program.tensors[read.tensor].role is Role.VALUE and not program.tensors[read.tensor].constant
    ]
    rest = [read for position, read in enumerate(source.reads) if position not in found]
    parameters = all(program.tensors[read.tensor].role is Role.PARAMETER for read in rest)
    return found[0] if len(found) == 1 and parameters else None


def activations(program: Program, starts: Mapping[str, Start], names: Mapping[str, str]) -> Iterator[Activation]:
    """The statements T[i…] = f(A[i…], parameters) between the parameters and the loss, f not a product of the two."""
    active = influenced(program, [tensor.name for tensor in program.of(Role.PARAMETER)])
    definitions = program.definitions()
    for source in program.statements:
        position = passes_through(source, program)
        if position is None or source.reads[position].tensor not in active:
            continue
        read = source.reads[position]
        alone = len(definitions[source.target.tensor]) == 1
        in_place = [each.terms for each in read.index] == [each.terms for each in source.target.index]  # or a slice
        if not alone or not in_place or linear_layer(source, program):
            continue
        yield _activation(source, position, starts, program, names[source.target.tensor])


def largest_slope(source: Statement, position: int, starts: Mapping[str, Start]) -> float:
    """The supremum of a statement's |f′| at the start; infinite where a parameter is drawn that it depends on."""
    slope = _at_start(source, position, starts)
    return math.inf if slope is None else steepness(slope, read_symbol(position)).upper


def _at_start(source: Statement, position: int, starts: Mapping[str, Start]) -> Expr | None:
    """f′ with the parameters that start constant; ``None`` if it depends on anything else."""
    slope = fixed_sizes(derivative(source.expr, read_symbol(position)))
    for symbol, read in source.read_positions():
        if read.tensor in starts and starts[read.tensor].constant:
            slope = slope.subs(symbol, Rational(starts[read.tensor].entries.mean).limit_denominator(10**12))
    return slope if slope.free_symbols <= {read_symbol(position)} else None


def _activation(
    source: Statement, position: int, starts: Mapping[str, Start], program: Program, layer: str
) -> Activation:
    x = read_symbol(position)
    whole = fixed_sizes(derivative(source.expr, x))
    interval = program.tensors[source.reads[position].tensor].interval
    low, high = (-oo, oo) if interval is None else map(Rational, interval)
    slope = _at_start(source, position, starts)
    steep = Steepness(0.0, math.inf, None) if slope is None else steepness(slope, x, low, high)
    names = {symbol: read.tensor for symbol, read in source.read_positions()} | {x: "x"}

    def leaf(symbol: Symbol) -> str:
        return str(names.get(symbol, symbol.name))

    exact = exact_text(steep)
    if whole.free_symbols != {x} and whole.free_symbols:
        others = ", ".join(sorted(leaf(symbol) for symbol in whole.free_symbols - {x}))
        now = "" if slope is None else f"; {exact} at the start"
        exact = _in_terms_of(whole, x, leaf) or f"depends on {others}{now}"
    bound = ActivationBound(
        layer=layer,
        formula=format_expression(_readable(whole, x), leaf, TEXT),
        supremum=steep.upper,
        exact=exact,
        where=where_text(steep) if slope is not None else "not known",
        saturates=saturation_text(steep),
    )
    return Activation(source, position, steep, bound)


def _in_terms_of(slope: Expr, x: Symbol, leaf: Leaf) -> str | None:
    """The supremum of a slope that is constant in x on each of its pieces: ``max(1, |alpha|)``."""
    parts = [each.expression for each in pieces(slope, x)]
    if any(each.has(x) for each in parts):
        return None
    numbers = [abs(each) for each in parts if not each.free_symbols]
    sizes = [format_expression(max(numbers), leaf, TEXT)] if any(numbers) else []
    sizes += [f"|{format_expression(each, leaf, TEXT)}|" for each in dict.fromkeys(parts) if each.free_symbols]
    return f"max({', '.join(sizes)})" if len(sizes) > 1 else sizes[0] if sizes else "0"


def _readable(slope: Expr, x: Symbol) -> Expr:
    """A slope whose conditions contain selections, by its pieces."""
    nested = any(each.condition.has(Select) for each in slope.atoms(Select))
    return _by_pieces(pieces(slope, x), x) if nested else slope


def _by_pieces(parts: tuple[Piece, ...], x: Symbol) -> Expr:
    inner = [each for each in parts if each.expression != 0]
    if len(inner) == 1 and inner[0].low.is_finite and inner[0].high.is_finite:
        return Select(And(x > inner[0].low, x < inner[0].high), inner[0].expression, S.Zero)
    result = parts[-1].expression
    for each in reversed(parts[:-1]):
        result = Select(x < each.high, each.expression, result)
    return result
