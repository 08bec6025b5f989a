"""What is done once for each distinct node, or without building what SymPy would ask a lot of, is what SymPy itself does."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st
from sympy import Add, Expr, Mul, Rational, Symbol, cancel, exp, expand, fraction, gcd, log, tanh, together

from symbprop.calculus.algebra import common_divisor, lowest_terms, numerator_and_denominator
from symbprop.calculus.check import _is_plainly_real
from symbprop.calculus.functions import Held, Select, absolute
from symbprop.calculus.index import Access, Affine, Range, at
from symbprop.calculus.nodes import distinct, exchanged, replaced
from symbprop.calculus.statement import read_symbol, statement

X, Y, C = Symbol("x", real=True), Symbol("y", real=True), Symbol("c", positive=True)
LEAVES = st.sampled_from([X, Y, C, Rational(1), Rational(2), Rational(-1, 3)])
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: Add(*pair)),
        st.tuples(inner, inner).map(lambda pair: Mul(*pair)),
        st.tuples(inner, st.sampled_from([2, 3, -1])).filter(lambda pair: pair[0] != 0).map(lambda pair: pair[0] ** pair[1]),
        inner.map(exp),
        inner.map(tanh),
        inner.map(lambda each: Held(each)),
        st.tuples(inner, inner).map(lambda pair: Select(X >= 0, *pair)),
    ),
    max_leaves=12,
)  # fmt: skip
POLYNOMIALS = st.lists(
    st.tuples(st.integers(-4, 4), *[st.integers(0, 3)] * 3), min_size=1, max_size=5
).map(lambda terms: Add(*(n * X**i * Y**j * C**k for n, i, j, k in terms)))  # fmt: skip
RULES = (
    (exp, lambda u: 1 + tanh(u)),
    (tanh, lambda u: (1 - exp(-2 * u)) / (1 + exp(-2 * u))),
    (lambda node: isinstance(node, Add), lambda node: 2 * node.args[0]),
    (lambda node: isinstance(node, Select), lambda node: node.args[2]),
    (lambda node: node == X, lambda node: Y + 1),
    (lambda node: node.is_Pow, lambda node: None),
)


@given(EXPRESSIONS, st.sampled_from(RULES))
def test_replaced_is_what_sympy_replaces(expression: Expr, rule: tuple) -> None:
    assert replaced(expression, *rule) == expression.replace(*rule)


@given(EXPRESSIONS, st.sampled_from([{X: Y}, {X: 2 * X + 1, Y: X}, {exp(X): C}, {C: Held(C), X + Y: C}]))
def test_exchanged_is_what_sympy_exchanges(expression: Expr, rule: dict[Expr, Expr]) -> None:
    assert exchanged(expression, rule) == expression.xreplace(rule)


def test_what_is_shared_is_looked_at_once() -> None:
    expression = X
    for _ in range(12):  # written out, some 2¹² nodes
        expression = Held(expression) * tanh(expression)
    seen: list[Expr] = []
    assert replaced(expression, lambda node: seen.append(node) is not None, lambda node: node) == expression
    assert len(seen) == len(distinct(expression))
    assert X not in distinct(exchanged(expression, {X: Y}))


@given(POLYNOMIALS, POLYNOMIALS)
def test_fractions_in_lowest_terms_are_those_of_sympy(above: Expr, below: Expr) -> None:
    assume(below != 0)
    assert lowest_terms(above, below) == fraction(cancel(above / below))
    assert common_divisor(above, below) == gcd(above, below)


@given(EXPRESSIONS)
def test_numerator_and_denominator_are_those_of_sympy(expression: Expr) -> None:
    plain = replaced(expression, lambda node: isinstance(node, (exp, tanh, Held, Select)), lambda node: node.args[-1])
    try:
        wanted = fraction(cancel(together(plain)))
    except ZeroDivisionError:
        return
    above, below = numerator_and_denominator(plain)
    assert expand(above * wanted[1] - below * wanted[0]) == 0
    assert (above, below) == wanted


@given(EXPRESSIONS)
def test_what_is_plainly_real_is_not_unreal(expression: Expr) -> None:
    assert not (_is_plainly_real(expression) and expression.is_real is False)


def test_what_may_be_unreal_is_asked_about() -> None:
    assert not _is_plainly_real(log(X))
    assert not _is_plainly_real(X ** Rational(1, 2))
    assert not _is_plainly_real(absolute(X))


def test_a_changed_statement_does_not_keep_what_was_found_for_the_other() -> None:
    first = statement(
        Access("y", (at("n"),)), read_symbol(0), [Access("x", (at("n"), at("k")))], (Range("n", 2), Range("k", 3))
    )
    assert first.sources() == ("x",)
    assert [each.index for each in first.reduced] == ["k"]
    label = Access("label", (at("n"),))
    other = replace(
        first, reads=(Access("w", (Affine(((label, 1),)), at("k"))),), target=Access("y", (at("n"), at("k")))
    )
    assert other.sources() == ("w", "label")
    assert other.reduced == ()
    assert replace(first) == first
