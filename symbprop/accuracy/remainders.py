"""Sums of exponentials without their largest term, which is 1: log Σ as log1p of the rest, 1 − p as the sum of the others.

s = Σₖ exp(uₖ − max u) is 1 + r, r being the sum over all k but the place of the maximum. Beside 1, r loses its digits;
so what is close to 0 where one term outweighs the others is computed from r:

    log s = log1p(r),        s − exp(uⱼ − max u) = (1 − exp(uⱼ − max u)) + r.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sympy import Add, Expr, Mul, Ne, S, Symbol, diff, exp, log, simplify
from sympy.codegen.cfunctions import log1p

from symbprop.calculus.algebra import cancel
from symbprop.calculus.functions import Held, Select
from symbprop.calculus.gradient import Names
from symbprop.calculus.index import Access, Range
from symbprop.calculus.nodes import replaced
from symbprop.calculus.program import Program, Role, Tensor
from symbprop.calculus.statement import Reduction, Statement, index_symbol, pointwise, read_symbol, statement
from symbprop.simplify.definitions import Definition, definitions


@dataclass(frozen=True, slots=True)
class Total:
    """s[n] = Σⱼ exp(u[n, j] − max u): its statement, that of the maximum, and the names of r and of the place."""

    source: Statement
    maximum: Statement
    rest: str
    place: str

    @property
    def name(self) -> str:
        return self.source.target.tensor

    @property
    def index(self) -> Range:
        return self.source.reduced[0]


class _Symbols:
    """A symbol for each element that statements with the same indices read, so that their formulas can be compared."""

    def __init__(self) -> None:
        self._symbols: dict[Access, Symbol] = {}

    def of(self, access: Access) -> Symbol:
        return self._symbols.setdefault(access, Symbol(f"e{len(self._symbols)}", real=True))

    def formula(self, source: Statement) -> Expr:
        return source.expr.xreplace({symbol: self.of(read) for symbol, read in source.read_positions()})

    def split(self, formula: Expr) -> tuple[Expr, tuple[Access, ...]]:
        """A formula as a statement has it: over the numbers of its reads."""
        used = [(read, symbol) for read, symbol in self._symbols.items() if formula.has(symbol)]
        numbers = {symbol: read_symbol(position) for position, (_, symbol) in enumerate(used)}
        return formula.xreplace(numbers), tuple(read for read, _ in used)


def with_remainders(program: Program) -> tuple[Program, tuple[int, ...]]:
    """An equal program in which sums of exponentials are taken apart, and which statement each statement comes from."""
    names = Names(program.tensors)
    totals = _totals(program, names)
    if not totals:
        return program, tuple(range(len(program.statements)))
    known = definitions(program)
    tensors = dict(program.tensors)
    made: dict[int, list[Statement]] = {}
    for position, each in enumerate(program.statements):
        if each.target.tensor in totals:
            total = totals[each.target.tensor]
            shape = tensors[total.name].shape
            tensors[total.rest] = Tensor(total.rest, shape, Role.VALUE)
            tensors[total.place] = Tensor(total.place, shape, Role.VALUE, integer=True, classes=total.index.extent)
            made[position] = _taken_apart(total)
        elif any(read.tensor in totals for read in each.reads) and each.expr.has(log):
            made[position] = [_with_log1p(each, totals)]
    for total in totals.values():
        _complements(program, total, known, names, tensors, made)
    statements: list[Statement] = []
    origins: list[int] = []
    for position, each in enumerate(program.statements):
        for one in made.get(position, [each]):
            statements.append(one)
            origins.append(position)
    return replace(program, tensors=tensors, statements=tuple(statements)), tuple(origins)


def _totals(program: Program, names: Names) -> dict[str, Total]:
    """The sums that a logarithm is taken of, by name."""
    owners = program.definitions()
    known = definitions(program)
    logged = {read.tensor for each in program.statements for symbol, read in each.read_positions() if each.expr.has(log(symbol))}  # fmt: skip
    found: dict[str, Total] = {}
    for each in program.statements:
        name = each.target.tensor
        if (
            name not in logged
            or len(owners[name]) != 1
            or len(each.reduced) != 1
            or each.reduction is not Reduction.SUM
        ):
            continue
        maximum = _maximum(each, owners, known)
        if maximum is not None:
            found[name] = Total(each, maximum, names.fresh(f"{name}_rest"), names.fresh(f"{name}_place"))
    return found


def _maximum(
    source: Statement, owners: Mapping[str, Sequence[Statement]], known: Mapping[str, Definition]
) -> Statement | None:
    """The statement of max u where ``source`` sums exp(u − max u)."""
    expr, reads = source.expr, source.reads
    if expr == read_symbol(0) and reads[0].tensor in known:
        expr, reads = known[reads[0].tensor].statement.expr, known[reads[0].tensor].at(reads[0])
    if not isinstance(expr, exp):
        return None
    symbols = _Symbols()
    argument = expr.args[0].xreplace({read_symbol(n): symbols.of(read) for n, read in enumerate(reads)})
    for read in reads:
        largest = owners.get(read.tensor, ())
        if len(largest) != 1 or largest[0].reduction is not Reduction.MAX:
            continue
        same = largest[0].domain == source.domain and largest[0].target == read and read.index == source.target.index
        if same and symbols.formula(largest[0]) == argument + symbols.of(read):
            return largest[0]
    return None


def _taken_apart(total: Total) -> list[Statement]:
    """The sum of all, which who needs no more reads, the place of the maximum, and the sum of the others."""
    source, largest = total.source, total.maximum
    place, rest = Access(total.place, source.target.index), Access(total.rest, source.target.index)
    number = index_symbol(source.domain.index(total.index))
    others = Select(Ne(number, read_symbol(len(source.reads))), source.expr, S.Zero)
    return [
        source,
        statement(place, largest.expr, largest.reads, largest.domain, Reduction.ARGMAX, selects=total.index.index),
        statement(rest, others, (*source.reads, place), source.domain, label=source.label),
    ]


def _with_log1p(source: Statement, totals: Mapping[str, Total]) -> Statement:
    """Log s as log1p(r), added last: what stands beside it is a difference of numbers that may be large."""
    reads = list(source.reads)
    expr = source.expr
    for symbol, read in source.read_positions():
        if read.tensor in totals and expr.has(log(symbol)):
            rest = log1p(read_symbol(len(reads)), evaluate=False)
            reads.append(Access(totals[read.tensor].rest, read.index))
            expr = _with_last(expr.xreplace({log(symbol): rest}), rest)
            expr = _within_range(expr, rest)
    return statement(source.target, expr, reads, source.domain, source.reduction, selects=source.selects, label=source.label)  # fmt: skip


def _with_last(expr: Expr, rest: Expr) -> Expr:
    """Every sum with what has ``rest`` in it added last."""
    found: Expr = replaced(
        expr,
        lambda node: isinstance(node, Add) and any(each.has(rest) for each in node.args),
        lambda node: _last(node, rest),
    )
    return found


def _last(node: Add, rest: Expr) -> Expr:
    inside = Add(*(each for each in node.args if not each.has(rest)))
    return (Held(inside) if inside.is_Add else inside) + Add(*(each for each in node.args if each.has(rest)))


def _within_range(expr: Expr, rest: Expr) -> Expr:
    """y·(max u − u + log1p r) as 2·y·((max u)/2 − u/2 + (log1p r)/2): no infinity that y = 0 would multiply."""
    factors = Mul.make_args(expr)
    sums = [each for each in factors if each.is_Add and each.has(rest)]
    others = Mul(*(each for each in factors if each not in sums))
    if len(sums) != 1 or not any(each.name.startswith("a") for each in others.free_symbols):
        return expr
    half = replaced(sums[0], Held, lambda inside: Held(Add(*(each / 2 for each in Add.make_args(inside)))))
    halves = Add(*(each if isinstance(each, Held) else each / 2 for each in half.args))
    return 2 * Held(others * halves)


# 1 − p ------------------------------------------------------------------------------------------------------------------


def _complements(
    program: Program,
    total: Total,
    known: Mapping[str, Definition],
    names: Names,
    tensors: dict[str, Tensor],
    made: dict[int, list[Statement]],
) -> None:
    """c·(pⱼ − 1) at a label, and w·(Y pⱼ − yⱼ) everywhere, p = exp(u − max u)/s, from the sum of the others."""
    term = total.source.reads[0]
    if total.source.expr != read_symbol(0):
        return
    for position, each in enumerate(program.statements):
        if each.domain != total.source.domain or each.reduced or each.target.index != term.index or position in made:
            continue
        found = _everywhere(program, each, total, known)
        if found is not None:
            made[position] = [found]
            continue
        for other, less in enumerate(program.statements):
            if less.target.tensor != each.target.tensor or other == position or other in made:
                continue
            place = less.target.index[term.index.index(_coordinate(term, total))]
            if place.gather is None:
                continue
            apart = _at_a_label(each, less, place.gather, total, known, names, tensors)
            if apart is not None:
                made[position], made[other] = apart, []
                break


def _coordinate(term: Access, total: Total) -> object:
    return next(each for each in term.index if each.bare == total.index.index)


def _at_a_label(
    source: Statement,
    less: Statement,
    label: Access,
    total: Total,
    known: Mapping[str, Definition],
    names: Names,
    tensors: dict[str, Tensor],
) -> list[Statement] | None:
    """c·pⱼ everywhere and −c at one label: at the label, −c·((1 − t) + r)/s with t = exp(u − max u)."""
    symbols = _Symbols()
    term, whole = total.source.reads[0], total.source.target
    rest = Access(total.rest, whole.index)
    amount = symbols.formula(less)
    if symbols.split(amount)[1] and any(read.index and read.index != whole.index for read in symbols.split(amount)[1]):
        return None
    if not _is_share(source, -amount, symbols, total, known):
        return None
    chosen = less.target.index
    there = symbols.of(Access(term.tensor, chosen))
    expr, reads = symbols.split(amount * (Held(1 - there) + symbols.of(rest)) / symbols.of(whole))
    name = names.fresh(f"{source.target.tensor}_chosen")
    tensors[name] = Tensor(name, tensors[total.name].shape, Role.VALUE)
    at = Access(name, whole.index)
    number = index_symbol(source.domain.index(total.index))
    count = len(source.reads)
    merged = Select(Ne(number, read_symbol(count)), source.expr, read_symbol(count + 1))
    return [
        pointwise(at, expr, reads, [each for each in source.domain if each != total.index]),
        statement(source.target, merged, (*source.reads, label, at), source.domain, label=source.label),
    ]


def _is_share(
    source: Statement, amount: Expr, symbols: _Symbols, total: Total, known: Mapping[str, Definition]
) -> bool:
    """Whether a statement is ``amount`` times exp(u − max u)/s, once what it reads is put in."""
    formula = _in_terms(source, symbols, total, known)
    term, whole = total.source.reads[0], total.source.target
    return bool(simplify(formula - amount * symbols.of(term) / symbols.of(whole)) == 0)


def _in_terms(source: Statement, symbols: _Symbols, total: Total, known: Mapping[str, Definition]) -> Expr:
    """The formula of a statement, what it reads put in, but for exp(u − max u)."""
    formula = symbols.formula(source)
    for read in source.reads:
        if read.tensor in known and read != total.source.reads[0]:
            inner = known[read.tensor]
            values = {read_symbol(n): symbols.of(each) for n, each in enumerate(inner.at(read))}
            formula = formula.xreplace({symbols.of(read): inner.statement.expr.xreplace(values)})
    return formula


def _everywhere(program: Program, source: Statement, total: Total, known: Mapping[str, Definition]) -> Statement | None:
    """w·(Y pⱼ − yⱼ) with Y = Σ y, as w·((Y − yⱼ) t − yⱼ ((1 − t) + r))/s: what outweighs the others is not subtracted."""
    owners = program.definitions()
    term, whole = total.source.reads[0], total.source.target
    for read in source.reads:
        summed = owners.get(read.tensor, [])
        if read.index != whole.index or len(summed) != 1 or summed[0].target != read:
            continue
        if summed[0].domain != source.domain or summed[0].reduction is not Reduction.SUM:
            continue
        symbols = _Symbols()
        every, t, s = symbols.of(read), symbols.of(term), symbols.of(whole)
        formula, y = _in_terms(source, symbols, total, known), symbols.formula(summed[0])
        weight = cancel(diff(formula, t) * s / every)
        if weight.has(every, t, s) or simplify(formula - weight * (every * t / s - y)) != 0:
            continue
        others = Held(1 - t) + symbols.of(Access(total.rest, whole.index))
        expr, reads = symbols.split(weight / s * (Held(every - y) * t - y * others))
        return statement(source.target, expr, reads, source.domain, label=source.label)
    return None
