"""MathML of every formula that this package can print is well formed, complete, and safe."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from networks import CENTRED

from symbprop.calculus.equations import number_equations
from symbprop.calculus.notation import LATEX
from symbprop.calculus.printer import format_equation
from symbprop.explain import mathml as module
from symbprop.explain.derive import derivation
from symbprop.explain.mathml import mathml
from symbprop.explain.matrix import matrix_form
from symbprop.language.source import Source
from symbprop.library.catalogue import catalogue
from symbprop.pipeline import derive, read

ELEMENTS = set(
    "math mrow mi mn mo mfrac msqrt msub msup msubsup munder mover munderover mtable mtr mtd mtext mspace".split()
)
ARITY = {"mfrac": 2, "msub": 2, "msup": 2, "msubsup": 3, "munder": 2, "mover": 2, "munderover": 3}
KNOWN = {
    *module.COMMANDS,
    *module.SYMBOLS,
    *module.GREEK,
    *module.LARGE,
    *module.FUNCTIONS,
    *module.SPACES,
    "right",
    "end",
}
POINTWISE = [
    name for name, operation in catalogue().operations.items()
    if catalogue().category(name) == "activations" and len(operation.arguments) == 1
]  # fmt: skip


def tree(latex: str) -> ET.Element:
    """The element of a formula, each kind with as many parts as it needs."""
    root = ET.fromstring(mathml(latex))
    for each in root.iter():
        name = each.tag.removeprefix("{http://www.w3.org/1998/Math/MathML}")
        assert name in ELEMENTS, name
        assert len(each) == ARITY.get(name, len(each)), (name, latex)
    return root


def words(latex: str) -> str:
    return "".join(tree(latex).itertext())


@pytest.mark.parametrize("name", POINTWISE)
def test_every_formula_of_a_layer_and_its_gradient_translates(name: str) -> None:
    text = f"inputs: {{x: {{shape: [3]}}}}\nnodes:\n  z: {{dense: {{units: 2}}, inputs: [x]}}\n  a: {{{name}: {{}}, inputs: [z]}}\nloss: {{formula: 'L = sum((n, j), a[n, j]^2)', inputs: [a]}}\n"
    gradient = derive(read(Source("net.yaml", text))).gradient
    assert gradient is not None
    for equation in number_equations(gradient.program.statements):
        latex = format_equation(equation, gradient.program.tensors, LATEX)
        assert set(re.findall(r"\\([A-Za-z]+\*?)", latex)) <= KNOWN, latex
        tree(latex)


def test_every_matrix_form_of_a_normalisation_translates() -> None:
    gradient = derive(read(Source("net.yaml", CENTRED))).gradient
    assert gradient is not None
    forms = [matrix_form(each, gradient.program.tensors, LATEX) for each in number_equations(gradient.backward)]
    assert r"\oslash" in " ".join(filter(None, forms))
    for latex in filter(None, forms):
        assert set(re.findall(r"\\([A-Za-z]+\*?)", latex)) <= KNOWN, latex
        tree(latex)


@pytest.mark.parametrize("form", ["index", "matrix"])
@pytest.mark.parametrize("example", ["digits", "residual", "two_losses", "formula_layer"])
def test_whole_pages_are_well_formed(example: str, form: str, root) -> None:  # type: ignore[no-untyped-def]
    text = (root / "examples" / f"{example}.yaml").read_text(encoding="utf-8")
    gradient = derive(read(Source("net.yaml", text))).gradient
    assert gradient is not None
    page = derivation(gradient, form=form, steps=True, format="html")
    formulas = re.findall(r"<math.*?</math>", page, re.DOTALL)
    assert len(formulas) > 5
    for each in formulas:
        ET.fromstring(each)


@pytest.mark.parametrize(
    ("latex", "shown"),
    [
        (r"\frac{1}{N}", "1N"),
        (r"\bar{z}^{(1)}_{nj}", "z¯nj(1)"),
        (r"\sum_{k} x_{nk}", "∑kxnk"),
        (r"\begin{cases} x & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}", "{xif\u00a0x>00otherwise"),
        (r"\mathbf{1}\left[z > 0\right]", "𝟏[z>0]"),
        (r"\operatorname{erf}\left(x\right)", "erf(x)"),
        (r"a - b \cdot 2.5", "a−b·2.5"),
    ],
)
def test_what_a_reader_sees(latex: str, shown: str) -> None:
    assert words(latex) == shown


def test_a_sum_has_its_index_below_it_and_a_letter_beside_it() -> None:
    assert "<munder>" in mathml(r"\sum_{k} x")
    assert "<msub>" in mathml("x_{k}")


@pytest.mark.parametrize("name", ["<script>", "a&b", "x{}y", "a_b", '"quoted"', "a\\b"])
def test_a_users_name_stays_text(name: str) -> None:
    latex = LATEX.name(name)
    page = mathml(latex)
    assert "<script>" not in page
    tree(latex)


@pytest.mark.parametrize(
    ("latex", "rooms"),
    [
        (r"a \tanh\left(x\right)", 1),
        (r"\tanh x", 1),
        (r"\tanh\left(x\right)", 0),
        (r"a + \exp\left(x\right)", 0),
        (r"\max_{m} z_{nm}", 1),
    ],
)
def test_a_function_stands_apart_from_its_neighbours_as_in_latex(latex: str, rooms: int) -> None:
    assert mathml(latex).count("<mspace") == rooms
