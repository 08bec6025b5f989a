"""Deep networks: work that grows as the network does, and no walk that descends into it."""

from __future__ import annotations

import ast
import sys
from typing import Any

from sympy import tanh

from symbprop.calculus.gradient import gradient
from symbprop.calculus.index import Access, Range, at
from symbprop.calculus.program import GradientProgram, Program, Role, Tensor
from symbprop.calculus.statement import Statement, read_symbol, statement
from symbprop.emit.docstring import Heading
from symbprop.emit.module import Compiled, emit
from symbprop.network.network import Initializer, Network
from symbprop.schedule.schedule import schedule
from symbprop.simplify.passes import simplify_forward, simplify_gradient

A0, A1 = read_symbol(0), read_symbol(1)


def deep(depth: int) -> Program:
    """v₀ = w, vᵢ₊₁ = tanh(vᵢ) + vᵢ, and every third sums a product with a parameter; the loss is the sum of squares."""
    tensors = [Tensor("w", (3,), Role.PARAMETER), Tensor("M", (3, 3), Role.PARAMETER)]
    statements: list[Statement] = []
    one, two = Range("i", 3), Range("j", 3)
    before = "w"
    for number in range(depth):
        name = f"v{number}"
        tensors.append(Tensor(name, (3,), Role.VALUE))
        target = Access(name, (at("i"),))
        if number % 3 == 0:
            reads = [Access(before, (at("j"),)), Access("M", (at("j"), at("i")))]
            statements.append(statement(target, A0 * A1, reads, [one, two]))
        else:
            statements.append(statement(target, tanh(A0) + A0, [Access(before, (at("i"),))], [one]))
        before = name
    tensors.append(Tensor("L", (), Role.VALUE))
    statements.append(statement(Access("L", ()), A0**2, [Access(before, (at("i"),))], [one]))
    return Program({each.name: each for each in tensors}, tuple(statements), (before,), "L")


def derived(depth: int) -> GradientProgram:
    return simplify_gradient(gradient(simplify_forward(deep(depth)), ["w", "M"]))


def emitted(depth: int) -> str:
    made = derived(depth)
    start = {name: Initializer("ones", A0 * 0 + 1) for name in ("w", "M")}
    network = Network("deep", deep(depth), start)
    return emit(Compiled(network, made.forward, made, Heading("deep", "deep.yaml", "0" * 64, "0", {})))


def calls(depth: int) -> int:
    """How many Python functions run from the program to the text."""
    count = 0

    def tally(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(tally)
    try:
        emitted(depth)
    finally:
        sys.setprofile(before)
    return count


def test_the_work_from_program_to_text_grows_linearly() -> None:
    emitted(60)  # derives each distinct expression once, for all
    shallow, middle, far = calls(60), calls(180), calls(300)
    assert far - middle <= 1.1 * (middle - shallow), (shallow, middle, far)


def test_the_plan_of_a_deep_program_is_as_long_as_it_is_deep() -> None:
    steps = [
        len(schedule(made.program, made.program.outputs).steps) for made in (derived(30), derived(60), derived(90))
    ]
    assert steps[2] - steps[1] == steps[1] - steps[0]


def test_three_thousand_statements_overflow_no_stack() -> None:
    """More than the interpreter's limit of a thousand frames, if a stage were to descend from statement to statement."""
    assert sys.getrecursionlimit() <= 1500
    text = emitted(3000)
    tree = ast.parse(text)
    function = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "loss_and_grad")
    assert len(function.body) > 6000


def test_an_expression_is_derived_once_however_often_it_stands() -> None:
    made = derived(90)
    assert len({each.expr for each in made.backward}) <= 8
    assert len(made.backward) > 90
