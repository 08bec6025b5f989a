"""Matrix forms, each evaluated with NumPy and held against the interpreter of the statement."""

from __future__ import annotations

import numpy as np
import pytest
from explain.by_hand import N, classifier, each, input_, made, random_values, summed, value
from explain.matrix_reader import MatrixReader
from explain.printed_truth import as_array, balanced
from programs import A, access, gather
from sympy import Expr, Integer, exp, sqrt, tanh

from symbprop.calculus.equations import Equation, number_equations
from symbprop.calculus.functions import Select
from symbprop.calculus.gradient import gradient
from symbprop.calculus.index import Access, Affine, Extent, Range, at
from symbprop.calculus.interpreter import interpret
from symbprop.calculus.notation import LATEX, TEXT
from symbprop.calculus.program import Program, Tensor
from symbprop.calculus.statement import Reduction, Statement, statement
from symbprop.explain.matrix import matrix_form

GIVEN = [
    *(input_("X", N, 3), input_("Y", N, 3), input_("W", 3, 4), input_("Z", N, 4), input_("B", 4, 3)),
    *(input_("u", N), input_("v", 3), input_("w", 4), input_("Q", 3, 3), input_("c")),
    *(input_("label", N, classes=4), input_("ids", N, classes=3), input_("T", N, 3, 4)),
]
SIZES = {"N": 5}


def shown(shape: tuple[Extent, ...], *statements: Statement) -> str | None:
    """The matrix form, after it has been evaluated and found equal to what the statements compute."""
    program = made([*GIVEN, value("R", *shape)], list(statements), None)
    equations = number_equations(program.statements)
    text = matrix_form(equations[0], program.tensors) if len(equations) == 1 else None
    if text is not None:
        assert_equal(text, equations[0], program)
        latex = matrix_form(equations[0], program.tensors, LATEX)
        assert latex is not None
        assert balanced(latex), latex
    return None if text is None else text.removeprefix("R = ")


def assert_equal(text: str, equation: Equation, program: Program) -> None:
    found = interpret(program, random_values(program, SIZES), SIZES)
    values = {
        TEXT.name(t.name): as_array(found[t.name], tuple(SIZES.get(str(s), s) for s in t.shape))  # type: ignore[misc]
        for t in program.tensors.values()
        if not t.integer and len(t.shape) <= 2
    }
    for t in program.tensors.values():
        if t.integer:
            values[t.name] = np.array([found[t.name][n,] for n in range(5)])
    classes = {t.name: t.classes for t in program.tensors.values() if isinstance(t.classes, int)}
    name, _, right = text.partition(" = ")
    result = MatrixReader(right, {**values, "N": 5.0}, classes).whole()
    expected = values[name]
    np.testing.assert_allclose(np.broadcast_to(result, np.shape(expected)), expected, rtol=1e-12, atol=1e-14)


def full(shape: str, expr: Expr, *reads: str | Access) -> str | None:
    sizes: dict[str, Extent] = {"n": N, "k": 3, "j": 4, "i": 3}
    return shown(tuple(sizes[index] for index in shape), summed(f"R[{','.join(shape)}]", expr, *reads, i=3))


@pytest.mark.parametrize(
    ("shape", "expr", "reads", "form"),
    [
        ("nj", A[0] * A[1], ("X[n,k]", "W[k,j]"), "X W"),
        ("kj", A[0] * A[1], ("X[n,k]", "Z[n,j]"), "Xᵀ Z"),
        ("nk", A[0] * A[1], ("Z[n,j]", "W[k,j]"), "Z Wᵀ"),
        ("nk", A[0] * A[1], ("W[k,j]", "Z[n,j]"), "Z Wᵀ"),
        ("n", A[0] * A[1], ("X[n,k]", "v[k]"), "X v"),
        ("k", A[0] * A[1], ("X[n,k]", "u[n]"), "Xᵀ u"),
        ("k", A[0], ("X[n,k]",), "Xᵀ 𝟏"),
        ("n", A[0], ("X[n,k]",), "X 𝟏"),
        ("", A[0], ("X[n,k]",), "𝟏ᵀ X 𝟏"),
        ("", A[0] ** 2, ("X[n,k]",), "‖X‖²"),
        ("", A[0] ** 2 / N, ("u[n]",), "‖u‖² / N"),
        ("", (A[0] - A[1]) ** 2 / N, ("X[n,k]", "Y[n,k]"), "‖X − Y‖² / N"),
        ("", A[0] * A[1], ("X[n,k]", "Y[n,k]"), "⟨X, Y⟩"),
        ("", A[0] * A[1], ("v[k]", "Q[k,i]"), "vᵀ Q 𝟏"),
        ("", A[0] * A[1] * A[2], ("u[n]", "X[n,k]", "v[k]"), "uᵀ X v"),
        ("", A[0] ** 2 * A[1], ("u[n]", "c"), "c ‖u‖²"),
        ("", A[0], ("Q[k,k]",), "tr(Q)"),
        ("", A[0] * A[1], ("W[k,j]", "B[j,k]"), "⟨W, Bᵀ⟩"),
        ("nk", A[0] * A[1], ("u[n]", "v[k]"), "u vᵀ"),
        ("nk", -3 * A[0] * A[1] / N, ("u[n]", "v[k]"), "−3 u vᵀ / N"),
        ("nj", A[0] * A[1] * A[2], ("X[n,k]", "Q[k,i]", "W[i,j]"), "X Q W"),
        ("n", A[0] * A[1], ("X[n,k]", "Y[n,k]"), "(X ⊙ Y) 𝟏"),
        ("k", A[0] * A[1] ** 2, ("u[n]", "X[n,k]"), "(X ⊙ X)ᵀ u"),
        ("j", exp(A[0]), ("Z[n,j]",), "exp(Z)ᵀ 𝟏"),
        ("nj", A[0] * (1 - A[1] ** 2) * A[2], ("X[n,k]", "Y[n,k]", "W[k,j]"), "(X ⊙ (1 − Y ⊙ Y)) W"),
    ],
)
def test_sums_of_products(shape: str, expr: Expr, reads: tuple[str, ...], form: str) -> None:
    assert full(shape, expr, *reads) == form


