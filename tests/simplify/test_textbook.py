"""What the compiler derives is what a textbook prints: the same function, and no more work."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import sympy
from simplify.textbook import PAIRS, Pair

from symbprop.calculus.dependence import needed_among
from symbprop.calculus.index import size_symbol
from symbprop.calculus.interpreter import Arithmetic, interpret
from symbprop.calculus.program import GradientProgram, Program, Role
from symbprop.calculus.statement import Statement, read_symbol, statement
from symbprop.language.source import Source
from symbprop.network.build import build
from symbprop.network.description import Description
from symbprop.pipeline import derive, read
from symbprop.schedule.cost import cost_sheet
from symbprop.schedule.schedule import schedule
from symbprop.simplify.cost import operations

FUNCTIONS = ("exp", "log", "sqrt", "sin", "cos", "sinh", "cosh", "tanh")
SYMBOLIC = Arithmetic(sympy.Rational, {name: getattr(sympy, name) for name in FUNCTIONS}, sympy.pi, sympy.E)
SMALL, LARGE = (2, 3), (7, 11)


def description(text: str) -> Description:
    return (
        read(Source("net.yaml", text)) if "layers:" in text else Description("formula", formulas=(Source("f", text),))
    )


def gradient_of(pair: Pair) -> GradientProgram:
    gradient = derive(description(pair.formula), free_sizes=True).gradient
    assert gradient is not None
    return gradient


def without_maxima(program: Program) -> Program:
    """The program with what it does not depend on, a maximum taken out of exponentials, as any number at all."""
    tensors = {
        name: replace(each, role=Role.INPUT) if each.constant else each for name, each in program.tensors.items()
    }
    kept = [each for each in program.statements if not program.tensors[each.target.tensor].constant]
    return replace(program, tensors=tensors, statements=tuple(kept))


def leaves(program: Program, sizes: Mapping[str, int], signed: bool) -> dict[str, Any]:
    """A symbol for each element of what is not computed; integers are given, and differ."""
    found: dict[str, Any] = {}
    for tensor in program.tensors.values():
        if tensor.role is Role.VALUE:
            continue
        shape = [number(size, sizes) for size in tensor.shape]
        values: dict[tuple[int, ...], Any] = {}
        for count, point in enumerate(itertools.product(*map(range, shape))):
            if tensor.integer:
                values[point] = (2 * count + 1) % 4
            elif tensor.role is Role.SEED:
                values[point] = sympy.S.One
            else:
                kind = "negative" if signed and count % 2 else "positive"
                values[point] = sympy.Symbol(f"{tensor.name}{''.join(map(str, point))}", **{kind: True})
        found[tensor.name] = Elements(values)
    return found


class Elements:
    """Elements by index, one index at a time, as the interpreter reads them."""

    def __init__(self, values: Mapping[tuple[int, ...], Any], point: tuple[int, ...] = ()) -> None:
        self.values, self.point = values, point

    def __getitem__(self, position: int) -> Elements:
        return Elements(self.values, (*self.point, position))

    def item(self) -> Any:
        return self.values[self.point]


def number(size: Any, sizes: Mapping[str, int]) -> int:
    """An extent with numbers for the free sizes."""
    return size if isinstance(size, int) else int(size.subs({size_symbol(name): n for name, n in sizes.items()}))


def sizes_of(program: Program, cycle: tuple[int, ...]) -> dict[str, int]:
    free = {
        symbol.name
        for t in program.tensors.values()
        for size in t.shape
        if not isinstance(size, int)
        for symbol in size.free_symbols
    }
    return dict(zip(sorted(free), itertools.cycle(cycle), strict=False))


def textbook_of(pair: Pair, gradient: GradientProgram) -> tuple[Program, dict[str, str]]:
    """The textbook's form as a program whose tensors have the shapes of the compiler's."""
    program = build(description(pair.textbook), free_sizes=True).program
    known = gradient.program.tensors
    place: dict[Any, Any] = {}
    for name, tensor in program.tensors.items():
        if name in known and (name.endswith("_bar") or tensor.role is not Role.VALUE):
            assert len(tensor.shape) == len(known[name].shape), name
            place.update({a: b for a, b in zip(tensor.shape, known[name].shape, strict=True) if not isinstance(a, int)})

    def settled(size: Any) -> Any:
        return size if isinstance(size, int) else place.get(size, size)

    computed = {each.target.tensor for each in program.statements}

    def named(name: str) -> str:
        """A temporary of the textbook's, told from a tensor of the compiler's."""
        return f"{name}@textbook" if name in computed and not name.endswith("_bar") else name

    statements = []
    for each in program.statements:
        domain = tuple(replace(one, extent=settled(one.extent)) for one in each.domain)
        reads = tuple(read.retarget(named) for read in each.reads)
        target = each.target.retarget(named)
        statements.append(replace(each, target=target, expr=each.expr.subs(place), reads=reads, domain=domain))
    tensors = {
        named(n): replace(
            t, name=named(n), shape=tuple(map(settled, t.shape)), integer=named(n) in known and known[n].integer
        )
        for n, t in program.tensors.items()
    }
    targets = {each.target.tensor for each in statements if each.target.tensor in known}
    return replace(program, tensors=tensors, statements=tuple(statements)), dict.fromkeys(sorted(targets), "")


def same(one: Any, other: Any) -> bool:
    """Whether two expressions of the leaves are equal, as quotients of polynomials in roots and exponentials."""
    difference = sympy.powsimp(sympy.expand_log(sympy.expand_power_exp((one - other).rewrite(sympy.exp)), force=True))
    return difference == 0 or sympy.simplify(difference) == 0


def work(pair: Pair) -> tuple[list[Statement], list[Statement], Program, Program]:
    """What the compiler and the textbook compute on the way from what the textbook reads to what it gives."""
    gradient = gradient_of(pair)
    textbook, targets = textbook_of(pair, gradient)
    given = {source for each in textbook.statements for source in each.sources()} - set(targets)
    backward = [each for each in gradient.backward if each.target.tensor not in given]
    ours = [unseeded(each, gradient.seed) for each in needed_among(backward, list(targets))]
    return ours, list(textbook.statements), gradient.program, textbook


def unseeded(each: Statement, seed: str) -> Statement:
    ones = {read_symbol(p): sympy.S.One for p, access in enumerate(each.reads) if access.tensor == seed}
    return statement(each.target, each.expr.xreplace(ones), each.reads, each.domain, each.reduction) if ones else each


def written(statements: list[Statement]) -> int:
    """Operations, sums and additions of terms in the formulas."""
    targets = {each.target.tensor for each in statements}
    return sum(operations(each.expr) + bool(each.reduced) for each in statements) + len(statements) - len(targets)


def executed(statements: list[Statement], program: Program) -> int:
    """Operations of the plan that computes the statements, at sizes where sums are long."""
    computed = {each.target.tensor for each in statements}
    tensors = {
        name: tensor if name in computed else replace(tensor, role=Role.INPUT)
        for name, tensor in program.tensors.items()
    }
    part = Program(tensors, tuple(statements))
    total = cost_sheet(part, schedule(part, sorted(computed))).operations
    return number(total, sizes_of(program, LARGE))


def test_the_table_is_long_enough() -> None:
    assert len(PAIRS) >= 40
    assert len({pair.name for pair in PAIRS}) == len(PAIRS)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_the_gradient_is_the_textbooks(pair: Pair) -> None:
    """Equal at sizes 2 and 3 with a symbol for every element, as functions of what is given."""
    gradient = gradient_of(pair)
    whole = without_maxima(gradient.program)
    sizes = sizes_of(whole, SMALL)
    ours = interpret(whole, leaves(whole, sizes, pair.signed), sizes, SYMBOLIC)
    textbook, targets = textbook_of(pair, gradient)
    given = {name: Elements(ours[name]) for name, t in textbook.tensors.items() if t.role is not Role.VALUE}
    theirs = interpret(textbook, given, sizes, SYMBOLIC)
    assert targets
    for name in targets:
        assert ours[name].keys() == theirs[name].keys()
        for point, value in ours[name].items():
            assert same(value, theirs[name][point]), (name, point, value, theirs[name][point])


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_it_takes_no_more_operations_than_the_textbooks(pair: Pair) -> None:
    """As a formula; one that is longer, X b aᵀ + X a bᵀ for X (abᵀ + baᵀ), must be cheaper to compute."""
    ours, theirs, program, textbook = work(pair)
    shorter = written(ours) <= written(theirs)
    assert shorter or executed(ours, program) < executed(theirs, textbook), [each.expr for each in ours]


def test_another_form_is_told_from_the_textbooks() -> None:
    x, y = sympy.symbols("x y", positive=True)
    assert same(sympy.exp(x - y) * sympy.exp(y), sympy.exp(x))
    assert not same(sympy.exp(x - y), sympy.exp(x))
    wrong = replace(PAIRS[2], textbook="x_bar[i] = sum(j, 2 * A[i, j] * x[j])")
    with pytest.raises(AssertionError):
        test_the_gradient_is_the_textbooks(wrong)
