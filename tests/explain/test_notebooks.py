"""What a notebook shows of statements, programs, gradients and networks."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from functools import cache
from itertools import pairwise

import pytest
from networks import MLP

from symbprop.api import Network
from symbprop.calculus.equations import number_equations
from symbprop.calculus.notation import LATEX
from symbprop.calculus.printer import format_equation
from symbprop.calculus.program import GradientProgram, Program
from symbprop.calculus.showing import Shown, html_of, latex_of
from symbprop.explain.mathml import mathml
from symbprop.explain.notebooks import MOST_SHOWN
from symbprop.language.source import Source
from symbprop.pipeline import derive, read


@cache
def classifier() -> GradientProgram:
    gradient = derive(read(Source("net.yaml", MLP))).gradient
    assert gradient is not None
    return gradient


def chain(length: int) -> Program:
    names = [f"u{count}" for count in range(length)]
    formulas = ["u0 = x"] + [f"{after} = sin({before})" for before, after in pairwise(names)]
    text = "formulas: |\n" + "".join(f"  {each}\n" for each in [*formulas, f"L = {names[-1]}"])
    return derive(read(Source("net.yaml", text))).forward


def test_a_program_shows_every_equation_with_its_number() -> None:
    program = classifier().program
    latex, page = program._repr_latex_(), program._repr_html_()
    assert latex is not None
    assert page is not None
    for equation in number_equations(program.statements):
        formula = format_equation(equation, program.tensors, LATEX)
        assert rf"& {formula} \tag{{{equation.number}}} \\" in latex
        assert mathml(formula) in page
    ET.fromstring(f"<div>{page}</div>")


def test_a_gradient_shows_what_is_forward_and_what_is_backward() -> None:
    latex, page = classifier()._repr_latex_(), classifier()._repr_html_()
    assert latex is not None
    assert page is not None
    assert r"\text{Forward}" in latex
    assert "<h2>Backward" in page
    assert "<html" not in page


def test_the_gradient_of_one_parameter_shows_its_formula_or_why_it_is_zero() -> None:
    net = Network(formulas=["L = 3*w^2", "T = v^2"], outputs=["T"], loss="L")
    moving, zero = net.gradient("w"), net.gradient("v")
    assert moving._repr_latex_() == rf"$\displaystyle {moving.latex}$"
    assert moving._repr_html_() == f"<p>{mathml(moving.latex)}</p>"
    assert "6" in moving._repr_html_()
    assert "<math" in moving._repr_html_()
    assert zero._repr_latex_() == r"$\displaystyle 0$"
    assert (
        zero._repr_html_()
        == "<p>0 (no path with a derivative other than 0 leads from T, which reads v, to the loss)</p>"
    )


def test_a_statement_alone_adds_to_its_target() -> None:
    first, second = (each for each in classifier().forward.statements if each.target.tensor == "z1")
    assert first._repr_latex_() == r"$\displaystyle z^{(1)}_{nj} += \sum_{k} x_{nk} W^{(1)}_{kj}$"
    assert second._repr_latex_() == r"$\displaystyle z^{(1)}_{nj} += b^{(1)}_{j}$"
    largest = next(each for each in classifier().forward.statements if each.target.tensor == "z2_max")
    assert largest._repr_latex_() == r"$\displaystyle z^{(2,\mathrm{max})}_{n} = \max_{m} z^{(2)}_{nm}$"
    for each in classifier().program.statements:
        shown = each._repr_html_()
        assert shown is not None
        ET.fromstring(shown)


def test_a_long_program_is_cut_and_says_so() -> None:
    program = chain(MOST_SHOWN + 50)
    latex = program._repr_latex_()
    assert latex is not None
    assert len(re.findall(r"\\tag", latex)) == MOST_SHOWN
    count = len(number_equations(program.statements)) - MOST_SHOWN
    assert f"and {count} more equations" in latex


@pytest.mark.parametrize("show", [latex_of, html_of])
def test_what_nobody_can_write_is_left_to_the_notebook(show: object) -> None:
    assert callable(show)
    assert show(Shown()) is None