@pytest.mark.parametrize(
    ("shape", "expr", "reads", "form"),
    [
        ("nk", tanh(A[0]), ("X[n,k]",), "tanh(X)"),
        ("nk", A[0] * (1 - A[1] ** 2), ("X[n,k]", "Y[n,k]"), "X ⊙ (1 − Y ⊙ Y)"),
        ("nk", exp(A[0]) / A[1], ("X[n,k]", "u[n]"), "exp(X) ⊘ (u 𝟏ᵀ)"),
        ("nk", A[0] - A[1], ("X[n,k]", "v[k]"), "X − 𝟏 vᵀ"),
        ("nk", (A[0] - A[1]) / N, ("X[n,k]", "Y[n,k]"), "(X − Y) / N"),
        ("nk", A[0] * A[1], ("X[n,k]", "c"), "c X"),
        ("nk", Select(A[0] > 0, A[0], Integer(0)), ("X[n,k]",), "max(X, 0)"),
        ("nk", A[1] * Select(A[0] > 0, Integer(1), Integer(0)), ("X[n,k]", "Y[n,k]"), "Y ⊙ 1[X > 0]"),
        ("nk", A[0] ** 3, ("X[n,k]",), "X^⊙3"),
        ("ki", A[0], ("Q[i,k]",), "Qᵀ"),
        ("k", A[0] ** 2 + 1, ("v[k]",), "v ⊙ v + 1"),
        ("nk", A[0] / sqrt(A[1] ** 2 + 1), ("X[n,k]", "u[n]"), "X ⊘ √((u 𝟏ᵀ) ⊙ (u 𝟏ᵀ) + 1)"),
    ],
)
def test_functions_of_elements(shape: str, expr: Expr, reads: tuple[str, ...], form: str) -> None:
    assert full(shape, expr, *reads) == form


def test_a_layer_is_a_product_and_a_row_repeated() -> None:
    layer = [summed("R[n,j]", A[0] * A[1], "X[n,k]", "W[k,j]"), each("R[n,j]", A[0], "w[j]")]
    assert shown((N, 4), *layer) == "X W + 𝟏 wᵀ"


def test_integers_select_with_a_matrix_of_zeros_and_ones() -> None:
    minus_one = each(Access("R", (at("n"), gather("label", "n"))), -1 / N)
    assert shown((N, 4), each("R[n,j]", A[0] / N, "Z[n,j]"), minus_one) == "(Z − onehot(label)) / N"
    table = summed("R[n,j]", A[0], Access("W", (gather("ids", "n"), at("j"))))
    assert shown((N, 4), table) == "onehot(ids) W"
    back = summed(Access("R", (gather("ids", "n"), at("j"))), A[0], "Z[n,j]")
    assert shown((3, 4), back) == "onehot(ids)ᵀ Z"
    picked = summed("R", A[0] / N, Access("Z", (at("n"), gather("label", "n"))))
    assert shown((), picked) == "⟨onehot(label), Z⟩ / N"


def test_there_is_no_matrix_form_where_none_would_be_honest() -> None:
    part = statement(access("R[n,k]"), A[0], [access("Z[n,k]")], [Range("n", N), Range("k", 3)])
    assert shown((N, 3), part) is None, "a part of the columns of Z"
    assert full("nk", A[0], "T[n,k,j]") is None, "three axes"
    shifted = Access("Z", (at("n"), Affine((("k", 1),), 1)))
    assert shown((N, 3), summed("R[n,k]", A[0], shifted)) is None
    domain = [Range("n", N), Range("k", 3)]
    maximum = statement(access("R[n]"), A[0], [access("X[n,k]")], domain, Reduction.MAX)
    assert shown((N,), maximum) is None
    assert full("nj", A[0] * A[1] * A[2], "X[n,k]", "W[k,j]", "u[n]") is None, "a scaled row is no product"
    assert full("n", A[0] * A[1] * A[2], "X[n,k]", "W[k,j]", "Z[n,j]") is None, "a diagonal of a product"
    assert full("n", A[0] * A[1] * A[2], "X[n,k]", "v[k]", "w[j]") is None, "a product and a sum apart from it"
    assert full("", exp(A[0]), Access("Z", (at("n"), gather("label", "n")))) is None


def test_the_gradient_of_a_network_in_matrix_form_is_what_is_computed() -> None:
    made_by_rule = gradient(classifier(), ["W1", "b1", "W2", "b2"])
    program = made_by_rule.program
    forms = {
        equation.tensor: text
        for equation in number_equations(program.statements)
        if (text := matrix_form(equation, program.tensors)) is not None
        for _ in [assert_equal(text, equation, program)]
    }
    assert forms["z1"] == "z1 = x W1 + 𝟏 b1ᵀ"
    assert forms["W2_bar"] == "W̄2 = hᵀ z̄2"
    assert forms["h_bar"] == "h̄ = z̄2 W2ᵀ"
    assert forms["b1_bar"] == "b̄1 = z̄1ᵀ 𝟏"
    assert len(forms) > 10


def test_the_tensors_of_a_form_have_two_axes_at_most() -> None:
    deep: list[Tensor] = [input_("T", N, 3, 4), value("R", N, 3, 4)]
    program = made(deep, [each("R[n,k,j]", A[0], "T[n,k,j]")], None)
    assert matrix_form(number_equations(program.statements)[0], program.tensors) is None
