"""Printed equations, held against what their statements compute, against textbooks, and against hostile names."""

from __future__ import annotations

import time

import pytest
from explain.by_hand import N, classifier, each, input_, made, random_values, sequence, summed, value
from explain.printed_truth import assert_printed_is_computed, balanced
from hypothesis import given, settings
from programs import A, access, gather, parameter, polynomial_programs
from sympy import Rational, S, exp, sqrt, tanh

from symbprop.calculus.equations import number_equations
from symbprop.calculus.functions import Detach, Select, absolute, larger, signum, smaller
from symbprop.calculus.gradient import gradient, jvp
from symbprop.calculus.index import Access, Affine, Range, at, size_symbol
from symbprop.calculus.notation import LATEX, TEXT, Text
from symbprop.calculus.printer import format_access, format_equation, format_expression, format_extent
from symbprop.calculus.program import Program
from symbprop.calculus.statement import Reduction, Statement, statement


def printed(program: Program, notation: Text = TEXT) -> list[str]:
    return [format_equation(one, program.tensors, notation) for one in number_equations(program.statements)]


def expression(expr: object, notation: Text = TEXT) -> str:
    names = {A[0]: "x", A[1]: "y"}
    return format_expression(expr, lambda symbol: names.get(symbol, symbol.name), notation)


def test_a_network_is_printed_as_a_textbook_prints_it() -> None:
    assert printed(classifier()) == [
        "z1[n,j] = Σₖ x[n,k] W1[k,j] + b1[j]",
        "h[n,j] = tanh(z1[n,j])",
        "z2[n,m] = Σⱼ h[n,j] W2[j,m] + b2[m]",
        "s[n] = Σₘ exp(z2[n,m])",
        "p[n,m] = exp(z2[n,m]) / s[n]",
        "L = −Σₙ log(p[n,label[n]]) / N",
    ]


def test_its_gradient_is_too_and_the_cotangent_of_the_loss_is_one() -> None:
    made_by_rule = gradient(classifier(), ["W1", "b1", "W2", "b2"])
    lines = printed(Program(made_by_rule.program.tensors, made_by_rule.backward))
    assert "p̄[n,i] = −δ[i,label[n]] / (N p[n,label[n]])" in lines
    assert "h̄[n,j] = Σₘ W2[j,m] z̄2[n,m]" in lines
    assert "W̄2[j,m] = Σₙ h[n,j] z̄2[n,m]" in lines
    assert "z̄1[n,j] = h̄[n,j] (1 − tanh(z1[n,j])²)" in lines
    assert "b̄1[j] = Σₙ z̄1[n,j]" in lines


def test_probabilities_minus_one_at_the_label() -> None:
    program = made(
        [input_("p", N, 5), input_("label", N, classes=5), value("z2_bar", N, 5)],
        [
            each("z2_bar[n,m]", A[0] / N, "p[n,m]"),
            each(Access("z2_bar", (at("n"), gather("label", "n"))), -1 / N),
        ],
        loss=None,
    )
    assert printed(program) == ["z̄2[n,m] = (p[n,m] − δ[m,label[n]]) / N"]
    assert "p_{n" in printed(program, LATEX)[0]
    assert r"\delta_{m,\mathrm{label}_{n}}" in printed(program, LATEX)[0]


@pytest.mark.parametrize("source", [classifier(), sequence()], ids=["classifier", "sequence"])
def test_what_is_printed_is_what_is_computed_forward_and_backward(source: Program) -> None:
    program = gradient(source, _parameters(source)).program
    sizes = {"N": 3}
    assert_printed_is_computed(printed(program), program, random_values(program, sizes), sizes)


@settings(max_examples=25)
@given(polynomial_programs())
def test_random_programs_are_printed_as_they_are_computed(source: Program) -> None:
    assert_printed_is_computed(printed(source), source, random_values(source, {}), {})


def test_a_convolution_passes_its_cotangent_back_to_every_element_it_overlapped() -> None:
    made_by_rule = gradient(sequence(), ["E", "K"])
    lines = printed(Program(made_by_rule.program.tensors, made_by_rule.backward))
    assert "ē[n,i,k] = Σ_{s,j,q} K[q,k,j] c̄[n,s,j] δ[i,s+q]" in lines
    assert "Ē[i,k] = Σₙₜ ē[n,t,k] δ[i,ids[n,t]]" in lines


