"""The two notations and the walker over expressions: numbers are exact, names unmistakable, and all can be read back."""

from __future__ import annotations

import math

import pytest
from explain.by_hand import input_, made, value
from explain.formula_reader import FormulaReader
from explain.printed_truth import balanced
from hypothesis import given
from hypothesis import strategies as st
from programs import A, access
from sympy import And, E, Expr, Integer, Not, Or, Rational, exp, sqrt, tanh

from symbprop.calculus.functions import Select, absolute, larger, smaller
from symbprop.calculus.index import size_symbol
from symbprop.calculus.interpreter import interpret
from symbprop.calculus.notation import LATEX, TEXT, Text, columns, pad
from symbprop.calculus.printer import format_expression
from symbprop.calculus.statement import statement

N = size_symbol("N")
POINT = {"a0": 0.37, "a1": -1.21, "N": 3.0}


def written(expr: Expr, notation: Text = TEXT) -> str:
    return format_expression(expr, lambda symbol: symbol.name, notation)


NUMBERS = st.builds(Rational, st.integers(-9, 9), st.sampled_from([1, 2, 3, 7, 30, 64, 100, 1000, 2**20, 10**9]))
EXPRESSIONS = st.recursive(
    st.one_of(st.sampled_from([A[0], A[1], N, E]), NUMBERS),
    lambda inner: st.one_of(
        st.builds(lambda a, b: a + b, inner, inner),
        st.builds(lambda a, b: a * b, inner, inner),
        st.builds(lambda a, b: a / (b**2 + 1), inner, inner),
        st.builds(lambda a, n: a**n, inner, st.integers(2, 3)),
        st.builds(lambda a: sqrt(a**2 + 1), inner),
        st.builds(lambda a: exp(tanh(a)), inner),
        st.builds(larger, inner, inner),
        st.builds(smaller, inner, inner),
        st.builds(absolute, inner),
        st.builds(lambda a, b, c, d: Select(a > b, c, d), inner, inner, inner, inner),
    ),
    max_leaves=8,
)


@given(EXPRESSIONS)
def test_what_is_printed_reads_back_as_the_same_number(expr: Expr) -> None:
    tensors_of = [input_("a0"), input_("a1"), value("y")]
    program = made(tensors_of, [statement(access("y"), expr, [access("a0"), access("a1")], [])], None)
    expected = interpret(program, {"a0": POINT["a0"], "a1": POINT["a1"]}, {"N": 3})["y"][()]
    tensors = {name: {(): value} for name, value in POINT.items()}
    text = written(expr)
    found = FormulaReader(text, tensors, {}).whole()({})
    assert math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9), text
    assert balanced(written(expr, LATEX))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Rational(1, 2), "1/2"),
        (Rational(1, 3), "1/3"),
        (Rational(1, 10), "0.1"),
        (Rational(1, 100), "0.01"),
        (Rational(1, 64), "1/64"),
        (Rational(1, 30), "1/30"),
        (Rational(44715, 10**6), "0.044715"),
        (Rational(-3, 4), "−3/4"),
        (Rational(1, 10**7), "10⁻⁷"),
        (Rational(3, 10**8), "3·10⁻⁸"),
        (Rational(1, 2**40), "1/1099511627776"),
    ],
)
def test_numbers_are_exact_and_short(number: Rational, text: str) -> None:
    assert written(number) == text


def test_a_common_number_is_taken_out_of_a_difference() -> None:
    assert written((2 * A[0] - 2 * A[1]) / (3 * N)) == "2 (a0 − a1) / (3 N)"
    assert written(6 * A[0] + 2 * A[1]) == "6 a0 + 2 a1"
    assert written(E * A[0]) == "e a0"


def test_conditions_are_connected_by_words_or_signs() -> None:
    both, either = And(A[0] > 0, A[1] > 0, evaluate=False), Or(A[0] > 0, A[1] > 0, evaluate=False)
    assert written(Select(both, A[0], Integer(2))) == "{a0 if a0 > 0 and a1 > 0 else 2}"
    assert r"a0 > 0 \lor a1 > 0" in written(Select(either, A[0], Integer(2)), LATEX)
    assert written(Not(both, evaluate=False)) == "not (a0 > 0 and a1 > 0)"


NAMES = [
    "W1",
    "W_1",
    "W",
    "W_hidden",
    "W1_hidden",
    "W_1hidden",
    "hidden",
    "hidden1",
    "z2_max",
    "alpha",
    "alpha1",
    "W_bar",
]


def test_different_names_look_different() -> None:
    for notation in (TEXT, LATEX):
        assert len({notation.name(name) for name in NAMES}) == len(NAMES)


def test_a_bar_covers_the_whole_of_a_word_and_only_the_letter_of_a_numbered_name() -> None:
    assert LATEX.name("W1_bar") == r"\bar{W}^{(1)}"
    assert LATEX.name("W_hidden_bar") == r"\bar{W}^{(\mathrm{hidden})}"
    assert LATEX.name("hidden_bar") == r"\overline{\mathrm{hidden}}"
    assert TEXT.name("W1_bar") == "W̄1"
    assert TEXT.name("W_hidden_bar") == "W̄_hidden"
    assert TEXT.name("mean_bar") == "m̅e̅a̅n̅"
    assert TEXT.name("left_code1_bar") == "l̅e̅f̅t̅_̅c̅o̅d̅e̅1"
    assert LATEX.access("W1", ["m", "j'"]) == "W^{(1)}_{mj'}"
    assert LATEX.access("W1", ["12", "j"]) == "W^{(1)}_{12,j}"


def test_the_number_of_a_namesake_is_told_from_the_number_of_a_layer() -> None:
    assert LATEX.name("y_2") == "y^{[2]}"
    assert LATEX.name("y1_2_bar") == r"\bar{y}^{(1)[2]}"
    assert r"\left(y^{[2]}_{n}\right)" in LATEX.power(LATEX.access("y_2", ["n"]), "2", True)


def test_a_word_stands_apart_from_its_neighbours() -> None:
    assert LATEX.product([r"\mathrm{mean}", r"\mathbf{1}"]) == r"\mathrm{mean} \, \mathbf{1}"
    assert LATEX.product(["2", r"\overline{\mathrm{mean}}", "x"]) == r"2 \, \overline{\mathrm{mean}} \, x"
    assert LATEX.product(["2", "x_{n}", "y"]) == "2 x_{n} y"


def test_marks_take_no_room() -> None:
    assert columns("m̅e̅a̅n̅[n]") == len("mean[n]")
    assert pad("z̄1", 5) == "z̄1   "


def test_powers_of_numbered_names_are_in_brackets_in_latex() -> None:
    assert LATEX.power(LATEX.access("h", ["n", "j"]), "2", True) == "h_{nj}^{2}"
    assert r"\left(h^{(1)}_{nj}\right)" in LATEX.power(LATEX.access("h1", ["n", "j"]), "2", True)


def test_an_index_of_several_letters_is_not_taken_for_several_indices() -> None:
    assert TEXT.reduction("sum", ["n", "m"], "x") == "Σₙₘ x"
    assert TEXT.reduction("sum", ["in"], "x") == "Σ_{in} x"
