"""The loss of an emitted module against index loops over the formulas as they were written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import mpmath
import numpy as np

from symbprop.calculus.arithmetic import FLOAT, Arithmetic
from symbprop.calculus.interpreter import interpret
from symbprop.faithful import given, points
from symbprop.verify.calls import loss_at
from symbprop.verify.point import Point

from .case import Broken, Case

MOST_POINTS = 20_000  # of index loops; a larger network is not interpreted
FEW_POINTS = 1_500  # up to here in fifty digits

DIGITS = Arithmetic(
    rational=lambda p, q: mpmath.mpf(p) / q,
    functions={
        **{name: getattr(mpmath, name) for name in FLOAT.functions if hasattr(mpmath, name)},
        "Floor": mpmath.floor,
    },
    pi=mpmath.mp.pi,
    e=mpmath.mp.e,
)


def interpreted(case: Case) -> None:
    """The loss is what index loops over the formulas, as they were written, give: in fifty digits where that is quick."""
    assert case.point is not None
    program, point = case.program, small(case)
    sizes = {"N": 2}
    for name, array in zip((*case.module.INPUTS, *case.module.TARGETS), point.data, strict=True):
        for size, length in zip(program.tensors[name].shape, array.shape, strict=True):
            if not isinstance(size, int):
                sizes[str(size)] = length
    count = points(program, sizes)
    if count > MOST_POINTS:
        return
    values = given(case.module, case.compiled[0].derived.network, point, sizes)
    with mpmath.workdps(50), np.errstate(all="ignore"):
        precise = count <= FEW_POINTS
        lifted = {name: _lift(value) if precise else value for name, value in values.items()}
        try:
            truth = interpret(program, lifted, sizes, DIGITS if precise else FLOAT)[str(program.loss)][()]
        except (ZeroDivisionError, OverflowError, ValueError):
            return  # the formula as it is written is not defined here, or not in doubles
        loss = float(loss_at(case.module, point))
        moved = max(
            abs(float(loss_at(case.module, point.near(np.random.default_rng(i), 2.0**-52))) - loss) for i in range(3)
        )
        apart = float(abs(truth - loss))
    own = 1e-45 if precise else 0.0  # rounding of the fifty digits, where numbers of size 1 cancel
    if not apart <= 1e-11 * abs(float(truth)) + 256 * moved + own:
        raise Broken("interpreted", f"the loss is {loss!r}, by the formulas {float(truth)!r}")


def small(case: Case) -> Point:
    """The point with two examples."""
    assert case.point is not None
    return replace(case.point, data=tuple(each[:2] for each in case.point.data))


def _lift(value: np.ndarray) -> Any:
    if value.dtype.kind != "f":
        return value
    lifted = np.empty(value.shape, object)
    for place in np.ndindex(value.shape):
        lifted[place] = mpmath.mpf(float(value[place]))
    return lifted
