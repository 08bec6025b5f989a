"""Distribution inside a statement: what a step of a recurrence computes of nothing recurrent is computed for all steps at once.

In s̄[n,t,u] = h̄[n,t+1,u] (1 − h[n,t+1,u]²) only h̄ has to wait for its step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sympy import Add, Expr, Mul, Symbol

from symbprop.calculus.functions import Detach, Select, is_condition
from symbprop.calculus.index import Access, Affine, at, extent
from symbprop.calculus.program import Role, Tensor
from symbprop.calculus.recurrence import circles
from symbprop.calculus.statement import Statement, index_symbol, pointwise, read_symbol, reindex, statement


@dataclass
class Distributed:
    """Statements with the new ones in front of those they were taken from; ``origins`` leads back to these."""

    statements: list[Statement] = field(default_factory=list)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    origins: dict[int, Statement] = field(default_factory=dict)


def distribute(statements: Sequence[Statement], fresh: Callable[[str], str]) -> Distributed:
    """The statements, those of recurrences reading what does not depend on the recurrence from new tensors.

    Proof: a substitution of equals. ``fresh`` makes names from a wish.
    """
    owner = {id(each): number for number, group in enumerate(circles(statements)) for each in group}
    inside: dict[int, set[str]] = {}
    for each in statements:
        if id(each) in owner:
            inside.setdefault(owner[id(each)], set()).add(each.target.tensor)
    found = Distributed()
    shared: dict[tuple[Expr, tuple[Access, ...]], Access] = {}
    for each in statements:
        if id(each) in owner:
            each = _Splitter(each, inside[owner[id(each)]], fresh, found, shared).split()
        else:
            turned = upright(each)
            if turned is not each:
                found.origins[id(turned)] = each
            each = turned
        found.statements.append(each)
    return found


def upright(each: Statement) -> Statement:
    """``y[T − 1 − t] = x[t]`` as ``y[t] = x[T − 1 − t]``: what reverses an axis reads it backwards. It is a renaming."""
    extents = {one.index: one.extent for one in each.domain}
    turned: dict[str, Affine] = {}
    for coordinate in each.target.index:
        for atom, coefficient in coordinate.terms if len(coordinate.terms) == 1 else ():
            if isinstance(atom, str) and coefficient == -1 and extent(coordinate.offset - extents[atom] + 1) == 0:
                turned[atom] = coordinate
    return reindex(each, turned, each.domain) if turned and not each.selects else each


class _Splitter:
    """One statement of a recurrence over the tensors ``inside``."""

    def __init__(
        self,
        source: Statement,
        inside: set[str],
        fresh: Callable[[str], str],
        found: Distributed,
        shared: dict[tuple[Expr, tuple[Access, ...]], Access],
    ) -> None:
        self.source = source
        self.fresh = fresh
        self.found = found
        self.shared = shared
        self.reads = list(source.reads)
        self.sets = {symbol: frozenset(read.indices()) for symbol, read in source.read_positions()}
        self.sets.update({index_symbol(p): frozenset((each.index,)) for p, each in enumerate(source.domain)})
        self.waiting = {
            symbol for symbol, read in source.read_positions()
            if read.tensor in inside or any(gather.tensor in inside for gather in read.gathers())
        }  # fmt: skip

    def split(self) -> Statement:
        """The statement that is left for the loop."""
        source = self.source
        if not self._waits(source.expr):
            return source
        expr = self._rest(source.expr)
        if len(self.reads) == len(source.reads):
            return source
        made = statement(
            source.target, expr, self.reads, source.domain, source.reduction,
            selects=source.selects, label=source.label,
        )  # fmt: skip
        self.found.origins[id(made)] = source
        return made

    def _waits(self, node: Expr) -> bool:
        return bool(node.free_symbols & self.waiting)

    def _rest(self, node: Expr) -> Expr:
        """An expression that waits, with what does not wait in it replaced by reads."""
        if isinstance(node, (Symbol, Select, Detach)) or is_condition(node):
            return node  # a branch that is not chosen may be infinite: it stays where it is chosen
        free = [each for each in node.args if not self._waits(each)]
        waiting = [each if is_condition(each) else self._rest(each) for each in node.args if self._waits(each)]
        if isinstance(node, (Add, Mul)):
            groups: dict[frozenset[str], list[Expr]] = {}
            for each in free:
                groups.setdefault(self._indices(each), []).append(each)
            numbers = groups.pop(frozenset(), [])
            parts = [node.func(*group) for group in groups.values()]
            if isinstance(node, Mul) and len(parts) == 1 and not self._is_plain(parts[0]):
                parts, numbers = [Mul(*numbers, parts[0])], []
            return node.func(*numbers, *(self._read(each) for each in parts), *waiting)
        return node.func(*(self._rest(each) if self._waits(each) else self._read(each) for each in node.args))

    def _indices(self, node: Expr) -> frozenset[str]:
        return frozenset[str]().union(*(self.sets.get(symbol, frozenset()) for symbol in node.free_symbols))

    def _is_plain(self, node: Expr) -> bool:
        """Whether there is nothing to compute before the loop: a read, its negative, or numbers and sizes."""
        reads = [symbol for symbol in node.free_symbols if symbol in self.sets and symbol.name.startswith("a")]
        return not reads or isinstance(node, Symbol) or (isinstance(node, Mul) and node.args[1:] == tuple(reads))

    def _read(self, node: Expr) -> Expr:
        """``node``, or the read of a new tensor that holds it."""
        if self._is_plain(node):
            return node
        source = self.source
        indices = self._indices(node)
        domain = [each for each in source.domain if each.index in indices]
        made = pointwise(Access("", tuple(at(one.index) for one in domain)), node, source.reads, source.domain)
        key = (made.expr, (made.target, *made.reads))
        if key not in self.shared:
            name = self.fresh(f"{source.target.tensor}_factor")
            target = Access(name, made.target.index)
            self.found.tensors[name] = Tensor(name, tuple(one.extent for one in domain), Role.VALUE)
            new = pointwise(target, node, source.reads, source.domain, label=source.label)
            self.found.origins[id(new)] = source
            self.found.statements.append(new)
            self.shared[key] = target
        self.reads.append(self.shared[key])
        self.sets[read_symbol(len(self.reads) - 1)] = indices
        return read_symbol(len(self.reads) - 1)
