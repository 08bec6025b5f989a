"""Which statements are more than sums of products, and what of them only scales the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from sympy import Expr, Function, Mul, Pow, Symbol, exp

from symbprop.calculus.functions import Select
from symbprop.calculus.program import Program
from symbprop.calculus.statement import Statement, read_symbol
from symbprop.simplify.definitions import Definition, definitions


@cache
def is_delicate(expression: Expr) -> bool:
    """Whether an expression does more than add and multiply."""
    return expression.has(Function, exp, Select) or any(
        not (each.exp.is_Integer and each.exp > 0) for each in expression.atoms(Pow)
    )


def delicate(known: Mapping[str, Definition], most: int) -> dict[str, Definition]:
    """The definitions that are delicate, or read what is: q = 1/(1 + exp(−z)), and 1 − q as well.

    A chain of such ends after ``most``: what has come a long way is taken as it is.
    """
    found: dict[str, Definition] = {}
    depths: dict[str, int] = {}
    for name, each in known.items():
        inner = [depths[read.tensor] for read in each.statement.reads if read.tensor in found]
        depth = 1 + max(inner, default=0)
        if (inner or is_delicate(each.statement.expr)) and depth <= most:
            found[name], depths[name] = each, depth
    return found


def sums(program: Program) -> dict[str, list[Definition]]:
    """The tensors that are the sum of several statements, each of which gives all elements, one by one."""
    owners = {name: found for name, found in program.definitions().items() if len(found) > 1}
    alone = {id(each): replace(program, statements=(each,)) for found in owners.values() for each in found}
    made = {name: [definitions(alone[id(each)]).get(name) for each in found] for name, found in owners.items()}
    return {name: [each for each in found if each] for name, found in made.items() if all(found)}


def is_read(expression: Expr) -> bool:
    """Whether an expression is a read, or a read times what all points share."""
    return len(expression.free_symbols) <= 1 and all(each.is_Symbol or each.is_number for each in expression.args)


def is_call(expression: Expr) -> bool:
    """Whether an expression is one function of one read."""
    return isinstance(expression, (Function, exp)) and len(expression.args) == 1 and expression.args[0].is_Symbol


def is_product(expression: Expr) -> bool:
    """Whether an expression is a product of different reads, which is as good as these but for its own rounding."""
    return isinstance(expression, Mul) and all(each.is_Symbol or each.is_number for each in expression.args)


def outer_factors(source: Statement) -> Expr:
    """Sizes, and reads that scale a statement and do nothing else in it."""
    return _outer_factors(source.expr, len(source.reads))


@cache
def _outer_factors(expression: Expr, count: int) -> Expr:
    reads = {read_symbol(position) for position in range(count)}
    factors = Mul.make_args(expression)
    outer = []
    for factor in factors:
        rest = Mul(*(each for each in factors if each is not factor))
        scales = factor in reads and not rest.has(factor) and not isinstance(expression, Symbol)
        if scales or (factor.free_symbols and not factor.free_symbols & reads):
            outer.append(factor)
    rest = [each for each in factors if each not in outer]
    if len([each for each in rest if not each.is_number]) == 1 and any(each.is_Add for each in rest):
        outer.extend(each for each in rest if each.is_number)  # 2 (a - b) stays a product
    return Mul(*outer) if len(outer) < len(factors) else Mul()
