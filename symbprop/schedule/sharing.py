"""Values of a function that several statements need, as a tensor that is computed once and kept.

i[n,t] = 1/(1 + exp(−|z[n,t]|)) and z̄[n,t] = ī[n,t] exp(−|z[n,t]|)/(1 + exp(−|z[n,t]|))² both read z_exp[n,t] = exp(−|z[n,t]|).
A function costs several times what a read of its value does, and so does x[n,k] − m[n] for whole rows. y[n,k] − t[n,k]
costs no more than a read, but what is kept of it takes the place of y.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from sympy import Add, Dummy, Expr, Function, Pow, S, Symbol, exp

from symbprop.accuracy.functions import wide_exp
from symbprop.calculus.functions import Detach, Floor, Held
from symbprop.calculus.index import Access, at
from symbprop.calculus.nodes import distinct, renamed
from symbprop.calculus.program import Role, Tensor
from symbprop.calculus.statement import Statement, pointwise, read_symbol, statement
from symbprop.schedule.distribute import Distributed
from symbprop.schedule.order import whole

HOLE = Dummy("value", real=True, positive=True)
NAMES = {Add: "less", Pow: "root"}


@dataclass(frozen=True, slots=True)
class Use:
    """A function of one read, a root of one or two, or the difference of two, in the ``number``-th statement.

    ``node`` is what stands there: ``frame`` with ``value`` in the place of ``HOLE``.
    """

    number: int
    node: Expr
    frame: Expr
    value: Expr
    symbols: tuple[Symbol, ...]
    reads: tuple[Access, ...]

    @property
    def indices(self) -> list[str]:
        """All of them, those of the read with the most first."""
        wide = sorted(self.reads, key=lambda each: -len(list(each.indices())))
        return list(dict.fromkeys(index for each in wide for index in each.indices()))


def share(statements: Sequence[Statement], tensors: Mapping[str, Tensor], fresh: Callable[[str], str]) -> Distributed:
    """The statements, functions of one element that several of them need in statements of their own.

    Proof: a substitution of equals. ``fresh`` makes names from a wish.
    """
    found = Distributed()
    replaced: dict[int, dict[Expr, tuple[Expr, Access]]] = {}
    ahead: dict[int, list[Statement]] = {}
    for uses in _uses(statements, tensors).values():
        for group in _groups(uses, statements, tensors):
            first = group[0]
            what = NAMES.get(type(first.value)) or type(first.value).__name__
            name = fresh(f"{first.reads[0].tensor}_{what}")
            full = next((each for each in group if _is_whole(each, statements, tensors)), None)
            made, tensor = _made(full or first, statements, name)
            found.tensors[name] = tensor
            found.origins[id(made)] = statements[first.number]
            ahead.setdefault(first.number, []).append(made)
            for use in group:
                axes = use.reads[0].index if full else tuple(at(index) for index in use.indices)
                replaced.setdefault(use.number, {})[use.node] = use.frame, Access(name, axes)
    for number, each in enumerate(statements):
        found.statements.extend(ahead.get(number, ()))
        if number in replaced:
            source, each = each, _reading(each, replaced[number])
            found.origins[id(each)] = source
        found.statements.append(each)
    return found


def _uses(
    statements: Sequence[Statement], tensors: Mapping[str, Tensor]
) -> dict[tuple[Expr, tuple[str, ...]], list[Use]]:
    """Functions and differences that nothing but simple coordinates move, by what they compute of which tensors."""
    found: dict[tuple[Expr, tuple[str, ...]], list[Use]] = {}
    for number, each in enumerate(statements):
        if not (functions := _functions(each.expr)):
            continue
        reads = dict(each.read_positions())
        for node, frame, value, symbols in functions:
            if isinstance(value, Pow):  # of two reads, whichever comes first
                symbols = tuple(sorted(symbols, key=lambda each: reads[each].tensor if each in reads else ""))
            read = tuple(reads[symbol] for symbol in symbols if symbol in reads)
            simple = all(not tensors[one.tensor].integer and _is_simple(one) for one in read)
            if len(read) == len(symbols) and simple and (len(read) == 1 or _is_spread(*read) or _is_alike(*read)):
                function = renamed(value, tuple((symbol, read_symbol(place)) for place, symbol in enumerate(symbols)))
                key = (function, tuple(one.tensor for one in read))
                found.setdefault(key, []).append(Use(number, node, frame, value, symbols, read))
    _widen(found)
    return {key: uses for key, uses in found.items() if len(uses) > 1}


def _widen(found: dict[tuple[Expr, tuple[str, ...]], list[Use]]) -> None:
    """An exponential that one statement needs in double precision serves those that could do with less."""
    for function, tensors in list(found):
        if isinstance(function, exp) and (wide := (wide_exp(function.args[0]), tensors)) in found:
            plain = [replace(use, value=wide_exp(use.value.args[0])) for use in found.pop((function, tensors))]
            found[wide] = sorted((*found[wide], *plain), key=lambda each: each.number)


@cache
def _functions(expression: Expr) -> tuple[tuple[Expr, Expr, Expr, tuple[Symbol, ...]], ...]:
    """The functions of one symbol, the roots of one or two, and the differences of two in an expression.

    Each as it stands there, the frame and the value that it is made of, and the symbols of that.
    """
    found: list[tuple[Expr, Expr, Expr, tuple[Symbol, ...]]] = []
    for node in distinct(expression):
        if (
            isinstance(node, Function)
            and not isinstance(node, (Detach, Floor, Held))
            and len(node.free_symbols) == 1
            and _stands_alone(node, expression)
        ):
            found.append((node, HOLE, node, tuple(node.free_symbols)))
        elif (
            isinstance(node, Pow)
            and abs(node.exp) == S.Half
            and 1 <= len(node.free_symbols) <= 2
            and _stands_alone(node, expression)
        ):
            symbols = tuple(sorted(node.free_symbols, key=str))
            found.append((node, HOLE ** (2 * node.exp), Pow(node.base, S.Half), symbols))
        elif isinstance(node, Add) and len(node.args) == 2 and not node.is_number:
            factor, plain = node.primitive()  # 2 a − 2 b; halves are there so that nothing overflows
            if not factor.is_Integer:
                continue
            ends = [each for each in plain.args if isinstance(each, Symbol)]
            starts = [-each for each in plain.args if isinstance(-each, Symbol)]
            if len(ends) == len(starts) == 1:
                found.append((node, factor * HOLE, plain, (ends[0], starts[0])))
    return tuple(found)


def _stands_alone(node: Expr, expression: Expr) -> bool:
    """Whether nothing that goes into a function is needed beside it, which would then be computed twice.

    A condition may be: |x| is computed without one.
    """
    inside = {each for each in distinct(node) if isinstance(each, Expr) and each.args and not each.is_number} - {node}
    return inside.isdisjoint(distinct(expression.xreplace({node: Dummy()})))


def _is_spread(one: Access, other: Access) -> bool:
    """Whether one of two reads has a value for each row of the other, the last indices of which it lacks."""
    few, many = sorted((list(one.indices()), list(other.indices())), key=len)
    return len(few) < len(many) and many[: len(few)] == few


def _is_alike(one: Access, other: Access) -> bool:
    """Whether two reads have a value each for the same indices, in the same order: an output and its target."""
    return list(one.indices()) == list(other.indices())


def _is_simple(read: Access) -> bool:
    """Whether every coordinate is one index, perhaps moved, or none, and no index comes twice."""
    terms = [term for coordinate in read.index for term in coordinate.terms]
    names = [atom for atom, coefficient in terms if isinstance(atom, str) and coefficient == 1]
    one = all(len(coordinate.terms) <= 1 for coordinate in read.index)
    return bool(names) and one and len(names) == len(terms) == len(set(names))


def _groups(uses: Sequence[Use], statements: Sequence[Statement], tensors: Mapping[str, Tensor]) -> list[list[Use]]:
    """Uses that one tensor serves: all where one of them needs the whole, else those of the same elements."""
    if any(statements[each.number].expr == each.value for each in uses):
        return []  # there is a tensor that holds it
    if any(_is_whole(each, statements, tensors) for each in uses):
        groups = [list(uses)]
    else:
        alike: dict[tuple[object, ...], list[Use]] = {}
        for each in uses:
            alike.setdefault(_elements(each, statements), []).append(each)
        groups = list(alike.values())
    return [group for group in groups if len({each.number for each in group}) > 1]


def _is_whole(use: Use, statements: Sequence[Statement], tensors: Mapping[str, Tensor]) -> bool:
    (read, *others) = use.reads
    return not others and whole(read, statements[use.number].domain, tensors[read.tensor].shape)


def _elements(use: Use, statements: Sequence[Statement]) -> tuple[object, ...]:
    """Which elements a use reads, whatever their indices are called."""
    extents = {each.index: each.extent for each in statements[use.number].domain}
    places = {index: (place, extents[index]) for place, index in enumerate(use.indices)}
    return tuple((c.offset, tuple(places[index] for index in c.indices())) for one in use.reads for c in one.index)


def _made(use: Use, statements: Sequence[Statement], name: str) -> tuple[Statement, Tensor]:
    """The statement that computes a function once, and the tensor that it makes."""
    source = statements[use.number]
    extents = {each.index: each for each in source.domain}
    ranges = [extents[index] for index in use.indices]
    target = Access(name, tuple(at(each.index) for each in ranges))
    expr = use.value.xreplace({symbol: read_symbol(place) for place, symbol in enumerate(use.symbols)})
    made = pointwise(target, expr, use.reads, ranges, label=source.label)
    return made, Tensor(name, tuple(each.extent for each in ranges), Role.VALUE)


def _reading(source: Statement, values: Mapping[Expr, tuple[Expr, Access]]) -> Statement:
    """A statement that reads the values of functions. One inside another goes with it."""
    symbols: dict[Expr, Expr] = {}
    reads = list(source.reads)
    for node, (frame, access) in values.items():
        symbols[node] = frame.xreplace({HOLE: read_symbol(len(reads))})
        reads.append(access)
    return statement(
        source.target, source.expr.xreplace(symbols), reads, source.domain, source.reduction,
        selects=source.selects, label=source.label,
    )  # fmt: skip
