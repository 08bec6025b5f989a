"""Why a gradient vanishes: the equation whose value does not move when a parameter does.

Found on an emitted module of the forward pass that returns every tensor the parameters in question can move, so the cost
is that of one more module and one forward pass for each parameter, however large the program.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import numpy as np

from symbprop.calculus.dependence import needed
from symbprop.calculus.gradient import influenced
from symbprop.calculus.program import Program
from symbprop.emit.docstring import Heading
from symbprop.emit.module import Compiled, emit
from symbprop.network.network import Network
from symbprop.verify.calls import outputs_of
from symbprop.verify.module import load_module
from symbprop.verify.sampling import sample
from symbprop.version import __version__

STEP = 1e-30
STILL = 1e-12  # of the largest tangent on the way: rounding, not movement


def reasons_for_zero(network: Network, suspects: Collection[str], seed: int = 0) -> dict[str, str]:
    """A sentence for each of ``suspects`` that the loss does not move with at a random point, along a random direction."""
    if not suspects or network.program.loss is None:
        return {}
    order = dict.fromkeys(each.target.tensor for each in network.program.statements)
    shown = [name for name in order if name in influenced(network.program, suspects)]
    program = replace(network.program, outputs=tuple(shown), loss=None, updates={}, metrics={})
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "forward.py"
        path.write_text(_source(network, program), encoding="utf-8")
        module = load_module(path)
        point = sample(module, seed, 1.0)
        if point is None:
            return {}
        rng = np.random.default_rng(seed)
        for name in suspects:
            value = point.params[name]
            moved = {**point.params, name: value + 1j * STEP * rng.choice([-1.0, 1.0], value.shape)}
            with np.errstate(all="ignore"):
                values = outputs_of(module, replace(point, params=moved))
            tangents = {
                each: float(np.max(np.abs(np.imag(value)), initial=0.0)) / STEP
                for each, value in zip(shown, values, strict=True)
            }
            still = _still(program, name, tangents, str(network.program.loss))
            if still is not None:
                found[name] = f"{still} stays the same whatever {name} is"
    return found


def _still(program: Program, parameter: str, tangents: dict[str, float], loss: str) -> str | None:
    """The last tensor that reads what moves with the parameter and does not move itself, if the loss does not either."""
    depends = influenced(program, [parameter])
    mine = [name for name in tangents if name in depends]
    bound = STILL * max((tangents[name] for name in mine), default=0.0)
    if loss not in depends or not np.isfinite(bound) or not tangents[loss] <= bound:
        return None
    if bound == 0.0 and not _is_flat(program, parameter):
        return None  # x^999 is 0 near 0 because numbers end there, not because it stays the same
    moving = {parameter, *(name for name in mine if tangents[name] > bound)}
    still = [each for each in needed(program, [loss]) if each.target.tensor not in moving]
    return next((each.target.tensor for each in reversed(still) if moving.intersection(each.sources())), None)


def _is_flat(program: Program, parameter: str) -> bool:
    """Whether no statement that reads the parameter has a derivative there: nothing moves, in exact arithmetic too."""
    readers = [each for each in program.statements if parameter in each.sources()]
    return all(
        each.expr.diff(symbol) == 0
        for each in readers
        for symbol, access in each.read_positions()
        if access.tensor == parameter
    )


def _source(network: Network, program: Program) -> str:
    heading = Heading(network.name, "", "", __version__, network.axes)
    return emit(Compiled(replace(network, inference=None), program, None, heading))
