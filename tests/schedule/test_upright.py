"""What is written from the end is written from the start; every other place that a statement writes stays where it is."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from symbprop.calculus.interpreter import FLOAT, interpret
from symbprop.calculus.program import Program
from symbprop.language.source import Source
from symbprop.network.build import build
from symbprop.pipeline import read
from symbprop.schedule.distribute import upright
from tests.networks import point

Compiled = Callable[..., ModuleType]
TEXT = "formulas:\n  - R[i:3, j:2] = W[i, j]^2\n  - T[{}, j] = exp(R[i, j])\n  - L = sum((i, j), T[i, j]^2 * V[i, j])\noutputs: [T]\nloss: L\n"
REVERSED = "2 - i"
WRITTEN = {
    "as it is": "i",
    "one later": "i + 1",
    "two later": "i + 2",
    "every second": "2 * i",
    "from the end": REVERSED,
    "from the end, one later": "3 - i",
}


def built(text: str) -> Program:
    return build(read(Source("net.yaml", text))).program


@pytest.mark.parametrize("name", WRITTEN)
def test_a_value_stands_where_it_was_written(name: str, compiled: Compiled) -> None:
    text = TEXT.format(WRITTEN[name])
    module, program = compiled(text), built(text)
    params, _ = point(module)
    truth = interpret(program, params, {}, FLOAT)
    found = module.forward(params)
    assert found.size == len(truth["T"])
    np.testing.assert_allclose([found[place] for place in truth["T"]], list(truth["T"].values()), rtol=1e-14)


def test_what_is_written_from_the_end_is_written_from_the_start() -> None:
    (before,) = (each for each in built(TEXT.format(REVERSED)).statements if each.target.tensor == "T")
    assert before.target.index[0].bare is None
    assert upright(before).target.index[0].bare == "i"
