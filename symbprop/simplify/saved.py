"""Derivatives in terms of what the forward pass has saved: tanh′ = 1 − h², sigmoid′ = a(1 − a), p for exp(z)/s."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from sympy import Add, Expr, Mul, S, Symbol, degree, exp, log

from symbprop.calculus.algebra import cancel, together
from symbprop.calculus.factoring import factor_terms
from symbprop.calculus.nodes import replaced, symbols_of, tree_size
from symbprop.calculus.program import GradientProgram, Program
from symbprop.calculus.statement import Statement, read_symbol, statement
from symbprop.simplify.cost import cost, operations
from symbprop.simplify.definitions import Definition, definitions, element_definitions, matches
from symbprop.simplify.inline import substituted
from symbprop.simplify.proof import proved
from symbprop.simplify.tidy import cheapest_form

LARGEST = 120  # nodes; what is longer is not searched for saved values


def read_saved_values(gradient: GradientProgram) -> GradientProgram:
    """Backward statements that read a saved value instead of computing it again, where that is cheaper.

    Proof: the saved value equals its definition; eliminating the one exponential between the two is exact algebra.
    """
    saved = Saved(gradient.forward)
    cotangents = _smaller_cotangents(gradient)
    put_in: dict[tuple[int, str], Statement] = {}
    dearer: set[str] = set()
    plain = [saved.read_in(source) for source in gradient.backward]
    for position, source in enumerate(gradient.backward):
        for read in source.reads:
            definition = cotangents.get(read.tensor)
            if definition is not None and len(definition.statement.domain) < len(source.domain):
                inlined = saved.read_in(substituted(source, read, definition))
                put_in[position, read.tensor] = inlined
                if _operations(inlined, gradient.seed) > _operations(plain[position], gradient.seed):
                    dearer.add(read.tensor)
            else:
                dearer.add(read.tensor)
    for (position, name), inlined in put_in.items():
        if cost(inlined.expr) < cost(plain[position].expr) or name not in dearer:
            plain[position] = inlined
    return replace(gradient, backward=tuple(plain))


def _smaller_cotangents(gradient: GradientProgram) -> dict[str, Definition]:
    """The element-wise definitions of cotangents that are no gradient themselves."""
    known = definitions(gradient.program)
    return {name: each for name, each in known.items() if name in gradient.tensors}


def _operations(each: Statement, seed: str) -> int:
    """The operations of a statement, the loss's own cotangent taken as the 1 that it is."""
    return operations(
        each.expr.xreplace({symbol: S.One for symbol, read in each.read_positions() if read.tensor == seed})
    )


class Saved:
    """The values that a program saves, by the first tensor that each is made from."""

    def __init__(self, program: Program) -> None:
        self._by_read: dict[str, list[Definition]] = {}
        for each in element_definitions(program).values():
            if each.statement.reads and cost(each.statement.expr) > 0:
                self._by_read.setdefault(each.statement.reads[0].tensor, []).append(each)

    def read_in(self, source: Statement) -> Statement:
        """``source`` with saved values read instead of computed again, as long as that makes it cheaper."""
        changed = True
        while changed:
            changed = False
            for name in dict.fromkeys(read.tensor for read in source.reads):
                for definition in self._by_read.get(name, []):
                    better = _replaced(source, definition)
                    if better is not None:
                        source, changed = better, True
        return source


def _replaced(source: Statement, definition: Definition) -> Statement | None:
    if source.target.tensor == definition.tensor:
        return None
    for access, pairs in matches(definition, source.reads, source.domain):
        positions = {read_symbol(theirs): read_symbol(ours) for theirs, ours in pairs.items()}
        pattern = definition.statement.expr.xreplace(positions)
        saved = read_symbol(len(source.reads))
        expr = in_terms_of(source.expr, pattern, saved)
        if expr is not None:
            return statement(source.target, expr, (*source.reads, access), source.domain, label=source.label)
    return None


@cache
def in_terms_of(expression: Expr, pattern: Expr, saved: Symbol) -> Expr | None:
    """``expression`` with ``saved`` for ``pattern``, if that is cheaper; ``None`` if not."""
    if tree_size(expression) > LARGEST:
        return None
    candidates = []
    direct = _put_in(expression, pattern, saved)
    if direct.has(saved):
        candidates.append(direct)
    eliminated = eliminate_exponential(expression, pattern, saved)
    if eliminated is not None:
        candidates.append(eliminated)
    candidates = [
        each
        for each in map(cheapest_form, candidates)
        if cost(each) < cost(expression) and not _grows(each, expression, pattern)
    ]
    return proved(expression, min(candidates, key=cost), ((saved, pattern),)) if candidates else None


def _put_in(expression: Expr, pattern: Expr, saved: Symbol) -> Expr:
    """``expression.subs(pattern, saved)``, term by term and without their numbers.

    SymPy multiplies a number into a denominator, 6 (v + 1) to 6 v + 6, and then does not find v + 1 in it.
    """
    parts = [Mul(*Mul.make_args(each)).as_coeff_Mul() for each in Add.make_args(expression)]
    needed = symbols_of(pattern)  # without one of them there is nothing to find, for which SymPy looks long
    return Add(
        *(number * (rest.subs(pattern, saved) if needed <= symbols_of(rest) else rest) for number, rest in parts)
    )


def _grows(candidate: Expr, expression: Expr, pattern: Expr) -> bool:
    """Whether a quotient that is bounded in an exponential has become one that is not: y² exp(u) for a small y."""
    for exponential in pattern.atoms(exp):
        unknown = Symbol("E", positive=True)
        if candidate.has(exponential) and _excess(candidate, exponential, unknown) > _excess(
            expression, exponential, unknown
        ):
            return True
    return False


def _excess(expression: Expr, exponential: Expr, unknown: Symbol) -> int:
    """Degree of the numerator less that of the denominator in ``exponential``."""
    above, below = together(expression.xreplace({exponential: unknown})).as_numer_denom()
    if not (above.is_polynomial(unknown) and below.is_polynomial(unknown)):
        return 0
    return int(degree(above, unknown)) - int(degree(below, unknown)) if above != 0 else 0


def eliminate_exponential(expression: Expr, pattern: Expr, saved: Symbol) -> Expr | None:
    """Solve ``saved = pattern`` for the one exponential in it, and put that into ``expression``.

    ``pattern`` is a Möbius function of E = exp(u) with constant coefficients, or the logarithm of one.
    """
    exponentials = pattern.atoms(exp)
    if len(exponentials) != 1:
        return None
    exponential = next(iter(exponentials))
    value: Expr = saved
    if isinstance(pattern, log):
        pattern, value = pattern.args[0], exp(saved)
    unknown = Symbol("E", positive=True)
    numerator, denominator = together(pattern.subs(exponential, unknown)).as_numer_denom()
    if not (numerator - value * denominator).is_polynomial(unknown):
        return None
    if any(degree(part, unknown) > 1 or part.free_symbols - {unknown} for part in (numerator, denominator)):
        return None
    a, b = numerator.coeff(unknown, 1), numerator.coeff(unknown, 0)
    c, d = denominator.coeff(unknown, 1), denominator.coeff(unknown, 0)
    solved = (d * value - b) / (a - c * value)
    argument = exponential.args[0]
    rewritten = replaced(
        expression,
        lambda node: isinstance(node, exp) and (node.args[0] / argument).is_Integer,
        lambda node: unknown ** (node.args[0] / argument),
    )
    if not rewritten.has(unknown) or rewritten.has(exp):
        return None
    result = factor_terms(cancel(together(rewritten.subs(unknown, solved))))
    return None if result.has(unknown) else result
