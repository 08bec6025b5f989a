"""Importing an emitted file, and verifying it."""

from __future__ import annotations

import importlib.util
import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
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
from symbprop.verify.effort import EFFORTS, Effort
from symbprop.verify.floor import Floor
from symbprop.verify.functions import merged, probe_functions
from symbprop.verify.modes import idle_noise
from symbprop.verify.point import Point
from symbprop.verify.probe import Direction, Outcome, Probe, directions, shared_entries, single_entries, singled_out
from symbprop.verify.sampling import sample

_count = itertools.count()

NOTICEABLE = 1e-9  # of a gradient: rounding that is worth a note
LARGE = (
    100_000  # parameters; with more of them, differences are taken at a second point only where the first says nothing
)
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


@np.errstate(all="ignore")
def verify_module(module: ModuleType, *, seed: int = 0, effort: str = "normal") -> Certificate:
    """Hold an emitted module against its contract and its gradient against its own loss.

    ``effort`` is one of ``EFFORTS``: quick, normal or thorough. Everything is computed in float64.
    """
    wanted = EFFORTS[effort]
    failures: list[str] = []
    notes: list[str] = []
    probes: list[Probe] = []
    functions: list[FunctionResult] = []
    largest: dict[str, float] = {}
    skipped = 0
    try:
        for number, scale in enumerate(wanted.scales):
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
                probes.extend(_probes(module, point, wanted, probes, largest))
            if not faults and number <= 1:
                functions.extend(probe_functions(module, point))
    except Exception as error:  # whatever it is, a module that raises it at a sound point is not verified
        failures.append(f"it raises {type(error).__name__}: {error}")
    results = [_result(module, name, probes) for name in module.PARAMETERS] if hasattr(module, "loss_and_grad") else []
    if getattr(module, "DETACHED", False):
        notes.append("part of the loss is detached: verified by complex steps, in which that part is constant")
    notes.extend(_rounding_warnings(results, probes))
    if skipped == len(wanted.scales):
        failures.append("no point was found at which the loss is finite")
    return Certificate(
        module.NAME, tuple(results), tuple(failures), tuple(notes), seed, effort, wanted.scales, np.__version__,
        merged(functions),
    )  # fmt: skip


def _probes(
    module: ModuleType, point: Point, effort: Effort, earlier: Sequence[Probe], largest: dict[str, float]
) -> list[Probe]:
    """The probes at one point: the complex step everywhere, differences along directions. ``earlier`` are those before.

    ``largest`` keeps the largest entry of each gradient so far.
    """
    _, gradient = gradient_at(module, point)
    for name, value in gradient.items():
        largest[name] = max(largest.get(name, 0.0), float(np.max(np.abs(value), initial=0.0)))
    floor = Floor(module, point, gradient, largest)
    rng = np.random.default_rng([point.seed, 1])
    along = [each for _ in range(effort.directions) for each in directions(gradient, rng, FEW)]

    def exact(some: Sequence[Direction]) -> list[Probe]:
        return complex_step_probes(module, point, gradient, floor, some)

    def by_differences(some: Sequence[Mapping[str, np.ndarray]]) -> list[Probe]:
        return difference_probes(module, point, gradient, floor, some)

    found = singled_out(exact(along), along, exact)
    if not earlier or effort.everywhere:
        entries = (single_entries if len(gradient) <= FEW else shared_entries)(gradient, rng, effort.entries)
        found += singled_out(exact(entries), entries, exact)
    # The complex step does not pass through what is detached, as the gradient does not; differences would.
    if not getattr(module, "DETACHED", False):
        judged = set() if effort.everywhere else _judged_by_differences(earlier, gradient)
        open_ones = [each for each in along if not judged.issuperset(each)]
        found += singled_out(by_differences(open_ones), open_ones, by_differences)
    return found


def _judged_by_differences(probes: Sequence[Probe], gradient: Mapping[str, np.ndarray]) -> set[str]:
    """The tensors of which differences have said enough: something twice, in a large network once."""
    enough = 1 if sum(value.size for value in gradient.values()) > LARGE else 2
    spoken = (each for each in probes if each.method == "differences" and each.outcome is not Outcome.INCONCLUSIVE)
    counts = Counter(name for each in spoken for name in each.names)
    return {name for name, count in counts.items() if count >= enough}


def _rounding_warnings(results: Sequence[ParameterResult], probes: Sequence[Probe]) -> list[str]:
    """A sentence for each parameter of which rounding takes digits that a reader would miss.

    Measured against the largest probe of the parameter: where a gradient has all but vanished, digits are not missed.
    """
    found = []
    for name in [each.name for each in results if each.passed]:
        mine = [probe for probe in probes if name in probe.names and probe.method == "complex step"]
        largest = max((probe.scale for probe in mine), default=0.0)
        worst = max((abs(probe.analytic - probe.numeric) for probe in mine), default=0.0)
        rounded = [probe for probe in mine if probe.outcome is Outcome.ROUNDED]
        if rounded:
            found.append(
                f"rounding takes digits of the gradient of {name}; its formula is right: {rounded[0].repeated}"
            )
        elif worst > NOTICEABLE * largest > 0:
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
