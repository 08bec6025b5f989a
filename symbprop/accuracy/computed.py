"""The statements that are computed for those that are printed: the same values, to the last digits.

A statement that reads a saved value may have lost digits with it: 1 − h² is 0 long before the derivative of tanh is.
So its error is estimated through the definition of what it reads, and where that is too large, the definition is
inlined and a form sought from further up: from y, from exp(−|x|), from x.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from sympy import Symbol

from symbprop.accuracy.anchors import with_anchors
from symbprop.accuracy.choice import BOUND, LOSS, Form, choose, forms, is_large, price, with_limits, worst_errors
from symbprop.accuracy.delicate import delicate, is_call, is_delicate, is_product, is_read, outer_factors, sums
from symbprop.accuracy.estimate import Estimate, estimate, estimates, given
from symbprop.accuracy.fast import LIMITS, coarse_errors, fast_forms
from symbprop.accuracy.levels import DEPTH
from symbprop.accuracy.levels import levels as levels_of
from symbprop.accuracy.needs import Exponentials
from symbprop.accuracy.origin import near_zero
from symbprop.accuracy.points import Domain, sample
from symbprop.accuracy.remainders import with_remainders
from symbprop.accuracy.scales import with_scales
from symbprop.calculus.index import Access, Range
from symbprop.calculus.program import Program
from symbprop.calculus.statement import Reduction, Statement, read_symbol
from symbprop.simplify.cost import cost
from symbprop.simplify.definitions import Definition, element_definitions
from symbprop.simplify.inline import substituted
from symbprop.simplify.tidy import cheapest_form

DOUBTFUL = 4 * BOUND  # mixed ulps
READS = 6  # more inputs than these are not sampled together

_chosen: dict[object, Form] = {}  # by the levels, whatever the names: layers alike are thought about once


def computed(program: Program, *, fast: bool = False) -> tuple[Program, tuple[int, ...]]:
    """The program that is computed for ``program``, and for each statement of it the one that it computes, or part of it.

    With ``fast`` each form is the cheapest that does not overflow for moderate numbers, and sums and means stay as they are.
    """
    if fast:
        chooser = _Chooser(program, fast=True)
        made = tuple(map(chooser.of, program.statements))
        return replace(program, statements=made), tuple(range(len(made)))
    program, sources = with_anchors(program)
    program, scaled = with_scales(program)
    printed = {id(each) for each in program.statements}
    program, origins = with_remainders(program)
    chooser = _Chooser(program)
    statements: list[Statement] = []
    places: list[int] = []
    for origin, each in zip(origins, program.statements, strict=True):
        parts = chooser.parts(each) if id(each) in printed else [chooser.settled(each)]
        statements.extend(parts)
        places.extend([sources[scaled[origin]]] * len(parts))
    return replace(program, statements=tuple(statements)), tuple(places)


def doubtful(program: Program) -> dict[str, float]:
    """The functions of one variable for which no form was found that meets the bound by far, and their errors.

    By the tensor's name: mixed ulps, from the running error analysis over all points; infinite where every form
    overflows, or is not a number, somewhere.
    """
    chooser = _Chooser(program)
    for each in program.statements:
        chooser.of(each)
    return {name: error for name, error in chooser.errors.items() if not error <= DOUBTFUL}


class _Chooser:
    """Chooses what is computed for each statement of a program, in order."""

    def __init__(self, program: Program, *, fast: bool = False) -> None:
        self._program = program
        self._fast = fast
        self._pointwise = element_definitions(program)
        self._definitions = delicate(self._pointwise, DEPTH)
        self._readers = Counter(read.tensor for each in program.statements for read in each.reads)
        self._readers.update((*program.outputs, *program.updates.values(), *program.metrics.values()))
        self._nonnegative = frozenset(
            name
            for name, statements in program.definitions().items()
            if all(each.expr.is_nonnegative for each in statements)
        )
        self._sums = sums(program)
        self._overflowing: set[str] = set()  # sums with a term that is not finite for moderate numbers
        self._forms: dict[str, Statement] = {}
        self._box: tuple[Range, ...] = ()
        self._bound, self._alone = BOUND, False
        self._exponentials = Exponentials(program)
        self.errors: dict[str, float] = {}  # of functions of one variable

    def settled(self, source: Statement) -> Statement:
        """A statement that is computed as it stands."""
        name = source.target.tensor
        if name in self._definitions and self._definitions[name].statement is source:
            self._forms[name] = source
        return source

    def parts(self, source: Statement) -> list[Statement]:
        """The statements that are computed for ``source``: one, or where a sum that scales it overflows, one for each term.

        c g with c = c₁ + c₂ is c₁ g + c₂ g, and c₁ g may be finite where c₁ is not.
        """
        self._box = source.domain
        if source.reduction is Reduction.SUM and not source.reduced and self._is_delicate(source):
            fused = self._fused(source)
            scale = outer_factors(fused)
            for symbol, read in fused.read_positions():
                if read.tensor in self._overflowing and scale.has(symbol) and self._readers[read.tensor] == 1:
                    terms = self._sums[read.tensor]
                    return [self.of(substituted(fused, read, each)) for each in terms]
        return [self.of(source)]

    def of(self, source: Statement) -> Statement:
        """The statement that is computed for ``source``: the same reads, or reads of what those are defined by."""
        name = source.target.tensor
        defines = name in self._definitions and self._definitions[name].statement is source
        self._box = source.domain
        self._bound = LOSS if name == self._program.loss else BOUND
        if source.reduction is not Reduction.SUM or not self._is_delicate(source):
            return self.settled(source)
        fused = self._fused(source)
        if fused is source and self._is_plain_product(source):
            return self.settled(source)
        levels = levels_of(fused, self._definitions, lambda read: read.tensor in self._forms and self._is_defined(read))
        self._alone = self._exponentials.alone(levels)
        inputs = self._inputs(levels)
        numbers = {read: number for number, read in enumerate(dict.fromkeys(r for e in levels for r in e.reads))}
        key = (
            (self._fast, self._bound, self._alone),
            tuple((each.expr, tuple(numbers[read] for read in each.reads)) for each in levels),
            tuple((numbers.get(read), each) for read, each in inputs.items()),
        )
        if key not in _chosen:
            _chosen[key] = self._choose(levels, inputs)
        form = _chosen[key]
        if sum(not each.fixed for each in inputs.values()) == 1:
            self.errors[name] = max(form.error, self.errors.get(name, 0.0))
        if name in self._sums and not form.finite:
            self._overflowing.add(name)
        made = replace(levels[form.depth], expr=form.expression)
        if defines:
            self._forms[name] = made
        return made

    def _inputs(self, levels: Sequence[Statement]) -> dict[Access, Domain]:
        """What is taken as exact, and where its values lie: the reads that no level defines any further."""
        scale = outer_factors(levels[0])
        found = {read: Domain(fixed=True) for symbol, read in levels[0].read_positions() if scale.has(symbol)}
        waiting = [read for each in reversed(levels) for read in reversed(each.reads)]
        while waiting:
            read = waiting.pop()
            inner = None if read in found else self._reading(read)
            if inner is not None:
                waiting.extend(reversed(inner.reads))
            elif read not in found:
                found[read] = self._domain(read)
        return found

    def _fused(self, source: Statement) -> Statement:
        """``source`` with the cotangents put in that only scale it and that nobody else reads.

        What two factors are together may be finite where one of them alone is not.
        """
        for _ in range(DEPTH):
            scale = outer_factors(source)
            alone = [
                read
                for symbol, read in source.read_positions()
                if scale.has(symbol) and self._readers[read.tensor] == 1 and self._is_defined(read)
            ]
            if not alone:
                break
            made = substituted(source, alone[0], self._pointwise[alone[0].tensor])
            if is_large(made.expr) or len(made.reads) > READS:
                break
            source = made
        return source

    def _is_defined(self, read: Access) -> bool:
        """Whether one statement defines all elements that are read."""
        return read.tensor in self._pointwise and self._pointwise[read.tensor].reaches(read, self._box)

    def _is_delicate(self, source: Statement) -> bool:
        """A sum of products is as good as its factors, each of which had its own choice."""
        reads = any(read.tensor in self._definitions and self._is_defined(read) for read in source.reads)
        return is_delicate(source.expr) or (reads and not source.reduced and not is_read(source.expr))

    def _is_plain_product(self, source: Statement) -> bool:
        """Whether a statement multiplies reads that depend on nothing in common: it is as good as these."""
        seen: set[Access] = set()
        for read in source.reads if is_product(source.expr) else ():
            found: set[Access] = set()
            waiting = [read]
            while waiting:
                inner = self._reading(each := waiting.pop())
                waiting.extend(() if inner is None else inner.reads)
                found |= {each} if inner is None else set()
            if found & seen:
                return False
            seen |= found
        return is_product(source.expr)

    def _reading(self, read: Access) -> Statement | None:
        """The computed statement of what is read, at the place where it is read."""
        form = self._forms.get(read.tensor)
        if form is None or not self._is_defined(read):
            return None
        place = Definition(form).place(read)
        return replace(form, target=read, reads=tuple(each.substitute(place) for each in form.reads))

    def _domain(self, read: Access) -> Domain:
        tensor = self._program.tensors[read.tensor]
        return Domain(tensor.interval, read.tensor in self._nonnegative, tensor.integer)

    def _choose(self, levels: Sequence[Statement], inputs: Mapping[Access, Domain]) -> Form:
        source = levels[0]
        if not inputs or len(inputs) > READS or is_large(source.expr):
            return Form(source.expr, 0, cost(source.expr))
        columns = sample(tuple(inputs.values()))
        leaves = {
            read: given(column, n, len(inputs)) for n, (read, column) in enumerate(zip(inputs, columns, strict=True))
        }
        rounded = [each.interval is None and not each.fixed for each in inputs.values()]
        if not self._fast and is_call(source.expr):
            alone = self._known(source, leaves)
            (error,) = worst_errors([estimate(source.expr, alone)], columns, rounded)
            form = Form(source.expr, 0, cost(source.expr), error)
            if form.meets:  # nothing costs less than one call
                return with_limits(form, alone, columns, rounded)
        candidates: list[Form] = []
        found: list[Estimate] = []
        for depth, level in enumerate(levels):
            known = self._known(level, leaves)
            scale = outer_factors(level)
            inner = level.expr / scale
            make = fast_forms if self._fast else partial(forms, alone=self._alone)
            starts = (inner, cheapest_form(inner)) if depth else (inner,)
            made = [scale * form for form in dict.fromkeys(form for each in starts for form in make(each))]
            candidates.extend(Form(each, depth, price(each), bound=self._bound) for each in made)
            found.extend(estimates(made, known))
            if self._fast:
                errors = coarse_errors(found, columns, likely_ones=True)
            else:
                errors = worst_errors(found, columns, rounded)
            candidates = [replace(each, error=error) for each, error in zip(candidates, errors, strict=True)]
            if any(each.meets for each in candidates):
                break
        if not self._fast and not any(each.meets for each in candidates):
            self._near_zero(levels, leaves, candidates, found)
            errors = worst_errors(found, columns, rounded)
            candidates = [replace(each, error=error) for each, error in zip(candidates, errors, strict=True)]
        if self._fast:
            for limit in LIMITS:  # what is finite farthest out
                errors = coarse_errors(found, columns, limit)
                if not np.isinf(errors).all():
                    break
            return choose([replace(each, error=error) for each, error in zip(candidates, errors, strict=True)])
        chosen = choose(candidates)
        return with_limits(chosen, self._known(levels[chosen.depth], leaves), columns, rounded)

    def _near_zero(
        self,
        levels: Sequence[Statement],
        leaves: dict[Access, Estimate],
        candidates: list[Form],
        found: list[Estimate],
    ) -> None:
        """Add what mends a function of one exact read near its zero, where nothing else does."""
        for depth, level in enumerate(levels):
            scale = outer_factors(level)
            inner = level.expr / scale
            if any(read not in leaves for symbol, read in level.read_positions() if inner.has(symbol)):
                continue
            known = self._known(level, leaves)
            for form in near_zero(inner):
                candidates.append(Form(scale * form, depth, cost(scale * form), bound=self._bound))
                found.append(estimate(scale * form, known))

    def _estimate(self, read: Access, leaves: dict[Access, Estimate]) -> Estimate:
        if read not in leaves:
            inner = self._reading(read)
            assert inner is not None
            leaves[read] = estimate(inner.expr, self._known(inner, leaves))
        return leaves[read]

    def _known(self, level: Statement, leaves: dict[Access, Estimate]) -> dict[Symbol, Estimate]:
        """The estimates of what a statement reads. There is always one, which says how many points there are."""
        found = {symbol: self._estimate(read, leaves) for symbol, read in level.read_positions()}
        return found or {read_symbol(0): next(iter(leaves.values()))}
