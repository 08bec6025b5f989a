"""A row with one element of another formula: all of it is written, then that element; what is computed stays the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

Compiled = Callable[..., ModuleType]

NET = """
inputs: {{x: {{shape: {shape}}}, c: {{shape: {places}, dtype: int, classes: 5}}, u: {{shape: {places}}}}}
nodes:
  y: {{formula: 'y[{target}] = {formula}', inputs: [x, c, u]}}
"""
ROWS = {
    "all but one": ("where(k != c[n], 2 * x[n, k], u[n])", lambda x, u, one: np.where(one, u, 2 * x)),
    "one": ("where(k == c[n], u[n], 2 * x[n, k])", lambda x, u, one: np.where(one, u, 2 * x)),
    "a number": ("where(c[n] == k, 7, x[n, k] * x[n, k])", lambda x, u, one: np.where(one, 7, x * x)),
    "a function of the element": ("where(k == c[n], exp(x[n, k]), x[n, k])", lambda x, u, one: np.where(one, np.exp(x), x)),
    "its number": ("where(k == c[n], k, x[n, k])", lambda x, u, one: np.where(one, np.arange(5), x)),
}  # fmt: skip


def data(*lead: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    return rng.normal(size=(*lead, 5)), rng.integers(0, 5, lead), rng.normal(size=lead)


def text(module: ModuleType) -> str:
    return Path(str(module.__file__)).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ROWS)
def test_one_element_of_each_row_is_written_for_itself(name: str, compiled: Compiled) -> None:
    formula, truth = ROWS[name]
    module = compiled(NET.format(shape="[5]", places="[]", target="n, k", formula=formula))
    assert "np.where" not in text(module)
    assert "np.equal" not in text(module)
    x, c, u = data(4)
    np.testing.assert_array_equal(module.forward({}, x, c, u), truth(x, u[:, None], np.arange(5) == c[:, None]))


def test_rows_of_steps_have_one_each(compiled: Compiled) -> None:
    formula = "where(k == c[n, t], u[n, t], x[n, t, k])"
    module = compiled(NET.format(shape="[3, 5]", places="[3]", target="n, t, k", formula=formula))
    assert "np.where" not in text(module)
    x, c, u = data(4, 3)
    expected = np.where(np.arange(5) == c[..., None], u[..., None], x)
    np.testing.assert_array_equal(module.forward({}, x, c, u), expected)


@pytest.mark.parametrize("formula", ["where(k <= c[n], u[n], x[n, k])", "where(k == c[n] or k == 0, u[n], x[n, k])"])
def test_other_conditions_choose_element_by_element(formula: str, compiled: Compiled) -> None:
    module = compiled(NET.format(shape="[5]", places="[]", target="n, k", formula=formula))
    x, c, u = data(4)
    k = np.arange(5)
    chosen = k <= c[:, None] if "<=" in formula else (k == c[:, None]) | (k == 0)
    np.testing.assert_array_equal(module.forward({}, x, c, u), np.where(chosen, u[:, None], x))


def test_what_is_not_a_number_stays_where_it_is_chosen(compiled: Compiled) -> None:
    """The formula of the other elements is not computed into the one that is chosen."""
    module = compiled(NET.format(shape="[5]", places="[]", target="n, k", formula="where(k == c[n], u[n], x[n, k])"))
    x, c, u = data(4)
    x[np.arange(4), c] = np.nan
    assert np.isfinite(module.forward({}, x, c, u)).all()
