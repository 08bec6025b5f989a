"""Every operation of the library and its derived gradient: what is printed is what is computed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from explain.by_hand import random_values
from explain.matrix_reader import MatrixReader
from explain.printed_truth import as_array, assert_printed_is_computed, balanced

from symbprop.calculus.equations import number_equations
from symbprop.calculus.interpreter import interpret
from symbprop.calculus.notation import LATEX, TEXT
from symbprop.calculus.printer import format_equation
from symbprop.calculus.program import Program
from symbprop.cli.operations import derived_gradient
from symbprop.explain.derive import derivation
from symbprop.explain.matrix import matrix_form
from symbprop.library.catalogue import catalogue

GRADIENTS = {
    name: made for name, each in catalogue().operations.items() if (made := derived_gradient(each)) is not None
}
each_operation = pytest.mark.parametrize("name", GRADIENTS)


def case(name: str) -> tuple[Program, dict[str, int], dict[str, Any]]:
    """An operation's forward and backward program, sizes and values at which every function is defined."""
    program = GRADIENTS[name].program
    free = {symbol.name for t in program.tensors.values() for s in t.shape for symbol in getattr(s, "free_symbols", ())}
    free |= {
        symbol.name
        for one in program.statements
        for r in one.domain
        for symbol in getattr(r.extent, "free_symbols", ())
    }
    for sizes in ({size: 2 + position % 2 for position, size in enumerate(sorted(free))}, dict.fromkeys(free, 6)):
        values = random_values(program, sizes, 0.1, 0.9)
        try:
            interpret(program, values, sizes)
        except KeyError:  # sizes that do not fit each other
            continue
        return program, sizes, values
    raise AssertionError(f"no sizes fit {name}")


def test_most_of_the_library_is_seen() -> None:
    assert len(GRADIENTS) > 40


@each_operation
def test_what_is_printed_is_what_is_computed(name: str) -> None:
    program, sizes, values = case(name)
    lines = [format_equation(one, program.tensors) for one in number_equations(program.statements)]
    assert_printed_is_computed(lines, program, values, sizes, tolerance=1e-10)


@each_operation
def test_matrix_forms_are_what_is_computed(name: str) -> None:
    program, sizes, values = case(name)
    found = interpret(program, values, sizes)
    arrays: dict[str, Any] = {size: float(number) for size, number in sizes.items()}
    classes: dict[str, int] = {}
    for tensor in program.tensors.values():
        shape = tuple(
            int(s.subs({x: sizes[x.name] for x in s.free_symbols})) if not isinstance(s, int) else s
            for s in tensor.shape
        )
        arrays[TEXT.name(tensor.name)] = as_array(found[tensor.name], shape)
        if isinstance(tensor.classes, int):
            classes[tensor.name] = tensor.classes
    for equation in number_equations(program.statements):
        text = matrix_form(equation, program.tensors)
        if text is not None and "{" not in text:
            expected = arrays[TEXT.name(equation.tensor)]
            result = MatrixReader(text.partition(" = ")[2], arrays, classes).whole()
            np.testing.assert_allclose(np.broadcast_to(result, np.shape(expected)), expected, rtol=1e-11, err_msg=text)


@each_operation
def test_the_latex_of_every_derivation_is_balanced(name: str) -> None:
    for form in ("index", "matrix"):
        text = derivation(GRADIENTS[name], form=form, steps=True, format="latex")
        assert balanced(text), text


@each_operation
def test_equations_in_latex_have_no_raw_ampersand_outside_of_cases(name: str) -> None:
    program = GRADIENTS[name].program
    for one in number_equations(program.statements):
        text = format_equation(one, program.tensors, LATEX)
        assert "&" not in text or r"\begin{cases}" in text