def test_an_index_that_runs_over_a_part_of_its_axis_says_so() -> None:
    lines = printed(sequence())
    assert "y[n,j] = g[n,0,j]   (j < 4)" in lines
    assert "y[n,j+4] = g[n,2,j]²" in lines


def test_equations_that_share_elements_accumulate_and_those_that_do_not_define() -> None:
    pair = [each("y[n,j]", A[0], "u[n,j]"), each(Access("y", (at("n"), Affine((("j", 1),), 2))), A[0], "u[n,j]")]
    program = made([input_("u", N, 4), value("y", N, 6)], pair, loss=None)
    assert [line.split(" ")[1] for line in printed(program)] == ["+=", "+="]
    assert_printed_is_computed(printed(program), program, random_values(program, {"N": 2}), {"N": 2})


def test_statements_with_one_target_map_are_one_equation_whatever_their_indices_are_called() -> None:
    first = each(Access("h", (at("n"), Affine((("t", 1),), 1))), A[0], "u[n,t]", t=3)
    second = each(Access("h", (at("m"), Affine((("s", 1),), 1))), -2 * A[0], "v[m,s]", m=N, s=3)
    program = made([input_("u", N, 3), input_("v", N, 3), value("h", N, 4)], [first, second], loss=None)
    assert printed(program) == ["h[n,t+1] = u[n,t] − 2 v[n,t]"]
    assert_printed_is_computed(printed(program), program, random_values(program, {"N": 2}), {"N": 2})


def test_a_delta_never_claims_elements_outside_the_range_of_the_index() -> None:
    part = each("y[n,j]", A[0], "u[n,j]")
    scatter = each(Access("y", (at("n"), gather("label", "n"))), S.NegativeOne)
    program = made([input_("u", N, 4), input_("label", N, classes=6), value("y", N, 6)], [part, scatter], loss=None)
    assert printed(program) == ["y[n,j] += u[n,j]   (j < 4); y[n,i] += −δ[i,label[n]]"]
    assert_printed_is_computed(printed(program), program, random_values(program, {"N": 3}), {"N": 3})


def test_a_constant_place_joins_only_an_equation_that_runs_over_it() -> None:
    whole = each("y[n,m]", A[0], "u[n,m]")
    end = each(Access("y", (at("n"), Affine((), 4))), A[0], "r[n]")
    program = made([input_("u", N, 5), input_("r", N), value("y", N, 5)], [whole, end], loss=None)
    assert printed(program) == ["y[n,m] = u[n,m] + r[n] δ[m,4]"]
    beyond = made([input_("u", N, 4), input_("r", N), value("y", N, 5)], [each("y[n,j]", A[0], "u[n,j]"), end], None)
    assert printed(beyond) == ["y[n,j] = u[n,j]   (j < 4)", "y[n,4] = r[n]"]


def test_an_element_of_some_rows_does_not_join_an_equation_for_all_rows() -> None:
    whole = each("y[j,m]", A[0], "u[j,m]")
    some = each(Access("y", (at("p"), Affine((), 0))), A[0], "r[p]", p=2)
    program = made([input_("u", 4, 5), input_("r", 2), value("y", 4, 5)], [whole, some], loss=None)
    assert printed(program) == ["y[j,m] += u[j,m]", "y[p,0] += r[p]   (p < 2)"]
    assert_printed_is_computed(printed(program), program, random_values(program, {}), {})


def test_a_sum_that_is_subtracted_over_a_common_denominator_is_written_out() -> None:
    first, second = each("y[n,m]", A[0] / N, "u[n,m]"), each("y[n,m]", -(A[0] + A[1]) / N, "u[n,m]", "r[n]")
    program = made([input_("u", N, 5), input_("r", N), value("y", N, 5)], [first, second], loss=None)
    assert printed(program) == ["y[n,m] = (u[n,m] − u[n,m] − r[n]) / N"]
    assert_printed_is_computed(printed(program), program, random_values(program, {"N": 2}), {"N": 2})


def test_an_equation_stands_where_nothing_it_reads_is_printed_later() -> None:
    program = gradient(classifier(), ["W1", "b1", "W2", "b2"]).program
    printed_so_far = {name for name, tensor in program.tensors.items() if tensor.role.value != "value"}
    for number, equation in enumerate(number_equations(program.statements), 1):
        assert equation.number == number
        for one in equation.statements:
            assert set(one.sources()) <= printed_so_far
        printed_so_far.add(equation.tensor)


