"""What must hold of every network: each check names itself when it fails, so that shrinking keeps to one fault."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from symbprop.calculus.separability import examples
from symbprop.language.source import SourceError
from symbprop.network.assembly import BATCH
from symbprop.verify.calls import gradient_at, has_noise
from symbprop.verify.module import verify_module

from .case import PASSES, Broken, Case, Values, agree, emitted
from .formulas import interpreted


def verified(case: Case) -> None:
    """The verifier passes the module."""
    certificate = verify_module(case.module, seed=case.seed, effort="quick")
    if not certificate.passed:
        raise Broken("verified", certificate.format())


def silent(case: Case) -> None:
    """No floating-point error on ordinary input."""
    assert case.point is not None
    try:
        with np.errstate(all="raise", under="ignore"):
            gradient_at(case.module, case.point)
    except FloatingPointError as error:
        raise Broken("silent", str(error)) from error


def doubled(case: Case) -> None:
    """Twice the cotangent gives exactly twice the gradient."""
    assert case.point is not None
    with np.errstate(all="ignore"):
        _, twice = gradient_at(case.module, case.point, cotangent=2.0)
    for name, value in case.at_point[1].items():
        if not np.array_equal(twice[name], 2 * value):
            raise Broken("doubled", f"the gradient of {name} is not doubled exactly")


def permuted(case: Case) -> None:
    """The order of the examples changes nothing; noise would be drawn in the old order."""
    if has_noise(case.module) or not case.batched:
        return
    assert case.point is not None
    order = np.random.default_rng(case.seed).permutation(len(case.point.data[0]))
    with np.errstate(all="ignore"):
        found = gradient_at(case.module, replace(case.point, data=tuple(each[order] for each in case.point.data)))
    agree("permuted", case, *found)


def split(case: Case) -> None:
    """A mean over examples is the mean over the parts of a batch, wherever examples do not mix."""
    if case.program.loss is None or has_noise(case.module) or not case.batched:
        return
    along = examples(case.program, BATCH)
    if case.program.loss not in along.totals:
        return
    assert case.point is not None
    count = len(case.point.data[0])
    loss: Any = 0
    gradient: Values = {}
    for rows in (slice(0, 2), slice(2, count)):
        part = replace(case.point, data=tuple(each[rows] for each in case.point.data))
        share = len(part.data[0]) / count
        with np.errstate(all="ignore"):
            value, slopes = gradient_at(case.module, part)
        loss = loss + share * value
        gradient = {name: gradient.get(name, 0) + share * slope for name, slope in slopes.items()}
    agree("split", case, loss, gradient)
    if "microbatch" in inspect.signature(case.module.loss_and_grad).parameters:
        try:
            with np.errstate(all="ignore"):
                found = gradient_at(case.module, case.point, microbatch=2)
        except ValueError:
            return  # refused, by the formulas as they are written, where simplified ones would allow it: 0 = v - v
        agree("split", case, *found)


def unsimplified(case: Case) -> None:
    """Without any pass the numbers are the same."""
    assert case.point is not None
    _, plain = emitted(case.text, PASSES)
    with np.errstate(all="ignore"):
        agree("unsimplified", case, *gradient_at(plain, case.point))


def single(case: Case) -> None:
    """In float32 the gradient is that of float64, up to what rounding the numbers given to float32 does to it."""
    assert case.point is not None
    narrow = {name: value.astype(np.float32) for name, value in case.point.params.items()}
    state = {name: value.astype(np.float32) for name, value in case.point.state.items()}
    data = tuple(each.astype(np.float32) if each.dtype.kind == "f" else each for each in case.point.data)
    with np.errstate(all="ignore"):
        loss, gradient = gradient_at(case.module, replace(case.point, params=narrow, state=state, data=data))
    if not np.isfinite(loss) and case.compiled[0].derived.network.accuracy == "fast":
        return  # what underflows in single precision alone is a tail, whose digits are given up
    mine, slopes = case.at_point
    moved, floors = case.moved(2.0**-23)
    if not abs(loss - mine) <= 1e-4 * abs(mine) + 64 * moved + 1e-5:
        raise Broken("single", f"the loss is {loss!r}, and {mine!r} in float64")
    largest = max((float(np.max(np.abs(value), initial=0)) for value in slopes.values()), default=0.0)
    for name, value in slopes.items():
        if gradient[name].dtype != np.float32:
            raise Broken("single", f"the gradient of {name} is of {gradient[name].dtype}")
        apart = float(np.max(np.abs(gradient[name] - value), initial=0))
        size = float(np.max(np.abs(value), initial=0))
        if not apart <= 1e-3 * size + 256 * float(floors[name]) + 1e-4 * (largest + abs(mine)):
            raise Broken("single", f"the gradient of {name} is {apart:.2e} apart, its largest entry {size:.2e}")


Check = Callable[[Case], None]
CHECKS: tuple[Check, ...] = (verified, silent, doubled, permuted, split, interpreted, single)
DEAR: tuple[Check, ...] = (unsimplified,)
"""Checks that compile the network again."""


def examine(text: str, seed: int, checks: Sequence[Check] = CHECKS) -> None:
    """All checks of a description. Raises ``Broken`` for the first that fails, ``SourceError`` if it is refused.

    Whatever else the compiler or the module raises is broken too.
    """
    case = Case(text, seed)
    stage = "compiled"
    try:
        case.compiled  # noqa: B018
        if not hasattr(case.module, "loss_and_grad"):
            return
        stage = "sampled"
        if case.point is None:
            return
        for check in checks:
            stage = check.__name__
            check(case)
    except (Broken, SourceError):
        raise
    except Exception as error:
        raise Broken(stage, f"{type(error).__name__}: {error}") from error
