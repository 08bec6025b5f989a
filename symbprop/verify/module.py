"""Importing an emitted file, and verifying it."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from symbprop.verify.calls import gradient_at
from symbprop.verify.certificate import Certificate, FunctionResult, ParameterResult
from symbprop.verify.complex_step import complex_step_probes
from symbprop.verify.contract import broken_promises, not_finite
from symbprop.verify.differences import difference_probes
from symbprop.verify.functions import merged, probe_functions
from symbprop.verify.modes import idle_noise
from symbprop.verify.point import Point
from symbprop.verify.probe import Direction, Outcome, Probe, directions, single_entries, singled_out
from symbprop.verify.sampling import sample

_count = itertools.count()

SCALES = {"quick": (1.0, 0.3), "normal": (1.0, 0.1, 10.0), "thorough": (1.0, 0.01, 0.1, 10.0, 100.0)}
VANISHING = 2.0**-50  # of a gradient's largest entry at any point: below this its entries are rounding
NOTICEABLE = 1e-9  # of a gradient: rounding that is worth a note
FEW = 40  # tensors; with more of them, tensors whose gradients are of one size are probed together


class _Fresh(SourceFileLoader):
    """Reads the source, whatever a compiled file of the same second may say; writes no compiled file."""

    def path_stats(self, path: Any) -> Any:
        raise OSError


def load_module(path: str | Path) -> ModuleType:
    """The module in the file ``path``, imported afresh under a name of its own."""
    name = f"_symbprop_emitted_{next(_count)}"
    loader = _Fresh(name, str(path))
    spec = importlib.util.spec_from_file_location(name, str(path), loader=loader)
    if spec is None:
        raise ImportError(f"{path} is not a Python module")
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def verify_module(module: ModuleType, *, seed: int = 0, effort: str = "normal") -> Certificate:
    """Hold an emitted module against its contract and its gradient against its own loss.

    ``effort`` is ``quick``, ``normal`` or ``thorough``. Everything is computed in float64.
    """
    failures: list[str] = []
    notes: list[str] = []
    probes: list[Probe] = []
    functions: list[FunctionResult] = []
    largest: dict[str, float] = {}
    skipped = 0
    try:
        for number, scale in enumerate(SCALES[effort]):
            point = sample(module, seed + number, scale)
            if point is None:
                notes.append(f"at scale {scale:g} the loss is not finite: skipped")
                skipped += 1
                continue
            if number == 0:
                failures.extend(broken_promises(module, point))
                if failures:
                    break
                notes.extend(idle_noise(module, point))
            faults = not_finite(module, point)
            failures.extend(faults)
            if not faults and hasattr(module, "loss_and_grad"):
                probes.extend(_probes(module, point, number, largest))
            if not faults and number <= 1:
                functions.extend(probe_functions(module, point))
    except Exception as error:  # whatever it is, a module that raises it at a sound point is not verified
        failures.append(f"it raises {type(error).__name__}: {error}")
    results = [_result(module, name, probes) for name in module.PARAMETERS] if hasattr(module, "loss_and_grad") else []
    if getattr(module, "DETACHED", False):
        notes.append("part of the loss is detached: verified by complex steps, in which that part is constant")
    notes.extend(_rounding_warnings(results, probes))
    if skipped == len(SCALES[effort]):
        failures.append("no point was found at which the loss is finite")
    return Certificate(
        module.NAME, tuple(results), tuple(failures), tuple(notes), seed, effort, tuple(SCALES[effort]), np.__version__,
        merged(functions),
    )  # fmt: skip


def _probes(module: ModuleType, point: Point, number: int, largest: dict[str, float]) -> list[Probe]:
    """All probes at one point: the complex step everywhere, differences along directions.

    ``largest`` keeps the largest entry of each gradient so far: far below it, as where a unit is saturated and p − 1
    or 1 − h² cancels to 0, a gradient has no digits left, in any precision the machine has.
    """
    _, gradient = gradient_at(module, point)
    floor = rounding_floor(module, point, gradient)
    for name, value in gradient.items():
        largest[name] = max(largest.get(name, 0.0), float(np.max(np.abs(value), initial=0.0)))
        floor[name] = floor[name] + VANISHING * largest[name]
    rng = np.random.default_rng([point.seed, 1])
    along = directions(gradient, rng, FEW)

    def exact(some: Sequence[Direction]) -> list[Probe]:
        return complex_step_probes(module, point, gradient, floor, some)

    def by_differences(some: Sequence[Direction]) -> list[Probe]:
        return difference_probes(module, point, gradient, floor, some)

    found = singled_out(exact(along), along, exact)
    if number == 0:
        entries = single_entries(point.params, gradient, rng, 8 if len(gradient) <= FEW else 0)
        found += exact(entries)
    # The complex step does not pass through what is detached, as the gradient does not; differences would.
    if number <= 1 and not getattr(module, "DETACHED", False):
        found += singled_out(by_differences(along), along, by_differences)
    return found


def rounding_floor(module: ModuleType, point: Point, gradient: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """How far rounding can move each entry of the gradient, as far as it can be measured.

    Twice over: how it moves when every parameter moves by a rounding error, and how far it is from the same code's result
    in extended precision, where the machine has it. A wrong formula is as wrong there, so this cannot excuse one.
    """
    rng = np.random.default_rng([point.seed, 2])
    floor = {name: np.zeros(np.shape(value)) for name, value in gradient.items()}
    for _ in range(3):
        moved = {
            name: value * (1 + 2.0**-52 * rng.choice([-1.0, 1.0], value.shape)) for name, value in point.params.items()
        }
        _, other = gradient_at(module, point, moved)
        for name, value in other.items():
            floor[name] = np.maximum(floor[name], np.abs(value - gradient[name]))
    _, precise = gradient_at(module, point, {k: v.astype(np.longdouble) for k, v in point.params.items()})
    for name, value in precise.items():
        floor[name] = np.maximum(floor[name], np.abs(value - gradient[name]).astype(np.float64))
    return {name: 4 * value for name, value in floor.items()}


def _rounding_warnings(results: Sequence[ParameterResult], probes: Sequence[Probe]) -> list[str]:
    """A sentence for each parameter of which rounding takes digits that a reader would miss.

    Measured against the largest probe of the parameter: where a gradient has all but vanished, digits are not missed.
    """
    found = []
    for name in [each.name for each in results if each.passed]:
        mine = [probe for probe in probes if name in probe.names and probe.method == "complex step"]
        largest = max((probe.scale for probe in mine), default=0.0)
        worst = max((abs(probe.analytic - probe.numeric) for probe in mine), default=0.0)
        if worst > NOTICEABLE * largest > 0:
            found.append(
                f"rounding moves the gradient of {name} by {worst / largest:.1e} of it: "
                "extended precision agrees with the loss, and these digits are lost"
            )
    return found


def _result(module: ModuleType, name: str, probes: list[Probe]) -> ParameterResult:
    mine = [probe for probe in probes if name in probe.names]
    wrong = [probe for probe in mine if probe.outcome is Outcome.WRONG]
    conclusive = [probe for probe in mine if probe.outcome is not Outcome.INCONCLUSIVE]
    exact = [probe for probe in conclusive if probe.method == "complex step"]
    return ParameterResult(
        name=name,
        shape=tuple(module.PARAMETERS[name]),
        error=max((probe.relative for probe in conclusive), default=float("nan")),
        exact_error=max((probe.relative for probe in exact), default=float("nan")),
        probes=len(mine),
        inconclusive=len(mine) - len(conclusive),
        rounding=max((probe.rounding for probe in exact), default=float("nan")),
        wrong=tuple(probe.describe() for probe in wrong),
        reason_zero=module.ZERO_GRADIENTS.get(name, ""),
        always_zero=bool(conclusive) and all(probe.vanishes for probe in conclusive),
    )