def test_ten_thousand_layers_are_numbered_in_a_moment() -> None:
    statements = [each(f"v{layer + 1}[n]", tanh(A[0]), f"v{layer}[n]") for layer in range(10_000)]
    pieces = [each(Access("y", (at("n"), Affine((), place))), A[0], "v1[n]") for place in range(10_000)]
    start = time.perf_counter()
    equations = number_equations([*statements, *pieces], start=7)
    assert time.perf_counter() - start < 20
    assert [equation.number for equation in equations] == list(range(7, 20_007))
    assert not any(equation.shares for equation in equations)


def test_selections_are_recognised() -> None:
    x, y = A[0], A[1]
    assert expression(absolute(x)) == "|x|"
    assert expression(signum(x)) == "sign(x)"
    assert expression(larger(x, y)) == "max(x, y)"
    assert expression(smaller(x, y)) == "min(x, y)"
    assert expression(Select(x > 0, x, 0)) == "max(x, 0)"
    assert expression(Select(x > 0, 1, 0)) == "1[x > 0]"
    assert expression(Select(x >= 1, x, y / 2)) == "{x if x ≥ 1 else y / 2}"
    assert expression(Detach(x)) == "x"
    latex = expression(Select(x >= 1, x, y), LATEX)
    assert latex == r"\begin{cases} x & \text{if } x \ge 1 \\ y & \text{otherwise} \end{cases}"


def test_algebra_reads_as_it_is_written() -> None:
    x, y = A[0], A[1]
    assert expression(1 - x**2) == "1 − x²"
    assert expression(x / (y * N)) == "x / (N y)"
    assert expression((x - y) / N) == "(x − y) / N"
    assert expression(-x * (1 - x)) == "−x (1 − x)"
    assert expression(sqrt(x + 1)) == "√(1 + x)" or expression(sqrt(x + 1)) == "√(x + 1)"
    assert expression(exp(-x)) == "exp(−x)"
    assert expression((x - y) / N, LATEX) == r"\frac{x - y}{N}"
    assert expression(Rational(1, 100) * x) == "0.01 x"


def test_sizes_are_written_as_products() -> None:
    assert format_extent(64) == "64"
    assert format_extent(N * size_symbol("T")) == "N T"


def test_a_maximum_over_two_indices_says_which_component_is_chosen() -> None:
    domain = [Range("n", N), Range("p", 2), Range("q", 3)]
    chosen = statement(access("a[n]"), A[0], [access("x[n,p,q]")], domain, Reduction.ARGMAX, selects="q")
    only = statement(access("a[n]"), A[0], [access("x[n,q]")], [domain[0], domain[2]], Reduction.ARGMAX, selects="q")
    tensors = [input_("x", N, 2, 3), input_("a", N, classes=3)]
    assert printed(made(tensors, [chosen], None)) == ["a[n] = [argmax_{p,q} x[n,p,q]]_q"]
    assert printed(made(tensors, [only], None))[0].startswith("a[n] = argmax")
    assert "[q]" not in printed(made(tensors, [only], None))[0]


def test_tangents_of_scalars_are_not_the_seed_of_a_loss() -> None:
    square = made([parameter("x"), value("L")], [summed("L", A[0] ** 2, "x")])
    tangent, _ = jvp(square, ["x"])
    assert printed(tangent)[-1] == "L̇ = 2 x ẋ"


HOSTILE = ["a_b", "x%y", "{", "}", "\\input{x}", "#1", "a&b", "$", "^", "~", "a_b_c_bar", "é1", "lambda", "E", "beta_2"]


@pytest.mark.parametrize("name", HOSTILE)
def test_latex_is_balanced_whatever_the_names_are(name: str) -> None:
    index = Access(name, (at("my_long_index"), at("j'"), at("k2"), gather(name, "my_long_index")))
    latex = format_access(index, LATEX)
    assert balanced(latex), latex
    assert r"\input" not in latex
    one = Statement(access("y[j]"), A[0] ** 2, (index,), (Range("j", 3), Range("my_long_index", 2)))
    program = made([parameter("y", 3)], [one], None)
    for line in printed(program, LATEX):
        assert balanced(line), line


def test_the_latex_of_a_network_is_balanced_and_has_no_double_scripts() -> None:
    for source in (classifier(), sequence()):
        for line in printed(
            gradient(source, ["W1", "E"] if source.loss == "?" else _parameters(source)).program, LATEX
        ):
            assert balanced(line), line


def _parameters(source: Program) -> list[str]:
    return [name for name, tensor in source.tensors.items() if tensor.role.value == "parameter"]
