"""Factors of a product that have nothing in common: each keeps its digits, and is finite where it alone is."""

from __future__ import annotations

import pytest
import sympy
from sympy import Symbol, exp, log, tanh

from symbprop.accuracy.exponentials import by_sign
from symbprop.calculus.nodes import disjoint_factors
from tests.accuracy.test_forms import plain

A, B, C = (Symbol(name, real=True) for name in ("a0", "a1", "a2"))
SIGMOID, SOFTPLUS = 1 / (1 + exp(-B)), log(1 + exp(A))


def test_factors_with_a_symbol_in_common_stay_together() -> None:
    groups = disjoint_factors(-2 * A * tanh(B) * (1 - tanh(B) ** 2))
    assert set(groups) == {A, -2 * tanh(B) * (1 - tanh(B) ** 2)}
    assert set(disjoint_factors(A * exp(A * B) * C)) == {A * exp(A * B), C}
    assert disjoint_factors(sympy.Integer(3)) == [3]
    assert disjoint_factors(A + B) == [A + B]


@pytest.mark.parametrize("product", [SOFTPLUS * SIGMOID, SOFTPLUS * SIGMOID * (1 - SIGMOID) * C, tanh(A) * SIGMOID])
def test_each_factor_has_its_forms_and_the_product_is_the_same(product: sympy.Expr) -> None:
    forms = list(by_sign(product))
    assert forms
    for form in forms:
        for a, b in ((-40, 3), (0.25, -40), (800, 40), (-2, 0.5)):
            point = {A: sympy.Rational(a), B: sympy.Rational(b), C: sympy.Rational(7, 4)}
            truth = product.subs(point).evalf(30, maxn=4000)
            assert abs(plain(form).subs(point).evalf(30, maxn=4000) / truth - 1) < 1e-15


def test_a_tangent_beside_a_gate_stays_a_tangent() -> None:
    assert all(form.has(tanh) for form in by_sign(tanh(A) * SIGMOID))
    assert not any(form.has(tanh) for form in by_sign(C * (1 - tanh(A) ** 2)))
