"""Formulas to statements: shapes inferred, names resolved, and every misfit told at its place."""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbprop.calculus.check import check
from symbprop.calculus.index import size_symbol
from symbprop.calculus.interpreter import interpret
from symbprop.calculus.program import Program, Role, Tensor
from symbprop.language.elaborate import Elaborated, elaborate, formula
from symbprop.language.parser import parse_equations
from symbprop.language.source import NOWHERE, Source, SourceError
from symbprop.library.catalogue import catalogue

N = size_symbol("N")
GIVEN = {
    "x": Tensor("x", (N, 4), Role.INPUT),
    "ids": Tensor("ids", (N,), Role.INPUT, integer=True, classes=4),
    "image": Tensor("image", (N, 2, 3), Role.INPUT),
}


def made(text: str, *, free: bool = False, given: Mapping[str, Tensor] | None = None) -> Elaborated:
    operation = formula(parse_equations(Source("f", text)), NOWHERE)
    tensors = GIVEN if given is None else given
    library = catalogue().operations
    return elaborate(operation, tensors, {}, lambda local: local, library, open_names=True, free_sizes=free)


def shapes(text: str) -> dict[str, tuple[object, ...]]:
    return {each.name: each.shape for each in made(text).tensors}


def values(text: str) -> dict[str, np.ndarray]:
    """The interpreter's value of each tensor of some formulas of x, ids and image."""
    result = made(text)
    tensors = {**GIVEN, **{each.name: each for each in result.tensors}}
    rng = np.random.default_rng(0)
    given: dict[str, np.ndarray] = {}
    for each in tensors.values():
        if each.role is not Role.VALUE:
            shape = tuple(3 if size == N else int(size) for size in each.shape)
            given[each.name] = rng.integers(0, 4, shape) if each.integer else rng.normal(size=shape)
    elements = interpret(check(Program(tensors, result.statements)), given, {"N": 3})
    found = {}
    for name, table in elements.items():
        shape = tuple(3 if size == N else int(size) for size in tensors[name].shape)
        found[name] = np.array([table[point] for point in np.ndindex(*shape)], dtype=float).reshape(shape)
    return found


def test_shapes_follow_from_where_indices_meet() -> None:
    assert shapes("y[n, j:2] = sum(k, x[n, k] * W[k, j]) + b[j]") == {"y": (N, 2), "W": (4, 2), "b": (2,)}
    assert shapes("d[n, i:3] = x[n, i + 1] - x[n, i]")["d"] == (N, 3)
    assert shapes("y[n, d:5] = E[ids[n], d]")["E"] == (4, 5)
    assert shapes("y[n, flat(i...)] = image[n, i...]")["y"] == (N, 6)


def test_formulas_mean_what_numpy_computes() -> None:
    v = values("y[n] = mean(k, x[n, k]^2) - max(k, x[n, k]) * min(k, x[n, k]) + size(k)")
    x = v["x"]
    np.testing.assert_allclose(v["y"], (x**2).mean(1) - x.max(1) * x.min(1) + 4)
    v = values("p[n, j] = exp(x[n, j]) / sum(k, exp(x[n, k])); c[n] = p[n, ids[n]]")
    p = np.exp(v["x"]) / np.exp(v["x"]).sum(1, keepdims=True)
    np.testing.assert_allclose(v["c"], p[np.arange(3), v["ids"].astype(int)])
    v = values("y[n, i] = i * x[n, 3 - i] + where(i >= 2 and x[n, i] > 0, 1, 0)")
    np.testing.assert_allclose(v["y"], np.arange(4) * v["x"][:, ::-1] + ((np.arange(4) >= 2) & (v["x"] > 0)))
    v = values("q[n] = prod(k, x[n, k]); t = sum((n, k), x[n, k]) / 2; s = -sum(n, q[n]) + t * 3")
    np.testing.assert_allclose(v["s"], -v["x"].prod(1).sum() + v["x"].sum() * 1.5)


