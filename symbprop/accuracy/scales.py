"""Quotients that do not depend on how long a vector is: computed from the vector divided by its largest element.

The square of 10²⁰⁰ overflows, that of 10⁻²⁰⁰ is 0, and yet Σ x y/√(Σ x² Σ y²) is as good as any other number. With
v = x/m, m = max |x|, a sum of degree d in x is m^d times the same sum of v. Where every reader of such a sum is
homogeneous too, m^d is carried past it; what is of degree 0 is the same without any m, and what is not gets its power
of m at the end, once. Homogeneity is proved by Euler's theorem: m ∂e/∂m = d e.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache

from sympy import Dummy, Expr, Function, Mul, Poly, Pow, Rational, S, diff, simplify

from symbprop.accuracy.choice import is_large
from symbprop.calculus.equations import is_bare
from symbprop.calculus.functions import Select, absolute
from symbprop.calculus.gradient import Names
from symbprop.calculus.index import Access, Range
from symbprop.calculus.program import Program, Role, Tensor
from symbprop.calculus.statement import Reduction, Statement, pointwise, read_symbol, statement
from symbprop.simplify.definitions import Definition

Degrees = dict[Access, Rational]  # by the maximum that is read


@dataclass(frozen=True, slots=True)
class Vector:
    """x[n, j], a vector along the axes that are not ``kept``, and the names of m and of x/m."""

    tensor: str
    kept: tuple[bool, ...]
    read: Access
    size: str
    scaled: str

    def maximum(self, access: Access) -> Access:
        """The m of an element of x."""
        return Access(self.size, tuple(each for each, kept in zip(access.index, self.kept, strict=True) if kept))


@dataclass(frozen=True, slots=True)
class Carried:
    """A tensor computed without its powers of m, under another name: its definition, and the powers."""

    source: Statement
    name: str
    degrees: Degrees

    def at(self, read: Access) -> Degrees:
        place = Definition(self.source).place(read)
        return {m.substitute(place): degree for m, degree in self.degrees.items()}


def with_scales(program: Program) -> tuple[Program, tuple[int, ...]]:
    """An equal program whose quotients of sums read scaled vectors, and which statement each statement comes from."""
    names = Names(program.tensors)
    vectors = _vectors(program, names)
    while vectors:
        attempt = _Attempt(program, vectors, cache(names.fresh))
        useful = {name: each for name, each in vectors.items() if name in attempt.useful}
        if useful == vectors:
            return attempt.rewritten()
        vectors = useful
    return program, tuple(range(len(program.statements)))


def _vectors(program: Program, names: Names) -> dict[str, Vector]:
    """The vectors whose squares are summed and stand, as a factor, below a line or under a root."""
    owners = program.definitions()
    found: dict[str, Vector] = {}
    for each in program.statements:
        for symbol, read in each.read_positions():
            summed = owners.get(read.tensor, ())
            if len(summed) != 1 or not _is_sum_of_powers(summed[0]) or not _divides(symbol, each.expr):
                continue
            reduced = {one.index for one in summed[0].reduced}
            for vector in summed[0].reads:
                kept = tuple(coordinate.bare not in reduced for coordinate in vector.index)
                if is_bare(vector) and not all(kept) and vector.tensor not in found:
                    wish = vector.tensor
                    sizes = names.fresh(f"{wish}_size"), names.fresh(f"{wish}_scaled")
                    found[wish] = Vector(wish, kept, vector, *sizes)
    return found


def _is_sum_of_powers(each: Statement) -> bool:
    if each.reduction is not Reduction.SUM or not each.reduced or not is_bare(each.target) or is_large(each.expr):
        return False
    reads = [read_symbol(position) for position in range(len(each.reads))]
    if not reads or not each.expr.is_polynomial(*reads):
        return False
    polynomial = Poly(each.expr, *reads)
    return bool(polynomial.is_homogeneous) and polynomial.total_degree() >= 2


def _divides(symbol: Expr, expression: Expr) -> bool:
    """Whether a symbol is a factor of what is below a line or under a root."""
    powers = [each for each in expression.atoms(Pow) if not (each.exp.is_Integer and each.exp > 0)]
    return any(
        symbol in Mul.make_args(factor.as_base_exp()[0]) for each in powers for factor in Mul.make_args(each.base)
    )


class _Attempt:
    """What becomes of a program when these vectors are scaled."""

    def __init__(self, program: Program, vectors: Mapping[str, Vector], fresh: Callable[[str], str]) -> None:
        self._program, self._vectors, self._fresh = program, vectors, fresh
        self._owners = program.definitions()
        self._refused = set(program.results) | {s.target.tensor for s in program.statements if not is_bare(s.target)}
        self._refused |= {name for name, all_of_it in self._owners.items() if len(all_of_it) > 1}
        self._refused |= _read_before(program)
        self._carried: dict[str, Carried] = {}
        self._changed: dict[int, Degrees] = {}
        while not self._is_settled():
            pass
        self.useful = self._invariant()

    def _is_settled(self) -> bool:
        """Carry the powers of m through the program; ``False`` where a tensor had to be refused."""
        self._carried, self._changed = {}, {}
        for position, each in enumerate(self._program.statements):
            name = each.target.tensor
            carried = {read.tensor for read in each.reads if read.tensor in self._carried}
            if not carried and (name in self._refused or not self._sums(each)):
                continue
            degrees = _degrees(each, {s: self._of(read) for s, read in each.read_positions()})
            if degrees is None and carried:
                self._refused |= carried
                return False
            if degrees is None:
                continue
            self._changed[position] = degrees
            inside = set(each.target.indices())
            if degrees and name not in self._refused and all(set(m.indices()) <= inside for m in degrees):
                self._carried[name] = Carried(each, self._fresh(f"{name}_scaled"), degrees)
            elif not carried:
                del self._changed[position]
        return True

    def _sums(self, each: Statement) -> bool:
        """Whether a statement sums over the axes of one of the vectors that it reads."""
        reduced = {one.index for one in each.reduced}
        return each.reduction is Reduction.SUM and any(
            is_bare(read) and self._along(read) <= reduced for read in each.reads if read.tensor in self._vectors
        )

    def _along(self, read: Access) -> set[str | None]:
        """The indices along which what is read is a vector."""
        kept = self._vectors[read.tensor].kept
        return {each.bare for each, stays in zip(read.index, kept, strict=True) if not stays}

    def _of(self, read: Access) -> Degrees:
        if read.tensor in self._carried:
            return self._carried[read.tensor].at(read)
        return {self._vectors[read.tensor].maximum(read): S.One} if read.tensor in self._vectors else {}

    def _invariant(self) -> set[str]:
        """The vectors on whose length some statement does not depend, though what it reads does."""
        sizes = {each.size: name for name, each in self._vectors.items()}
        found: set[str] = set()
        for position, degrees in self._changed.items():
            each = self._program.statements[position]
            inner = {m for read in each.reads if read.tensor in self._carried for m in self._of(read)}
            found |= {sizes[m.tensor] for m in inner - set(degrees)}
        return found

    def rewritten(self) -> tuple[Program, tuple[int, ...]]:
        tensors = dict(self._program.tensors)
        statements: list[Statement] = []
        origins: list[int] = []
        waiting = dict(self._vectors)
        for position, each in enumerate(self._program.statements):
            made = [each]
            if position in self._changed:
                needed = [waiting.pop(read.tensor) for read in dict.fromkeys(each.reads) if read.tensor in waiting]
                made = [one for vector in needed for one in self._scaling(vector, tensors)]
                made.append(self._made(each, self._changed[position], tensors))
            statements.extend(made)
            origins.extend([position] * len(made))
        used = {name for each in statements for name in each.sources()} | set(self._program.results)
        kept = {name: each for name, each in tensors.items() if name in used or name not in self._carried}
        return replace(self._program, tensors=kept, statements=tuple(statements)), tuple(origins)

    def _scaling(self, vector: Vector, tensors: dict[str, Tensor]) -> list[Statement]:
        """The statements of m = max |x| and of x/m."""
        read, shape = vector.read, tensors[vector.tensor].shape
        tensors[vector.scaled] = Tensor(vector.scaled, shape, Role.VALUE)
        rows = tuple(size for size, kept in zip(shape, vector.kept, strict=True) if kept)
        tensors[vector.size] = Tensor(vector.size, rows, Role.VALUE)
        domain = [Range(str(c.bare), size) for c, size in zip(read.index, shape, strict=True)]
        size = vector.maximum(read)
        return [
            statement(size, absolute(read_symbol(0)), (read,), domain, Reduction.MAX),
            pointwise(Access(vector.scaled, read.index), read_symbol(0) / read_symbol(1), (read, size), domain),
        ]

    def _made(self, source: Statement, degrees: Degrees, tensors: dict[str, Tensor]) -> Statement:
        """The statement on what is scaled, with its powers of m unless they are carried on."""
        reads = [replace(read, tensor=self._renamed(read.tensor)) for read in source.reads]
        target, expr = source.target, source.expr
        if target.tensor in self._carried:
            name = self._carried[target.tensor].name
            tensors[name] = replace(tensors[target.tensor], name=name)
            target = replace(target, tensor=name)
        else:
            for m, degree in degrees.items():
                expr *= read_symbol(len(reads)) ** degree
                reads.append(m)
        return replace(source, target=target, expr=expr, reads=tuple(reads))

    def _renamed(self, name: str) -> str:
        if name in self._carried:
            return self._carried[name].name
        return self._vectors[name].scaled if name in self._vectors else name


def _read_before(program: Program) -> set[str]:
    """What some statement reads that stands before the one which defines it, as in a recurrence."""
    seen: set[str] = set()
    found: set[str] = set()
    for each in program.statements:
        seen.update(each.sources())
        if each.target.tensor in seen:
            found.add(each.target.tensor)
    return found


def _degrees(source: Statement, powers: Mapping[Expr, Degrees]) -> Degrees | None:
    """The degree of a statement's formula in each m, zeros left out; ``None`` if it is not homogeneous."""
    if source.expr.has(Select, Function) or is_large(source.expr) or source.reduction is not Reduction.SUM:
        return None
    symbols: dict[Access, Dummy] = {}
    scaled: dict[Expr, Expr] = {}
    for read, degrees in powers.items():
        named = {symbols.setdefault(m, Dummy(f"m{len(symbols)}", positive=True)): d for m, d in degrees.items()}
        scaled[read] = read * Mul(*(m**degree for m, degree in named.items()))
    formula = source.expr.xreplace(scaled)
    found: Degrees = {}
    for m, symbol in symbols.items():
        degree = simplify(symbol * diff(formula, symbol) / formula)
        if not degree.is_Rational:
            return None
        if degree != 0:
            found[m] = degree
    return found
