"""Whether a module computes what its description says: loss and outputs against index loops over the formulas as written.

Verification holds a gradient against the module's own loss; this holds loss and outputs against the program before any
pass, evaluated one scalar at a time by code that shares nothing with simplification, scheduling and emission.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType

import numpy as np

from symbprop.calculus.index import at_sizes
from symbprop.calculus.interpreter import interpret
from symbprop.calculus.least import least_sizes
from symbprop.calculus.program import Program, Role
from symbprop.language.syntax import Draw
from symbprop.network.network import Network
from symbprop.verify.calls import loss_at, outputs_of
from symbprop.verify.point import Point
from symbprop.verify.sampling import sample

EXAMPLES = 2
TOLERANCE = 1e-10
UNIT = 2.0**-52


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far loss and outputs are from those of the formulas, each relative to its largest entry; what is ``wrong``, in
    words; or the ``reason`` why they were not compared.
    """

    points: int
    errors: Mapping[str, float] = field(default_factory=dict)
    wrong: tuple[str, ...] = ()
    reason: str = ""

    def describe(self) -> str:
        """In words."""
        if self.reason:
            return f"  loss and outputs were not held against index loops over the formulas: {self.reason}"
        worst = max(self.errors.values(), default=0.0)
        names = ", ".join(self.errors)
        return f"  {names}: as index loops over the formulas give them ({self.points:,} point{'s' * (self.points != 1)}), to {worst:.1e}"


def compare(module: ModuleType, network: Network, most: int, seed: int = 0) -> Comparison:
    """Loss and outputs at a random point of two examples, in training and in inference.

    A network whose formulas have more than ``most`` points there is not interpreted.
    """
    programs = [network.program] + ([network.inference] if network.inference is not None else [])
    sizes = _sizes(network.program)
    count = sum(points(each, sizes) for each in programs)
    if count > most:
        return Comparison(count, reason=f"they have {count:,} points, more than {most:,}")
    point = sample(module, seed, 1.0, sizes)
    if point is None:
        return Comparison(count, reason="there is no point where they are finite")
    try:
        truth = _truth(module, network, point, sizes)
    except (ZeroDivisionError, OverflowError, ValueError):
        return Comparison(count, reason="they have no value in double precision at the point tried")
    with np.errstate(all="ignore"):
        found = _values(module, network, point)
        rng = np.random.default_rng(point.seed)
        others = [_values(module, network, point.near(rng, UNIT)) for _ in range(3)]
    errors, wrong = {}, []
    for name, value in found.items():
        scale = float(np.max(np.abs(truth[name]), initial=0))
        moved = max(float(np.max(np.abs(each[name] - value), initial=0)) for each in others)
        apart = float(np.max(np.abs(truth[name] - value), initial=0))
        if not math.isfinite(scale):
            return Comparison(count, reason="they are not finite in double precision at the point tried")
        errors[name] = apart / scale if scale else apart
        if not apart <= TOLERANCE * scale + 256 * moved:
            wrong.append(f"{name} is {apart:.1e} from what index loops over the formulas give, at most {scale:.1e}")
    return Comparison(count, errors, tuple(wrong))


def _values(module: ModuleType, network: Network, point: Point) -> dict[str, np.ndarray]:
    """Loss and outputs as the module computes them."""
    loss = {str(network.program.loss): np.asarray(loss_at(module, point))} if network.program.loss else {}
    return {**loss, **dict(zip(module.OUTPUTS, outputs_of(module, point), strict=True))}


def points(program: Program, sizes: Mapping[str, int]) -> int:
    """How many there are in the index loops over a program."""
    return sum(math.prod(at_sizes(side.extent, sizes) for side in each.domain) for each in program.statements)


def given(module: ModuleType, network: Network, point: Point, sizes: Mapping[str, int]) -> dict[str, np.ndarray]:
    """All that the formulas do not compute: parameters, state, data, and the noise that the module draws at the point."""
    data = dict(zip((*module.INPUTS, *module.TARGETS), point.data, strict=True))
    return {**point.params, **point.state, **_noise(network, point, sizes), **data}


def _truth(module: ModuleType, network: Network, point: Point, sizes: Mapping[str, int]) -> dict[str, np.ndarray]:
    """The same by index loops."""
    program, values = network.program, given(module, network, point, sizes)
    training = interpret(program, values, sizes)
    inference = training if network.inference is None else interpret(network.inference, values, sizes)
    wanted = [(name, inference) for name in module.OUTPUTS] + ([(program.loss, training)] if program.loss else [])
    found = {}
    for name, elements in wanted:
        shape = tuple(at_sizes(size, sizes) for size in program.tensors[name].shape)
        found[name] = np.array([float(elements[name][place]) for place in np.ndindex(shape)]).reshape(shape)
    return found


def _sizes(program: Program) -> dict[str, int]:
    """A length for each size that is free until run time: no two alike."""
    shapes = [size for tensor in program.tensors.values() for size in tensor.shape]
    free = {symbol.name for size in shapes if not isinstance(size, int) for symbol in size.free_symbols}
    least = least_sizes(program)
    found: dict[str, int] = {}
    for place, name in enumerate(sorted(free, key=lambda name: (name != "N", name))):
        lengths = itertools.count(max(EXAMPLES + place, least.get(name, 1)))
        found[name] = next(length for length in lengths if length not in found.values())
    return found


def _noise(network: Network, point: Point, sizes: Mapping[str, int]) -> dict[str, np.ndarray]:
    """The noise that the module draws with the point's seed, in its order."""
    rng, found = np.random.default_rng(point.seed), {}
    for name, draw in network.noise.items():
        tensor = network.program.tensors[name]
        assert tensor.role is Role.NOISE
        shape = tuple(at_sizes(size, sizes) for size in tensor.shape)
        found[name] = rng.uniform(-1, 1, shape) if draw is Draw.UNIFORM else rng.standard_normal(shape)
    return found