def test_the_same_letter_may_mean_different_axes_in_different_sums() -> None:
    v = values("L = sum(i, a[i]^2) + sum(i, b[i]^2); a2[i:2] = a[i]; b2[i:3] = b[i]")
    np.testing.assert_allclose(v["L"], (v["a"] ** 2).sum() + (v["b"] ** 2).sum())


def test_library_functions_can_be_called_on_elements() -> None:
    v = values("y[n, j] = x[n, j] * sigmoid(beta[j] * x[n, j])")
    np.testing.assert_allclose(v["y"], v["x"] / (1 + np.exp(-v["beta"] * v["x"])))


@pytest.mark.parametrize("name", ["E", "S", "I", "beta", "gamma", "zoo", "pi", "Q", "oo"])
def test_a_users_name_is_that_parameter_whatever_sympy_thinks(name: str) -> None:
    given = {name: Tensor(name, (), Role.PARAMETER)} if name == "pi" else {}
    result = made(f"L = {name}^2 + 1", given=given)
    assert name in {t.name for t in result.tensors} | set(given)
    assert [access.tensor for each in result.statements for access in each.reads] == [name]


def test_sizes_that_nothing_fixes_are_free_where_that_is_asked_for() -> None:
    with pytest.raises(SourceError, match="size of the index i is not known"):
        made("L = sum(i, a[i]^2)")
    (tensor, *_) = made("L = sum(i, a[i]^2)", free=True).tensors
    assert [str(size) for t in (tensor,) for size in t.shape] in (["I"], [])


FAULTS = {
    "y[n, j] = x[n, j] + W[j, k]": "the index k stands neither",
    "y[n] = x[n, k]": "the index k stands neither",
    "y[n, j] = x[n, j] + image[n, 0, j]": "the index j runs over 4, but axis 2 of image has 3",
    "y[n] = x[n]": "x has 2 axes",
    "y[n, j:2] = x[n, 2 * j + 3]": "x",
    "y[n, j:2] = x[n, 0.5 * j]": "coordinate",
    "y[n, j:2] = x[n, x[n, j]]": "not an integer tensor",
    "y[n, d:2] = E[label[n], d]": "not an integer tensor",
    "x[n, j] = 1": "it cannot be computed again",
    "y = sin": "is a function",
    "y[n, j] = sigmod(x[n, j])": "there is no function sigmod",
    "y[n, j] = softmax(x[n, j])": "mixes elements",
    "y = sigmoid(1, 2)": "takes 1 arguments",
    "y = 1 / 0": "divides by zero",
    "y = sqrt(0 - 1)": "not a real number",
    "y = log(0)": "not a finite number",
    "y = 9^9^9^9": "too large",
    "y = exp(10^9)": "overflows",
    "y = (1 < 2) + 1": "not a condition",
    "y = where(1, 2, 3)": "a condition stands here",
    "y[n, j:0] = x[n, j]": "positive integer",
    "y[..., j:2] = 1": "how many axes",
}


@pytest.mark.parametrize("text", FAULTS)
def test_a_formula_that_does_not_fit_is_told_why_and_at_once(text: str) -> None:
    catalogue()
    start = time.perf_counter()
    with pytest.raises(SourceError) as caught:
        made(text)
    assert FAULTS[text] in caught.value.message
    assert caught.value.span.line == 1
    assert time.perf_counter() - start < 1


PIECES = ["x[n, j]", "x[n, 0]", "a[j]", "sum(k, x[n, k])", "2", "j", "b", "exp(c)", "max(k, x[n, k])", "image[n, 0, 1]"]


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("+-*"), st.sampled_from(PIECES)), min_size=1, max_size=5))
def test_random_formulas_elaborate_to_valid_programs(parts: list[tuple[str, str]]) -> None:
    text = "y[n, j:4] = x[n, j] " + " ".join(f"{operator} {piece}" for operator, piece in parts)
    result = made(text)
    tensors = {**GIVEN, **{each.name: each for each in result.tensors}}
    check(Program(tensors, result.statements))
