"""The cheapest of a few equal forms of each expression: as it is, common factors taken out, or multiplied out."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from sympy import Add, Expr, Mul, Symbol, cosh, exp, sinh, tanh

from symbprop.calculus.algebra import cancel, expand
from symbprop.calculus.factoring import factor_terms
from symbprop.calculus.nodes import expanded_size, is_reciprocal, replaced, tree_size
from symbprop.calculus.program import GradientProgram, Program
from symbprop.calculus.statement import Statement, statement
from symbprop.simplify.cost import burden
from symbprop.simplify.proof import proved
from symbprop.simplify.roots import over_one_root
from symbprop.simplify.signs import by_sign_of_reads

LARGEST = 80  # nodes; beyond it an expression is left as its author wrote it
MOST_TERMS = 40  # beyond it an expression is not multiplied out


def tidy_forward(program: Program) -> Program:
    """Every statement of a program, tidied."""
    return replace(program, statements=tuple(map(_tidied, program.statements)))


def tidy_gradient(gradient: GradientProgram) -> GradientProgram:
    """Every backward statement, tidied."""
    return replace(gradient, backward=tuple(map(_tidied, gradient.backward)))


def _tidied(each: Statement) -> Statement:
    expr = cheapest_form(each.expr)
    if expr == each.expr:
        return each
    return statement(each.target, expr, each.reads, each.domain, each.reduction, selects=each.selects, label=each.label)


@cache
def cheapest_form(expression: Expr) -> Expr:
    """``factor_terms`` and ``expand`` are identities of polynomial algebra; what is chosen is proved again, on use."""
    if tree_size(expression) > LARGEST:
        return expression
    quotient = replaced(expression, sinh, lambda u: tanh(u) * cosh(u))  # sinh = tanh · cosh
    candidates = [expression, quotient, factor_terms(expression)]
    if expanded_size(expression) <= MOST_TERMS:
        multiplied = expand(expression, log=False, power_base=False, power_exp=False)
        candidates.extend((multiplied, factor_terms(multiplied)))
    candidates.extend(map(_over_common_divisors, dict.fromkeys(candidates)))
    candidates.append(_through_reciprocal(expression))
    candidates.extend((by_sign_of_reads(expression), over_one_root(expression)))
    return proved(expression, min(candidates, key=burden))


def _through_reciprocal(expression: Expr) -> Expr:
    """A quotient in E = exp(u) as one in 1/E: E/(1 + E) is 1/(1 + 1/E)."""
    exponentials = expression.atoms(exp)
    if len(exponentials) != 1:
        return expression
    exponential = next(iter(exponentials))
    unknown = Symbol("E", positive=True)
    named = expression.xreplace({exponential: 1 / unknown})
    if not all(part.is_polynomial(unknown) for part in named.as_numer_denom()):
        return expression
    return factor_terms(cancel(named)).xreplace({unknown: exp(-exponential.args[0])})


def _over_common_divisors(expression: Expr) -> Expr:
    """The terms of each sum gathered by what they are divided by: a − b/K − c/K is a − (b + c)/K."""
    return replaced(expression, lambda node: isinstance(node, Add), lambda node: _gathered(node))


def _gathered(total: Add) -> Expr:
    groups: dict[frozenset[Expr], list[Expr]] = {}
    for term in total.args:
        groups.setdefault(frozenset(filter(is_reciprocal, Mul.make_args(term))), []).append(term)
    parts = [factor_terms(Add(*terms)) if below and len(terms) > 1 else Add(*terms) for below, terms in groups.items()]
    return Add(*parts)
