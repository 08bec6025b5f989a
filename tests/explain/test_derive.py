"""Derivations: what they contain, that each step is true, and that no name of a user's escapes its format."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from explain.by_hand import N, classifier, each, input_, made, products, random_values, sequence, summed, value
from explain.printed_truth import assert_printed_is_computed, balanced
from programs import A, parameter
from sympy import exp, log, sin, tanh

from symbprop.calculus.equations import number_equations
from symbprop.calculus.gradient import gradient
from symbprop.calculus.index import Access, Range, at
from symbprop.calculus.notation import TEXT
from symbprop.calculus.program import GradientProgram, Program, Role
from symbprop.calculus.statement import statement
from symbprop.explain.derive import derivation
from symbprop.explain.formats import Kind, wrapped
from symbprop.explain.origins import Origins
from symbprop.explain.steps import Steps
from symbprop.explain.trace import trace_of
from symbprop.simplify.passes import simplify_forward, simplify_gradient

PARAMETERS = ["W1", "b1", "W2", "b2"]
FORMATS = ("text", "latex", "markdown", "html")


@pytest.fixture(scope="module")
def network() -> GradientProgram:
    return gradient(classifier(), PARAMETERS)


def test_the_equations_come_forward_then_backward_and_are_numbered_through(network: GradientProgram) -> None:
    text = derivation(network)
    assert text.startswith("Forward\n    (1)  z1[n,j] = Σₖ x[n,k] W1[k,j] + b1[j]\n")
    assert "\nBackward, with v̄ = ∂L/∂v\n" in text
    numbers = [int(number) for number in re.findall(r"^    \((\d+)\)", text, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert "W̄2[j,m] = Σₙ h[n,j] z̄2[n,m]" in text


def test_only_what_a_parameter_needs_is_shown_for_it(network: GradientProgram) -> None:
    text = derivation(network, wrt="W2")
    assert "W̄2" in text
    assert not any(name in text for name in ("W̄1", "b̄1", "b̄2", "h̄", "z̄1"))
    both = derivation(network, wrt=["W2", "b1"])
    assert "W̄2" in both
    assert "b̄1" in both
    assert "W̄1" not in both


def test_a_parameter_form_or_format_that_does_not_exist_is_an_error(network: GradientProgram) -> None:
    with pytest.raises(KeyError):
        derivation(network, wrt="W3")
    with pytest.raises(ValueError, match="index, matrix"):
        derivation(network, form="tensor")
    with pytest.raises(ValueError, match="text, latex, markdown, html"):
        derivation(network, format="pdf")


def test_matrix_form_stands_where_there_is_one_and_index_form_elsewhere() -> None:
    text = derivation(gradient(sequence(), ["E", "K", "w"]), form="matrix")
    assert "w̄ = yᵀ 𝟏 / N" in text
    assert "K̄[q,k,j] = Σₙₛ e[n,s+q,k] c̄[n,s,j]" in text


def test_a_step_names_its_equation_the_local_derivative_and_the_product(network: GradientProgram) -> None:
    lines = [line.strip() for line in derivation(network, steps=True).splitlines()]
    at = lines.index("h̄[n,j] = Σₘ z̄2[n,m] ∂z2[n,m]/∂h[n,j]")
    assert lines[at - 1] == "It is read in (3), so by the chain rule"
    assert lines[at + 1 : at + 4] == ["with the derivative", "∂z2[n,m]/∂h[n,j] = W2[j,m]    from (3)", "so that"]
    assert lines[at + 4].endswith("h̄[n,j] = Σₘ W2[j,m] z̄2[n,m]")
    assert lines[at + 5] == "In matrices: h̄ = z̄2 W2ᵀ"
    assert "∂h[n,j]/∂z1[n,j] = 1 − tanh(z1[n,j])²    from (2)" in lines


SOURCES = {"classifier": classifier(), "sequence": sequence(), "products": products()}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_every_chain_rule_with_its_derivatives_put_in_is_the_cotangent(source: Program) -> None:
    parameters = [tensor.name for tensor in source.of(Role.PARAMETER)]
    plain = gradient(source, parameters)
    steps = Steps(plain, trace_of(plain), Origins(number_equations(source.statements)), TEXT)
    texts = [step.text for name in plain.tensors for step in steps.of(name) if step.kind is Kind.STEP]
    derivatives = dict(text.split(" = ", 1) for text in texts if text.startswith("∂"))
    assert derivatives
    rules = []
    for text in texts:
        if not text.startswith("∂"):
            left, _, right = text.partition(" = ")
            for quotient, formula in sorted(derivatives.items(), key=lambda pair: -len(pair[0])):
                right = right.replace(quotient, f"({formula})")
            assert "∂" not in right
            rules.append(f"{left} = {right}")
    backward = {one.target.tensor for one in plain.backward if one.target.tensor.endswith("_bar")}
    values = random_values(plain.program, {"N": 3})
    assert_printed_is_computed(rules, plain.program, values, {"N": 3}, only=backward)


def test_a_cotangent_that_the_closed_form_no_longer_has_is_derived_before_it_is_used() -> None:
    forward = simplify_forward(classifier())
    closed = simplify_gradient(gradient(forward, PARAMETERS))
    text = derivation(closed, steps=True)
    assert "z̄2[n,m] = (p[n,m] − δ[m,label[n]]) / N" in text
    told = [line.strip().split("[")[0].split(" =")[0] for line in text[text.index("Backward") :].splitlines()]
    for line in text[text.index("Backward") :].splitlines():
        if "∂" in line and not line.strip().startswith("∂"):
            for name in re.findall(r"\w\u0304?\w*(?=\[[^\]]*\] ∂)", line.partition("=")[2]):
                assert any(name in one for one in told), f"{name} is used and never derived"


def test_the_product_of_derivatives_along_the_only_path_is_shown() -> None:
    tensors = [parameter("x"), value("u"), value("v"), value("y")]
    links = [summed("u", A[0] ** 2, "x"), summed("v", sin(A[0]), "u"), summed("y", exp(A[0]), "v")]
    text = derivation(gradient(made(tensors, links, "y"), ["x"]), steps=True)
    assert "∂y/∂x = ∂y/∂v · ∂v/∂u · ∂u/∂x" in text
    assert "Backward, with w̄ = ∂y/∂w" in text, "v is a tensor here"


def test_what_the_forward_equation_sums_over_is_part_of_its_derivative() -> None:
    tensors = [input_("y", N, 3), parameter("c"), value("L")]
    text = derivation(gradient(made(tensors, [summed("L", -log(A[0]) * A[1] / N, "y[n,k]", "c")]), ["c"]), steps=True)
    assert "∂L/∂c = −Σₙₖ log(y[n,k]) / N    from (1)" in text


def test_a_gradient_that_vanishes_is_noted_with_the_reason() -> None:
    tensors = [parameter("x"), parameter("idle_1"), value("L")]
    made_by_rule = gradient(made(tensors, [summed("L", A[0] ** 2, "x")]), ["x", "idle_1"])
    assert "The gradient of idle_1 is identically zero: no equation reads idle_1." in derivation(made_by_rule)
    assert r"\text{The gradient of idle\_1 is" in derivation(made_by_rule, format="latex")
    assert r"idle\_1 is identically" in derivation(made_by_rule, format="markdown")


def test_a_program_without_a_loss_has_its_equations_only() -> None:
    forward = made([input_("x", N), value("y", N)], [each("y[n]", tanh(A[0]), "x[n]")], None)
    assert derivation(forward) == "Forward\n    (1)  y[n] = tanh(x[n])\n"


MATHML = "math mrow mi mn mo mfrac msqrt msub msup msubsup munder mover munderover mtable mtr mtd mtext mspace".split()


class Tags(HTMLParser):
    """Collects the tags of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not any(name in ("src", "href") or name.startswith("on") for name, _ in attrs)


