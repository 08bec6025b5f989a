"""The goals of accuracy: no value or derivative further from the truth than a few mixed ulps, in both precisions."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from sympy import Rational, erf

pytest.importorskip("flint", reason="the truth is computed in Arb's ball arithmetic: pip install python-flint")

from benchmarks.accuracy.ours import emitted
from benchmarks.accuracy.page import PAGE, rendered
from benchmarks.accuracy.rows import ROWS, Row, X
from benchmarks.accuracy.sweep import Worst, mixed_ulps, points, worst
from benchmarks.accuracy.truth import value

KINDS = ("float64", "float32")
COUNT = 500


@pytest.mark.parametrize("dtype", KINDS)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_function_and_its_derivative_meet_their_goal(row: Row, dtype: str) -> None:
    x, y = points(row, COUNT, dtype, seed=7)
    for what, found in zip(("f", "f'"), worst(row, emitted(row), x, y), strict=True):
        assert found.ulps <= row.goal, (what, found)


@pytest.mark.parametrize("dtype", KINDS)
def test_a_derivative_meets_its_goal_where_its_terms_cancel(dtype: str) -> None:
    """gelu' = erfc(-x/√2)/2 + x exp(-x²/2)/√(2π) between its root and its least value."""
    (row,) = (each for each in ROWS if each.node == "gelu: {}")
    x = np.random.default_rng(3).uniform(-1.7, -0.4, 4000).astype(dtype)
    for found in worst(row, emitted(row), x, np.zeros_like(x)):
        assert found.ulps <= row.goal, found


@pytest.mark.parametrize("dtype", KINDS)
@pytest.mark.parametrize("scale", [0.5, 1, 3])
def test_a_gate_by_an_error_function_meets_its_goal_however_steep_it_is(scale: float, dtype: str) -> None:
    """SymPy writes erfc(−x) as 2 − erfc(x), in which nothing of the left tail is left."""
    gate = f"formula: 'h[n, j] = u[n, j] * (1 + erf({scale} * u[n, j])) / 2'"
    row = Row("gate", X * (1 + erf(Rational(scale) * X)) / 2, gate)
    x = np.random.default_rng(3).uniform(-20 / scale, 20 / scale, 2000).astype(dtype)
    for found in worst(row, emitted(row), x, np.zeros_like(x)):
        assert found.ulps <= row.goal, found


def test_the_table_in_the_docs_names_every_row_and_none_misses_its_goal(root: Path) -> None:
    with (root / "docs" / "accuracy.csv").open(encoding="utf-8") as stream:
        lines = list(csv.DictReader(stream))
    assert {(line["function"], line["dtype"]) for line in lines} == {(row.name, kind) for row in ROWS for kind in KINDS}
    missed = {
        (line["function"], line["dtype"]) for line in lines
        if max(float(line["value ulps"]), float(line["derivative ulps"])) > float(line["goal"])
    }  # fmt: skip
    assert not missed


def test_the_page_in_the_docs_is_what_its_tables_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == rendered()


def test_the_worst_points_of_the_table_are_no_worse_here(root: Path) -> None:
    """Where NumPy computes with other instructions, other points are the worst; these must hold everywhere."""
    with (root / "docs" / "accuracy.csv").open(encoding="utf-8") as stream:
        lines = {(line["function"], line["dtype"]): line for line in csv.DictReader(stream)}
    for row in ROWS:
        for kind in KINDS:
            line = lines[row.name, kind]
            x = np.array([float(line["value at"]), float(line["derivative at"])], kind)
            y = np.array([float(line["value y"]), float(line["derivative y"])], kind)
            found: tuple[Worst, Worst] = worst(row, emitted(row), x, y)
            assert max(each.ulps for each in found) <= row.goal, (row.name, kind, found)


@pytest.mark.parametrize("dtype", KINDS)
@pytest.mark.parametrize("row", [row for row in ROWS if not row.loss], ids=lambda row: row.name)
def test_infinity_gives_the_limit_and_nan_gives_nan(row: Row, dtype: str) -> None:
    large = np.array([-1e30, 1e30, -np.inf, np.inf, np.nan], dtype)
    with np.errstate(all="ignore"):
        values, slopes = emitted(row)(large, np.zeros_like(large))
    for found in (values, slopes):
        assert np.isnan(found[4])
        for far, limit in ((found[0], found[2]), (found[1], found[3])):
            expected = np.copysign(np.inf, far) if abs(far) > 1e20 else far
            np.testing.assert_allclose(limit, expected, rtol=1e-6, atol=1e-25)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_no_finite_input_raises_a_floating_point_error(row: Row) -> None:
    x, y = points(row, COUNT, "float64", seed=11)
    size = np.abs(x)  # sums over all points, squares, and quotients must not truly overflow
    keep = (size < 1e150) & ((size > 1e-150) | (not row.positive))
    with np.errstate(over="raise", invalid="raise", divide="raise", under="ignore"):
        emitted(row)(x[keep], y[keep])


def test_the_metric_is_one_for_an_error_of_one_ulp() -> None:
    info = np.finfo(np.float64)
    truth = value(ROWS[0].formula, 0, 0.0, 0.0)
    assert truth is not None
    assert mixed_ulps(0.5 + 2.0**-53, truth, 0.0, None, info) == 1.0
    assert mixed_ulps(float("nan"), truth, 0.0, None, info) == float("inf")
