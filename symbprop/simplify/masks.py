"""Sums of exponentials under a condition, with the condition moved into the exponent: masked softmax."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sympy import Basic, Expr, Mul, Pow, S, Symbol, exp

from symbprop.calculus.functions import Select
from symbprop.calculus.gradient import Names
from symbprop.calculus.index import Access, at
from symbprop.calculus.nodes import replaced
from symbprop.calculus.program import Program, Role, Tensor
from symbprop.calculus.statement import Reduction, Statement, index_symbol, pointwise, read_symbol, statement
from symbprop.simplify.definitions import Definition, matches


@dataclass(frozen=True, slots=True)
class Masked:
    """``score = {u if c, else −∞}``; ``found`` says whether c holds anywhere in a sum, if that is not certain."""

    total: str
    score: Definition
    found: Statement | None


def mask_exponents(program: Program) -> Program:
    """``z = Σₛ {exp(u) if c, else 0}`` becomes ``e = {u if c, else −∞}; z = Σₛ exp(e)``, and so for its readers.

    Proof: exp(−∞) = 0. A reader ``{exp(u) R / z if c, else 0}`` becomes ``exp(e) R / z``: where c holds nothing changes,
    elsewhere both are 0, since z > 0 where c holds anywhere in the sum. Where it holds nowhere, e is 0 instead of −∞, so
    that z > 0 still, and the reader is divided by ∞. Then the maximum that is taken out is that of the terms allowed.
    """
    names = Names(program.tensors)
    readers: dict[str, list[Statement]] = {}
    for each in program.statements:
        for read in each.reads:
            readers.setdefault(read.tensor, []).append(each)
    owners = program.definitions()
    tensors = dict(program.tensors)
    statements: list[Statement] = []
    changed: dict[int, Statement] = {}
    for each in program.statements:
        name = each.target.tensor
        if id(each) in changed:
            statements.append(changed[id(each)])
        elif not _is_masked_sum(each) or len(owners[name]) != 1 or name in (program.loss, *program.outputs):
            statements.append(each)
        else:
            masked, new = _masked(each, names)
            moved = {id(reader): _moved(reader, masked) for reader in readers.get(name, [])}
            if not moved or not all(moved.values()):
                statements.append(each)
                continue
            changed.update((key, reader) for key, reader in moved.items() if reader is not None)
            tensors.update(new)
            score = masked.score.statement
            statements.extend((*([masked.found] if masked.found else []), score))
            statements.append(
                statement(each.target, exp(read_symbol(0)), [score.target], each.domain, label=each.label)
            )
    return replace(program, tensors=tensors, statements=tuple(statements)) if changed else program


def _is_masked_sum(each: Statement) -> bool:
    bare = [coordinate.bare for coordinate in each.target.index]
    fits = each.reduction is Reduction.SUM and bool(each.reduced) and None not in bare and len(set(bare)) == len(bare)
    return fits and isinstance(each.expr, Select) and isinstance(each.expr.chosen, exp) and each.expr.otherwise == 0


def _masked(each: Statement, names: Names) -> tuple[Masked, dict[str, Tensor]]:
    condition, exponent = each.expr.condition, each.expr.chosen.args[0]
    tensors: dict[str, Tensor] = {}
    lowest: Expr = S.NegativeInfinity
    reads, found = list(each.reads), None
    if not _holds_somewhere(each, condition):
        indices = Select(condition, S.One, S.Zero)
        used = statement(each.target, indices, each.reads, each.domain, Reduction.MAX)
        inner = {i for read in used.reads for i in read.indices()}
        inner |= {r.index for p, r in enumerate(used.domain) if index_symbol(p) in used.expr.free_symbols}
        kept = [r for r in each.domain if r.index in inner and r not in each.reduced]
        name = names.fresh(f"{each.target.tensor}_any")
        access = Access(name, tuple(at(r.index) for r in kept))
        found = statement(access, indices, each.reads, each.domain, Reduction.MAX, label=each.label)
        tensors[name] = Tensor(name, tuple(r.extent for r in kept), Role.VALUE, constant=True)
        lowest = Select(read_symbol(len(reads)) > 0, S.NegativeInfinity, S.Zero)
        reads.append(access)
    name = names.fresh(f"{_source(each, exponent)}_masked")
    access = Access(name, tuple(at(r.index) for r in each.domain))
    score = pointwise(access, Select(condition, exponent, lowest), reads, each.domain, label=each.label)
    tensors[name] = Tensor(name, tuple(r.extent for r in each.domain), Role.VALUE)
    return Masked(each.target.tensor, Definition(score), found), tensors


def _source(each: Statement, exponent: Expr) -> str:
    """A tensor that the exponent reads, to name it by."""
    read = (access.tensor for symbol, access in each.read_positions() if exponent.has(symbol))
    return next(read, each.target.tensor)


def _holds_somewhere(each: Statement, condition: Basic) -> bool:
    """Whether a condition is certain to hold at some point of every sum: at its first one, or on its diagonal."""
    positions = {one.index: position for position, one in enumerate(each.domain)}
    trial: dict[Symbol, Expr] = {index_symbol(positions[one.index]): S.Zero for one in each.reduced}
    if condition.subs(trial) == S.true:
        return True
    for one in each.reduced:
        for other in each.domain:
            if other not in each.reduced and other.extent == one.extent:
                diagonal = index_symbol(positions[other.index])
                if condition.subs({**trial, index_symbol(positions[one.index]): diagonal}) == S.true:
                    return True
    return False


def _moved(reader: Statement, masked: Masked) -> Statement | None:
    """A reader of the sum with the masked score in place of its condition, ``None`` if it is not of that form."""
    source = masked.score.statement
    if masked.found is not None:  # the last read of the score, which no reader has
        source = replace(source, reads=source.reads[:-1])
    order = {one.index: position for position, one in enumerate(reader.domain)}
    for access, pairs in matches(Definition(source), reader.reads, reader.domain):
        place: dict[Expr, Expr] = {read_symbol(theirs): read_symbol(ours) for theirs, ours in pairs.items()}
        bare = [coordinate.bare for coordinate in access.index]
        if any(index is None or index not in order for index in bare):
            continue
        place.update({index_symbol(p): index_symbol(order[str(index)]) for p, index in enumerate(bare)})
        condition = source.expr.condition.xreplace(place)
        exponent = source.expr.chosen.xreplace(place)
        reads = [*reader.reads, access]
        score: Expr = exp(read_symbol(len(reader.reads)))
        if masked.found is not None:
            swap = {c.bare: here for c, here in zip(source.target.index, access.index, strict=True)}
            reads.append(masked.found.target.substitute({str(k): v for k, v in swap.items()}))
        totals = {symbol for symbol, read in reader.read_positions() if read.tensor == masked.total}
        made = _without_condition(reader.expr, condition, exponent, score, totals)
        if made is not None and masked.found is not None:
            some = read_symbol(len(reader.reads) + 1) > 0
            made = made.xreplace({total: Select(some, total, S.Infinity) for total in totals})
        if made is not None:
            return statement(reader.target, made, reads, reader.domain, reader.reduction, label=reader.label)
    return None


def _without_condition(
    expression: Expr, condition: Basic, exponent: Expr, score: Expr, totals: set[Symbol]
) -> Expr | None:
    """``R · {exp(u) Q / z if c, else 0}`` as ``R · Q · score / z``; ``None`` if it is something else, or reads z twice."""
    outer = Mul.make_args(expression)
    chosen = [
        each for each in outer if isinstance(each, Select) and each.condition == condition and each.otherwise == 0
    ]
    rest = Mul(*(each for each in outer if each not in chosen))
    if len(chosen) != 1 or rest.free_symbols & totals:
        return None
    factors = list(Mul.make_args(chosen[0].chosen))
    if exp(exponent) not in factors:
        return None
    factors.remove(exp(exponent))
    if not all(_is_finite(each, totals) for each in factors):
        return None
    if not any(isinstance(each, Pow) and each.base in totals and each.exp.is_negative for each in factors):
        return None
    return rest * Mul(*factors) * score


def _is_finite(factor: Expr, totals: set[Symbol]) -> bool:
    """Whether a factor is finite at every finite point: polynomials, and quotients by the sum, which is positive."""
    if isinstance(factor, Pow) and factor.base in totals and factor.exp.is_Integer and factor.exp.is_negative:
        return True
    return bool(factor.is_number or (factor.is_polynomial(*factor.free_symbols) and not factor.has(Select)))


def scale_infinite(expression: Expr) -> Expr:
    """``{exp(m) z if c, else ∞}`` as ``exp(m) {z if c, else ∞}``. Proof: exp(m) ∞ = ∞ for a finite m."""
    return replaced(
        expression,
        lambda node: isinstance(node, Select) and node.otherwise is S.Infinity,
        lambda node: (
            _exponentials(node.chosen) * Select(node.condition, node.chosen / _exponentials(node.chosen), S.Infinity)
        ),
    )


def _exponentials(product: Expr) -> Expr:
    return Mul(*(factor for factor in Mul.make_args(product) if isinstance(factor, exp)))
