"""Terms that a sum and another statement both compute, computed once: exp(z − max) of a softmax."""

from __future__ import annotations

from dataclasses import replace

from symbprop.calculus.gradient import Names
from symbprop.calculus.index import Access, at
from symbprop.calculus.program import GradientProgram, Program, Role, Tensor
from symbprop.calculus.statement import Reduction, Statement, read_symbol, statement
from symbprop.simplify.cost import transcendentals
from symbprop.simplify.definitions import Definition, matches


def share_terms(program: Program) -> Program:
    """Give the summand of a sum a name where another statement computes the same thing.

    Proof: a substitution of equals. The summand is worth a name if it takes an exponential or the like.
    """
    readers: dict[str, list[int]] = {}
    for position, each in enumerate(program.statements):
        for read in each.reads:
            readers.setdefault(read.tensor, []).append(position)
    names = Names(program.tensors)
    statements: list[Statement] = list(program.statements)
    before: dict[int, Statement] = {}
    tensors = dict(program.tensors)
    for position, each in enumerate(program.statements):
        if each.reduction is not Reduction.SUM or not _is_worth_a_name(each):
            continue
        term, tensor = _term(each, names)
        twins = [p for p in dict.fromkeys(readers[each.reads[0].tensor]) if p > position]
        replaced = {p: made for p in twins if (made := _reading(statements[p], term)) is not None}
        if not replaced:
            continue
        tensors[tensor.name] = tensor
        before[position] = term.statement
        statements[position] = replace(each, expr=read_symbol(0), reads=(term.statement.target,))
        for p, made in replaced.items():
            statements[p] = made
    ordered = [s for p, each in enumerate(statements) for s in ((before[p], each) if p in before else (each,))]
    return replace(program, tensors=tensors, statements=tuple(ordered)) if before else program


def _is_worth_a_name(each: Statement) -> bool:
    """Whether a summand takes an exponential or the like, and is no larger than something it reads."""
    indices = {one.index for one in each.domain}
    covered = any(set(read.indices()) == indices for read in each.reads)
    return bool(each.reduced) and covered and transcendentals(each.expr) > 0


def share_gradient_terms(gradient: GradientProgram) -> GradientProgram:
    """:func:`share_terms` over the forward and the backward statements together."""
    program = gradient.program
    shared = share_terms(program)
    known = set(gradient.forward.tensors)
    split = 1 + max(p for p, each in enumerate(shared.statements) if each.target.tensor in known)
    made = {name: tensor for name, tensor in shared.tensors.items() if name not in program.tensors}
    ahead = {each.target.tensor for each in shared.statements[:split]}
    forward = replace(
        gradient.forward,
        tensors={**gradient.forward.tensors, **{name: tensor for name, tensor in made.items() if name in ahead}},
        statements=shared.statements[:split],
    )
    behind = {name: tensor for name, tensor in made.items() if name not in ahead}
    return replace(
        gradient, forward=forward, tensors={**gradient.tensors, **behind}, backward=shared.statements[split:]
    )


def _term(each: Statement, names: Names) -> tuple[Definition, Tensor]:
    name = names.fresh(f"{each.target.tensor}_term")
    target = Access(name, tuple(at(one.index) for one in each.domain))
    made = Statement(target, each.expr, each.reads, each.domain, label=each.label)
    return Definition(made), Tensor(name, tuple(one.extent for one in each.domain), Role.VALUE)


def _reading(each: Statement, term: Definition) -> Statement | None:
    """``each`` with the term read instead of computed, if it computes it."""
    for access, pairs in matches(term, each.reads, each.domain):
        positions = {read_symbol(theirs): read_symbol(ours) for theirs, ours in pairs.items()}
        pattern = term.statement.expr.xreplace(positions)
        saved = read_symbol(len(each.reads))
        expr = each.expr.subs(pattern, saved)
        if expr.has(saved):
            return statement(each.target, expr, (*each.reads, access), each.domain, each.reduction, label=each.label)
    return None
