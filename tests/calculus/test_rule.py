"""The rule, against independent truths: SymPy's diff of written-out sums, exact dot products, hand-made small cases."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import pytest
import sympy
from hypothesis import given
from programs import A, access, gather, parameter, point, polynomial_programs, program, run, sums, value
from sympy import Abs, DiracDelta, Heaviside, Piecewise, exp, log, sign, tanh

from symbprop.calculus.check import check
from symbprop.calculus.functions import Select, absolute, derivative, larger, smaller
from symbprop.calculus.gradient import gradient, jvp
from symbprop.calculus.index import Access, Affine, Range, at
from symbprop.calculus.interpreter import Arithmetic, interpret
from symbprop.calculus.program import Program, Role, Tensor
from symbprop.calculus.statement import Reduction, statement


def grads(source: Program, values: dict[str, Any], wrt: list[str]) -> dict[str, dict[tuple[int, ...], Any]]:
    made = gradient(source, wrt)
    result = run(check(made.program), {**values, made.seed: Fraction(1)})
    zero = {name: dict.fromkeys(_points(source, name), Fraction(0)) for name in made.zeros}
    return {**zero, **{name: result[bar] for name, bar in made.gradients.items()}}


def _points(source: Program, name: str) -> list[tuple[int, ...]]:
    return list(itertools.product(*(range(int(size)) for size in source.tensors[name].shape)))


@given(polynomial_programs())
def test_the_adjoint_is_the_transpose_of_the_tangent_in_exact_arithmetic(source: Program) -> None:
    wrt = ["p", "q", "r"]
    values = point(source)
    backward = grads(source, values, wrt)
    forward, tangents = jvp(source, wrt)
    directions = {tangents[name]: point(Program({name: source.tensors[name]}, ()), seed=7)[name] for name in wrt}
    moved = run(check(forward), {**values, **directions})
    left = moved[tangents["L"]][()] if "L" in tangents else 0
    right = Fraction(0)
    for name in wrt:
        for place in _points(source, name):
            element: Any = directions[tangents[name]]
            for index in place:
                element = element[index]
            right += backward[name][place] * element
    assert left == right


def test_the_adjoint_equals_sympys_derivative_of_the_loss_written_out() -> None:
    """A two-layer net with tanh on 2 × 3 × 2 numbers, every element a symbol of its own."""
    n, m, k = 2, 3, 2
    tensors = [
        parameter("x", n, m),
        parameter("W", m, k),
        parameter("b", k),
        value("z", n, k),
        value("h", n, k),
        value("L"),
    ]
    source = program(
        tensors,
        [
            sums("z[n,k]", A[0] * A[1], ["x[n,m]", "W[m,k]"], {"n": n, "k": k, "m": m}),
            sums("z[n,k]", A[0], ["b[k]"], {"n": n, "k": k}),
            sums("h[n,k]", tanh(A[0]), ["z[n,k]"], {"n": n, "k": k}),
            sums("L[]", A[0] ** 2 / 4, ["h[n,k]"], {"n": n, "k": k}),
        ],
    )
    symbols = {
        t.name: {p: sympy.Symbol(f"{t.name}_{'_'.join(map(str, p))}") for p in _points(source, t.name)}
        for t in tensors[:3]
    }
    nested = {name: _nest(table, source.tensors[name].shape) for name, table in symbols.items()}
    arithmetic = Arithmetic(rational=sympy.Rational, functions={"tanh": sympy.tanh})
    made = gradient(source, ["x", "W", "b"])
    result = interpret(made.program, {**nested, made.seed: sympy.Integer(1)}, {}, arithmetic)
    for name, bar in made.gradients.items():
        for place, symbol in symbols[name].items():
            assert sympy.expand(result[bar][place] - sympy.diff(result["L"][()], symbol)) == 0


def _nest(table: dict[tuple[int, ...], Any], shape: tuple[Any, ...]) -> Any:
    if not shape:
        return table[()]
    return [_nest({p[1:]: v for p, v in table.items() if p[0] == i}, shape[1:]) for i in range(shape[0])]


def test_a_sum_over_a_missing_index_broadcasts_the_adjoint() -> None:
    source = program([parameter("x", 3), value("L")], [sums("L[]", A[0] * 2, ["x[i]"], {"i": 3})])
    assert grads(source, {"x": [Fraction(1)] * 3}, ["x"])["x"] == {(0,): 2, (1,): 2, (2,): 2}


def test_a_read_without_an_index_sums_the_adjoint() -> None:
    source = program([parameter("b"), value("L")], [sums("L[]", A[0] * 3, ["b[]"], {"i": 4})])
    assert grads(source, {"b": Fraction(5)}, ["b"])["b"][()] == 12


def test_a_trace_reaches_the_diagonal_alone() -> None:
    source = program(
        [parameter("M", 2, 2), value("L")], [sums("L[]", A[0], [Access("M", (at("i"), at("i")))], {"i": 2})]
    )
    assert grads(source, {"M": [[Fraction(1)] * 2] * 2}, ["M"])["M"] == {(0, 0): 1, (0, 1): 0, (1, 0): 0, (1, 1): 1}


def test_repeated_labels_accumulate() -> None:
    ids = Tensor("ids", (4,), Role.INPUT, integer=True, classes=3)
    source = program(
        [parameter("E", 3), ids, value("L")], [sums("L[]", A[0], [Access("E", (gather("ids", "n"),))], {"n": 4})]
    )
    assert grads(source, {"E": [Fraction(1)] * 3, "ids": [2, 0, 2, 2]}, ["E"])["E"] == {(0,): 1, (1,): 0, (2,): 3}


def test_overlapping_windows_accumulate() -> None:
    window = Access("x", (Affine((("h", 2), ("p", 1))),))
    source = program([parameter("x", 5), value("L")], [sums("L[]", A[0], [window], {"h": 2, "p": 3})])
    assert grads(source, {"x": [Fraction(1)] * 5}, ["x"])["x"] == {(0,): 1, (1,): 1, (2,): 2, (3,): 1, (4,): 1}


@pytest.mark.parametrize("reduction", [Reduction.MAX, Reduction.MIN])
def test_the_first_of_tied_elements_takes_the_whole_weight(reduction: Reduction) -> None:
    source = program([parameter("x", 3), value("L")], [sums("L[]", A[0], ["x[i]"], {"i": 3}, reduction=reduction)])
    assert grads(source, {"x": [Fraction(2)] * 3}, ["x"])["x"] == {(0,): 1, (1,): 0, (2,): 0}


def test_a_maximum_over_two_indices_finds_its_element() -> None:
    source = program(
        [parameter("x", 2, 3), value("m", 2), value("L")],
        [
            sums("L[]", A[0], ["x[i,j]"], {"i": 2, "j": 3}, reduction=Reduction.MAX),
        ],
    )
    values = {"x": [[Fraction(1), Fraction(5), Fraction(2)], [Fraction(5), Fraction(0), Fraction(1)]]}
    assert grads(source, values, ["x"])["x"] == {(i, j): int((i, j) == (0, 1)) for i in range(2) for j in range(3)}


def test_a_product_with_zeros_has_the_products_of_the_others() -> None:
    source = program([parameter("x", 3), value("L")], [sums("L[]", A[0], ["x[i]"], {"i": 3}, reduction=Reduction.PROD)])
    assert grads(source, {"x": [Fraction(0), Fraction(2), Fraction(3)]}, ["x"])["x"] == {(0,): 6, (1,): 0, (2,): 0}
    assert grads(source, {"x": [Fraction(0), Fraction(0), Fraction(3)]}, ["x"])["x"] == {(0,): 0, (1,): 0, (2,): 0}


def test_the_adjoint_of_the_adjoint_is_the_second_derivative() -> None:
    source = program([parameter("x"), value("L")], [sums("L[]", A[0] ** 5, ["x[]"], {})])
    first = gradient(source, ["x"])
    tensors = {**first.program.tensors, first.seed: Tensor(first.seed, (), Role.INPUT)}
    second = gradient(Program(tensors, first.program.statements, (), first.gradients["x"]), ["x"], suffix="bar2")
    result = run(second.program, {"x": Fraction(2), first.seed: Fraction(1), second.seed: Fraction(1)})
    assert result[second.gradients["x"]][()] == 20 * 2**3


def test_kinks_have_the_derivative_zero_and_sympys_own_never_appear() -> None:
    x = A[0]
    relu = Select(x > 0, x, 0)
    assert derivative(relu, x).subs(x, 0) == 0
    assert derivative(absolute(x), x).subs(x, 0) == 0
    assert derivative(larger(x, sympy.S.Zero), x).subs(x, 0) == 0
    for expr in (relu, absolute(x), sympy.sqrt(x**2), Abs(x) ** 3, larger(x, A[1]), log(absolute(x)) * exp(relu)):
        twice = derivative(derivative(expr, x), x)
        assert not twice.has(Abs, sign, Heaviside, DiracDelta, Piecewise, sympy.re, sympy.im, sympy.Derivative)


def test_the_tie_weights_of_an_elementwise_maximum_sum_to_one() -> None:
    a, b = A[0], A[1]
    chosen = larger(a, b)
    assert sum(derivative(chosen, s).subs({a: 3, b: 3}) for s in (a, b)) == 1


def test_on_a_tie_the_first_is_chosen_and_a_constant_before_it() -> None:
    a, b, zero = A[0], A[1], sympy.S.Zero
    for choose in (larger, smaller):
        assert [derivative(choose(a, b), s).subs({a: 3, b: 3}) for s in (a, b)] == [1, 0]
        assert [derivative(choose(b, a), s).subs({a: 3, b: 3}) for s in (a, b)] == [0, 1]
        assert [derivative(chosen, a).subs(a, 0) for chosen in (choose(a, zero), choose(zero, a))] == [0, 0]


def test_a_gradient_that_cannot_exist_is_reported_with_its_reason() -> None:
    source = program(
        [parameter("x", 2), parameter("y", 2), parameter("z"), value("u"), value("L")],
        [
            sums("u[]", A[0], ["y[i]"], {"i": 2}),
            sums("L[]", A[0], ["x[i]"], {"i": 2}),
        ],
    )
    zeros = gradient(source, ["x", "y", "z"]).zeros
    assert set(zeros) == {"y", "z"}
    assert "no equation reads z" in zeros["z"]
    assert "from u, which reads y, to the loss" in zeros["y"]
    assert "the loss does not depend on y" in gradient(source, ["y"]).zeros["y"]


def test_ten_thousand_statements_are_differentiated_without_recursion() -> None:
    count = 10_000
    tensors = [parameter("v0", 2), *(value(f"v{i}", 2) for i in range(1, count)), value("L")]
    chain = [sums(f"v{i}[j]", tanh(A[0]), [f"v{i - 1}[j]"], {"j": 2}) for i in range(1, count)]
    source = program(tensors, [*chain, sums("L[]", A[0], [f"v{count - 1}[j]"], {"j": 2})])
    assert len(gradient(check(source), ["v0"]).backward) == count


def test_one_expression_is_differentiated_once_whatever_its_tensors_are_called() -> None:
    derivative.cache_clear()
    test_ten_thousand_statements_are_differentiated_without_recursion()
    assert derivative.cache_info().misses <= 3


def test_a_statement_in_normal_form_has_no_double_read_and_no_idle_index() -> None:
    made = statement(access("L[]"), A[0] * A[1], [access("x[i]"), access("x[i]")], [Range("i", 3), Range("k", 5)])
    assert made.reads == (access("x[i]"),)
    assert made.expr == 5 * A[0] ** 2
    assert made.domain == (Range("i", 3),)