HOSTILE = [
    "<script>alert(1)</script>",
    "a&b",
    "x_y_z",
    "$x$",
    "`x`",
    "%",
    "{",
    "\\input{x}",
    "**b**",
    "[a](b)",
    '"',
    "W_bar",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_escapes_its_format(name: str) -> None:
    loss = "L" + name
    tensors = [parameter(name, 3), parameter("idle" + name, 2), value(loss)]
    square = statement(Access(loss, ()), A[0] ** 2, [Access(name, (at("k"),))], [Range("k", 3)])
    made_by_rule = gradient(made(tensors, [square], loss), [name, "idle" + name])
    for steps in (False, True):
        for format in FORMATS:
            text = derivation(made_by_rule, steps=steps, format=format)
            if format == "latex":
                assert balanced(text), text
                assert r"\input" not in text.replace(r"\textbackslash{}input", "").replace(r"\backslash{}input", "")
            elif format == "html":
                page = Tags()
                page.feed(text)
                assert page.tags <= {
                    "html",
                    "head",
                    "meta",
                    "title",
                    "style",
                    "body",
                    "main",
                    "h2",
                    "h3",
                    "p",
                    "div",
                    "span",
                    *MATHML,
                }
            elif format == "markdown":
                assert "<script>" not in text


def test_a_long_equation_is_broken_where_a_reader_would_break_it() -> None:
    text = "y = " + " + ".join(f"a{number} (b{number} + c{number})" for number in range(12))
    lines = wrapped(text, 60, "    ").split("\n")
    assert len(lines) > 2
    assert all(len(line) <= 60 for line in lines)
    assert all(line.startswith("    + a") for line in lines[1:])
    assert " ".join(line.strip() for line in lines) == text
    assert wrapped("x" * 200, 60, "    ") == "x" * 200


def test_the_steps_of_a_thousand_layers_take_a_moment() -> None:
    layers = 1000
    tensors = [parameter("v0", 3), *(value(f"v{n + 1}", 3) for n in range(layers)), value("L")]
    chain = [each(f"v{n + 1}[k]", tanh(A[0]), f"v{n}[k]") for n in range(layers)]
    made_by_rule = gradient(made(tensors, [*chain, summed("L", A[0], f"v{layers}[k]")]), ["v0"])
    text = derivation(made_by_rule, steps=True)
    assert text.count("\n") > 4 * layers
