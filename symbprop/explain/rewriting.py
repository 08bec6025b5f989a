"""What happened to one statement inside one pass: what was put in, which saved value was read, which form was chosen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from sympy import Expr, exp, powsimp

from symbprop.calculus.index import Access
from symbprop.calculus.program import Program
from symbprop.calculus.statement import Reduction, Statement, read_symbol
from symbprop.explain.moved import Moved
from symbprop.simplify.definitions import Definition, definitions
from symbprop.simplify.inline import substituted
from symbprop.simplify.saved import eliminate_exponential


class Move(Enum):
    """One small rewriting of a statement."""

    PUT_IN = auto()  # what defines ``tensor`` is put in where it was read
    READ = auto()  # ``tensor`` is read instead of what defines it
    SOLVED = auto()  # what defines ``tensor``, solved for its exponential
    FACTOR = auto()  # a factor leaves the sum, and the tensor from here on is the sum alone


@dataclass(frozen=True, slots=True)
class Rewriting:
    """A move about ``tensor``, and the statement to show for it.

    After ``PUT_IN`` that is the statement itself; for ``READ`` it is the definition of the element that is read; for
    ``SOLVED`` the statement's expression is what ``left`` is equal to, and both read the same.
    """

    move: Move
    tensor: str
    shown: Statement
    left: Expr | None = None


class Rewritings:
    """Finds the moves of the statements of one program; what defines each tensor is found once.

    ``moved`` are sums that the pass has moved: their cotangents are put in as a factor times the sum.
    """

    def __init__(self, program: Program, moved: Iterable[Moved] = ()) -> None:
        scaled = {each.cotangent: Definition(each.scaled) for each in moved}
        self._all = program.definitions()
        self._definitions: Mapping[str, Definition] = {**definitions(program), **scaled}

    def between(self, before: Statement, after: Statement) -> Iterator[Rewriting]:
        """The moves from one form of a statement to the next, in order."""
        kept = {read.tensor for read in after.reads}
        brought = [read for read in after.reads if read.tensor not in {each.tensor for each in before.reads}]
        shown = before
        for read in before.reads:
            if read.tensor not in kept and read.tensor in self._definitions and read in shown.reads:
                shown = substituted(shown, read, self._definitions[read.tensor])
                yield Rewriting(Move.PUT_IN, read.tensor, shown)
        for read in brought:
            definition = self._definitions.get(read.tensor)
            if definition is not None:
                yield from _read_saved(shown, after, read, definition)

    def vanished(self, before: Sequence[Statement], after: Sequence[Statement]) -> list[Statement]:
        """The statements that are left out because they add nothing, where that is all that the pass did."""
        return [each for each in before if each not in after] if all(each in before for each in after) else []

    def sums_behind(self, statement: Statement) -> Iterator[Statement]:
        """The sums that define what ``statement`` reads, of something that it reads too: why it can be 0."""
        read = {access.tensor for access in statement.reads}
        for name in dict.fromkeys(access.tensor for access in statement.reads):
            for each in self._all.get(name, ()):
                if each.reduced and len(each.reads) == 1 and each.reads[0].tensor in read:
                    yield each

    def redefinition(self, before: Statement, after: Statement) -> Rewriting | None:
        """The factor that a sum has lost to its readers, ``exp(m)`` of ``Σ exp(u)``, if it has lost one."""
        if before.reduction is not Reduction.SUM or not before.reduced or before.target != after.target:
            return None
        reads = list(dict.fromkeys((*before.reads, *after.reads)))
        ratio = powsimp(_over(before, reads) / _over(after, reads), combine="exp")
        lost = [read for position, read in enumerate(reads) if read_symbol(position) in ratio.free_symbols]
        kept = set(before.target.indices())
        if not lost or not all(set(read.indices()) <= kept for read in lost):
            return None
        factor = replace(after, expr=ratio, reads=tuple(reads))
        return Rewriting(Move.FACTOR, after.target.tensor, factor)


def _over(each: Statement, reads: list[Access]) -> Expr:
    """A statement's expression over ``reads``, which hold its own."""
    return each.expr.xreplace({symbol: read_symbol(reads.index(read)) for symbol, read in each.read_positions()})


def _read_saved(before: Statement, after: Statement, read: Access, definition: Definition) -> Iterator[Rewriting]:
    """What defines the element that is read; solved for its exponential where that is what was eliminated."""
    place = {str(c.bare): here for c, here in zip(definition.statement.target.index, read.index, strict=True)}
    inner = definition.at(read)
    used = {index for each in (read, *inner) for index in each.indices()}
    domain = tuple(one for one in after.domain if one.index in used)
    shown = Statement(definition.statement.target.substitute(place), definition.statement.expr, inner, domain)
    yield Rewriting(Move.READ, read.tensor, shown)
    exponentials = shown.expr.atoms(exp)
    gone = not after.expr.has(exp) or not {each.tensor for each in inner} & {each.tensor for each in after.reads}
    if len(exponentials) == 1 and before.expr.has(exp) and gone and not shown.expr.is_Mul:
        exponential = next(iter(exponentials))
        solved = eliminate_exponential(exponential, shown.expr, read_symbol(len(inner)))
        if solved is not None:
            yield Rewriting(
                Move.SOLVED, read.tensor, replace(shown, expr=solved, reads=(*inner, shown.target)), exponential
            )
