"""What scales a sum, moved to where the sum is read: the gradients of softmax and layer norm as a textbook has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sympy import Expr, Mul

from symbprop.calculus.index import Access, Affine
from symbprop.calculus.program import GradientProgram
from symbprop.calculus.statement import Reduction, Statement, read_symbol, statement
from symbprop.simplify.cost import wide_cost
from symbprop.simplify.definitions import Definition
from symbprop.simplify.saved import saved_definitions, with_saved
from symbprop.simplify.tidy import cheapest_form


def unscale_sums(gradient: GradientProgram) -> GradientProgram:
    """``s̄ = c·Σ e`` becomes ``s̄ = Σ e``, and its readers read ``c·s̄``, where that is cheaper for them, or where c

    scales the other terms of the same cotangent too. Proof: a substitution of equals, if s̄ is no result. What it is for:
    c often makes a saved value whole, as in the gradient of a softmax, ``p (p̄ − Σ p p̄)``.
    """
    saved = saved_definitions(gradient)
    program = gradient.program
    owners: dict[str, list[int]] = {}
    readers: dict[str, list[int]] = {}
    backward: list[Statement] = list(gradient.backward)
    for position, each in enumerate(backward):
        owners.setdefault(each.target.tensor, []).append(position)
        for read in dict.fromkeys(read.tensor for read in each.reads):
            readers.setdefault(read, []).append(position)
    results = {*gradient.gradients.values(), *program.outputs}
    for name, positions in owners.items():
        if len(positions) != 1 or name in results or name not in gradient.tensors or name not in readers:
            continue
        source = backward[positions[0]]
        parted = _parted(source)
        if parted is None:
            continue
        outer, bare = parted
        moved = {p: _scaled(backward[p], name, outer, saved) for p in readers[name]}
        if not all(moved.values()):
            continue
        gain = sum(wide_cost(backward[p]) for p in moved) - sum(wide_cost(each) for each in moved.values() if each)
        scaled = {read.tensor for read in outer.statement.reads if read.tensor not in gradient.tensors}
        others = [backward[p] for reader in moved for p in owners[backward[reader].target.tensor] if p not in moved]
        shared = scaled and any(scaled <= {read.tensor for read in each.reads} for each in others)
        if gain > 0 or (gain == 0 and shared):
            backward[positions[0]] = bare
            backward = [moved.get(p) or each for p, each in enumerate(backward)]
    return replace(gradient, backward=tuple(backward))


def _parted(source: Statement) -> tuple[Definition, Statement] | None:
    """The factors of a sum that it does not touch, as a definition over its target's indices, and the sum without."""
    kept = set(source.target.indices())
    bare = [coordinate.bare for coordinate in source.target.index]
    if not source.reduced or source.reduction is not Reduction.SUM or None in bare or len(set(bare)) != len(bare):
        return None
    sets = {symbol: set(access.indices()) for symbol, access in source.read_positions()}
    inner = [
        factor for factor in Mul.make_args(source.expr)
        if any(not sets.get(symbol, {""}) <= kept for symbol in factor.free_symbols if not symbol.is_positive)
    ]  # fmt: skip
    outer = Mul(*(factor for factor in Mul.make_args(source.expr) if factor not in inner))
    if not outer.free_symbols or not inner:
        return None
    scale = Statement(source.target, outer, source.reads, source.domain)
    return Definition(scale), statement(source.target, Mul(*inner), source.reads, source.domain, label=source.label)


def _scaled(reader: Statement, name: str, scale: Definition, saved: Mapping[str, list[Definition]]) -> Statement | None:
    """A reader of ``name`` that reads it times ``scale`` instead, in its cheapest form."""
    if reader.reduced or reader.reduction is not Reduction.SUM:
        return None
    reads: list[Access] = list(reader.reads)
    replaced: dict[Expr, Expr] = {}
    for symbol, read in reader.read_positions():
        if read.tensor == name:
            place: dict[str, Affine] = {
                str(c.bare): here for c, here in zip(scale.statement.target.index, read.index, strict=True)
            }
            numbers = {read_symbol(p): read_symbol(len(reads) + p) for p in range(len(scale.statement.reads))}
            replaced[symbol] = symbol * scale.statement.expr.xreplace(numbers)
            reads.extend(access.substitute(place) for access in scale.statement.reads)
    expr = reader.expr.xreplace(replaced)
    made = with_saved(statement(reader.target, expr, reads, reader.domain, label=reader.label), saved)
    return statement(made.target, cheapest_form(made.expr), made.reads, made.domain, label=made.label)
