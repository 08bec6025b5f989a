"""Text to trees: what the language says, and what every fault in it is told."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbprop.language.parser import parse_equations, parse_expression, parse_operations
from symbprop.language.source import Source, SourceError
from symbprop.language.syntax import Binary, Call, Dots, Flat, Name, Number, Ranged, Reduce, Unary


def expression(text: str) -> object:
    return parse_expression(Source("f", text))


def test_numbers_are_exact() -> None:
    for text, value in {
        "3": 3,
        "0.1": Fraction(1, 10),
        "1e-3": Fraction(1, 1000),
        ".5": Fraction(1, 2),
        "2.": 2,
    }.items():
        node = expression(text)
        assert isinstance(node, Number)
        assert node.value == value


def test_a_power_binds_tighter_than_a_minus_before_it_and_associates_to_the_right() -> None:
    negative = expression("-x^2")
    assert isinstance(negative, Unary)
    assert isinstance(negative.operand, Binary)
    tower = expression("a^b^c")
    assert isinstance(tower, Binary)
    assert isinstance(tower.right, Binary)
    assert isinstance(expression("2^-3"), Binary)
    assert isinstance(expression("a ** b"), Binary)


def test_max_is_a_reduction_over_an_index_and_a_function_of_numbers() -> None:
    assert isinstance(expression("max(k, x[k])"), Reduce)
    assert isinstance(expression("max((h, w), x[h, w])"), Reduce)
    assert isinstance(expression("max(..., x[...])"), Reduce)
    assert isinstance(expression("max(x, 0)"), Call)
    assert isinstance(expression("max(a, b, c)"), Call)


def test_an_operation_keeps_its_signature_and_its_comment() -> None:
    text = "# Source: a textbook\nop f(x[..., k], W[k, j:units] as kernel = zeros, p[...] in [0, 1/2]; units, n = 1e-3, s = (1, 2)):\n"
    text += "    y[..., j] = sum(k, x[..., k] * W[k, j]); z[n, flat(i...)] = x[n, i...]\n"
    (operation,) = parse_operations(Source("f.sym", text))
    assert operation.comment == "Source: a textbook"
    x, weight, p = operation.arguments
    assert isinstance(x.index[0], Dots)
    assert isinstance(weight.index[1], Ranged)
    assert (weight.alias, weight.initializer) == ("kernel", "zeros")
    assert p.interval == (0, Fraction(1, 2))
    assert [each.default for each in operation.attributes] == [None, Fraction(1, 1000), (1, 2)]
    assert isinstance(operation.equations[1].target.index[1], Flat)


def test_names_that_sympy_has_taken_are_names() -> None:
    for name in ("E", "S", "I", "N", "beta", "lambda", "pi", "zoo", "Q", "θ", "größe"):
        assert expression(name) == Name(name, Source("f", name).span(0, len(name)))


def test_newlines_inside_brackets_are_spaces_and_comments_are_nothing() -> None:
    equations = parse_equations(Source("f", "y[n] = sum(k,   # over k\n  x[n, k]\n)\n\n# more\nz = 1; w = 2"))
    assert [each.target.name for each in equations] == ["y", "z", "w"]


FAULTS = {
    "y = x[n,": (6, "never closed"),
    "y = 2 +": (7, "ends too early"),
    "y = x[n}]": (8, "cannot stand here"),
    "y = a $ b": (7, "'$'"),
    "y[] = 2": (2, "empty"),
    "y = sum(x)": (5, "sum takes an index"),
    "y = where(1, 2)": (5, "where takes 3"),
    "y = exp(1, 2)": (5, "exp takes 1"),
    "y = 1e999": (5, "too large"),
    "y = 3^100000": (7, "absurdly large"),
    "y == 2": (4, "cannot stand here"),
    "": (1, "missing"),
    "2 = y": (1, "cannot stand here"),
    "y = (a)) + b": (8, "closes nothing"),
    "y = a\u202eb": (6, "U+202E"),
    "y = size(2)": (5, "size takes one index"),
    "y = sum((k, k), x[k])": (5, "twice"),
    "y = " + "(" * 200: (105, "deeper"),
    "y = " + "9" * 5000: (5, "too large or too long"),
}


@pytest.mark.parametrize("text", FAULTS, ids=lambda text: text[:20])
def test_a_fault_is_told_at_its_place_and_at_once(text: str) -> None:
    column, words = FAULTS[text]
    start = time.perf_counter()
    with pytest.raises(SourceError) as caught:
        parse_equations(Source("f", text))
    assert words in caught.value.message
    assert caught.value.span.column == column
    assert time.perf_counter() - start < 1


def test_operations_and_names_that_stand_twice_are_faults() -> None:
    for text in ("op f(x): y = x\n", "op f(x, x):\n  y = x\n", "op f(x):\n  y = x\nop f(x):\n  y = x\n", "nonsense\n"):
        if "op f(x): y" in text:
            continue
        with pytest.raises(SourceError):
            parse_operations(Source("f.sym", text))


def test_a_sum_of_ten_thousand_terms_is_parsed_without_recursion() -> None:
    assert len(parse_equations(Source("f", "y = " + " + ".join(["a"] * 10_000)))) == 1


@given(st.text(max_size=60) | st.text(alphabet="yxnk[](),;=+-*/^.:0123456789 \nsumaxopinwhere", max_size=60))
def test_any_text_is_a_formula_or_a_source_error(text: str) -> None:
    for parse in (parse_equations, parse_operations, parse_expression):
        try:
            parse(Source("f", text))
        except SourceError as error:
            assert str(error)
