"""Entries of attributes that are lists: where they stand is worked out when compiling."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from symbprop.language.source import Source, SourceError
from symbprop.pipeline import compile_description, read

NET = """
operations: |
  op listed(x[n, i]; values):
      y[n, i] = x[n, i] * {formula}
inputs: {{x: {{shape: [3]}}}}
layers:
  - listed: {{values: [2, 3, 5, 7, 11, 13]}}
"""
VALUES = [2, 3, 5, 7, 11, 13]
FORMULAS = {
    "values[1 + 2]": VALUES[3],
    "values[length(values) - 1]": VALUES[5],
    "values[2 * 2]": VALUES[4],
    "values[-1 + 1]": VALUES[0],
    "sum(k:3, values[2 * k + 1])": VALUES[1] + VALUES[3] + VALUES[5],
    "prod(k:length(values) - 4, values[5 - k])": VALUES[5] * VALUES[4],
}


@pytest.mark.parametrize("formula", FORMULAS)
def test_the_place_of_an_entry_is_worked_out(formula: str, compiled: Callable[..., ModuleType]) -> None:
    module = compiled(NET.format(formula=formula))
    x = np.array([[1.0, -2.0, 0.5]])
    np.testing.assert_array_equal(module.forward({}, x), x * FORMULAS[formula])


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("values[6]", "values has 6 entries, there is no values[6]"),
        ("values[2 - 3]", "there is no values[-1]"),
        ("sum(k:4, values[2 * k])", "there is no values[6]"),
        ("values[x[n, i]]", "the place of an entry is known when compiling"),
        ("values[1 / 2]", "the place of an entry is known when compiling"),
    ],
)
def test_an_entry_that_is_not_there_is_an_error(formula: str, message: str) -> None:
    source = Source("net.yaml", NET.format(formula=formula))
    with pytest.raises(SourceError) as caught:
        compile_description(read(source), source)
    assert message in str(caught.value)
