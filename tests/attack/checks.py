"""What must hold of every network: each check names itself when it fails, so that shrinking keeps to one fault."""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import ModuleType
from typing import Any

import mpmath
import numpy as np

from symbprop.calculus.arithmetic import FLOAT, Arithmetic
from symbprop.calculus.interpreter import interpret
from symbprop.calculus.program import Program, Role
from symbprop.calculus.separability import examples
from symbprop.language.source import Source, SourceError
from symbprop.language.syntax import Draw
from symbprop.network.assembly import BATCH
from symbprop.pipeline import Result, compile_description, read
from symbprop.simplify.passes import BACKWARD, FORWARD
from symbprop.verify.calls import gradient_at, has_noise, loss_at
from symbprop.verify.module import verify_module
from symbprop.verify.point import Point
from symbprop.verify.sampling import sample

PASSES = (*FORWARD, *BACKWARD, "workspace")
MOST_POINTS = 20_000  # of index loops; a larger network is not interpreted
FEW_POINTS = 1_500  # up to here in fifty digits
Values = dict[str, np.ndarray]


class Broken(Exception):
    """A check that does not hold; ``check`` is its name."""

    def __init__(self, check: str, message: str) -> None:
        super().__init__(f"{check}: {message}")
        self.check = check


def emitted(text: str, without: Sequence[str] = ()) -> tuple[Result, ModuleType]:
    """What a description compiles to, and the module, imported. Raises ``SourceError``."""
    source = Source("net.yaml", text)
    result = compile_description(read(source), source, without=without)
    module = types.ModuleType("emitted")
    exec(compile(result.source, "emitted", "exec"), module.__dict__)
    return result, module


@dataclass
class Case:
    """A network under test, and what its checks share."""

    text: str
    seed: int

    @cached_property
    def compiled(self) -> tuple[Result, ModuleType]:
        return emitted(self.text)

    @property
    def module(self) -> ModuleType:
        return self.compiled[1]

    @property
    def program(self) -> Program:
        return self.compiled[0].derived.network.program

    @property
    def batched(self) -> bool:
        """Whether everything given is given for each example."""
        shapes = [*self.module.INPUTS.values(), *self.module.TARGETS.values()]
        return bool(shapes) and all(shape[:1] == ("N",) for shape in shapes)

    @cached_property
    def point(self) -> Point | None:
        """A point of five examples or so, ``None`` where no finite loss is found."""
        return sample(self.module, self.seed, 1.0)

    @cached_property
    def at_point(self) -> tuple[Any, Values]:
        assert self.point is not None
        with np.errstate(all="ignore"):
            return gradient_at(self.module, self.point)

    @cached_property
    def floors(self) -> tuple[float, Values]:
        """How far rounding of everything given moves loss and gradient, as measured."""
        return self.moved(2.0**-52)

    def moved(self, by: float) -> tuple[float, Values]:
        assert self.point is not None
        loss, gradient = self.at_point
        worst, floors = 0.0, {name: 0.0 for name in gradient}
        rng = np.random.default_rng(self.seed)
        for _ in range(3):
            other = near(self.point, rng, by)
            with np.errstate(all="ignore"):
                there, slopes = gradient_at(self.module, other)
            worst = max(worst, abs(float(there) - float(loss)))
            for name, value in slopes.items():
                floors[name] = max(floors[name], float(np.max(np.abs(value - gradient[name]), initial=0)))
        return worst, {name: np.asarray(value) for name, value in floors.items()}


def near(point: Point, rng: np.random.Generator, by: float) -> Point:
    """The point with every real number moved by a relative ``by``."""

    def move(value: np.ndarray) -> np.ndarray:
        return value * (1 + by * rng.choice([-1.0, 1.0], value.shape)) if value.dtype.kind == "f" else value

    params, state = ({name: move(value) for name, value in each.items()} for each in (point.params, point.state))
    return replace(point, params=params, state=state, data=tuple(move(value) for value in point.data))


def agree(check: str, case: Case, loss: Any, gradient: Mapping[str, np.ndarray], other: Point | None = None) -> None:
    """Loss and gradient are those at the point, up to rounding."""
    mine, slopes = case.at_point
    moved, floors = case.floors
    if abs(loss - mine) > 1e-12 * abs(mine) + 64 * moved + 1e-300:
        raise Broken(check, f"the loss is {loss!r} and {mine!r}")
    largest = max((float(np.max(np.abs(value), initial=0)) for value in slopes.values()), default=0.0)
    for name, value in slopes.items():
        size = float(np.max(np.abs(value), initial=0))
        apart = float(np.max(np.abs(gradient[name] - value), initial=0))
        if not apart <= 1e-11 * size + 256 * float(floors[name]) + 1e-14 * (largest + abs(mine)):
            raise Broken(check, f"the gradient of {name} is {apart:.2e} apart, its largest entry {size:.2e}")


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
    count = sum(math.prod(_extent(r.extent, sizes) for r in each.domain) for each in program.statements)
    if count > MOST_POINTS:
        return
    given: dict[str, Any] = {**point.params, **point.state, **_noise(case, program, point, sizes)}
    given.update(zip((*case.module.INPUTS, *case.module.TARGETS), point.data, strict=True))
    with mpmath.workdps(50), np.errstate(all="ignore"):
        precise = count <= FEW_POINTS
        lifted = {name: _lift(value) if precise else value for name, value in given.items()}
        try:
            truth = interpret(program, lifted, sizes, DIGITS if precise else FLOAT)[str(program.loss)][()]
        except (ZeroDivisionError, OverflowError, ValueError):
            return  # the formula as it is written is not defined here, or not in doubles
        loss = float(loss_at(case.module, point))
        moved = max(abs(float(loss_at(case.module, near(point, np.random.default_rng(i), 2.0**-52))) - loss) for i in range(3))
        apart = float(abs(truth - loss))
    if not apart <= 1e-11 * abs(float(truth)) + 256 * moved:
        raise Broken("interpreted", f"the loss is {loss!r}, by the formulas {float(truth)!r}")


def small(case: Case) -> Point:
    """The point with two examples."""
    assert case.point is not None
    return replace(case.point, data=tuple(each[:2] for each in case.point.data))


def _noise(case: Case, program: Program, point: Point, sizes: Mapping[str, int]) -> Values:
    """The noise that the module draws with the point's seed, in the order of its ``NOISE``."""
    rng, found = np.random.default_rng(point.seed), {}
    for name, draw in case.compiled[0].derived.network.noise.items():
        shape = tuple(_extent(size, sizes) for size in program.tensors[name].shape)
        assert program.tensors[name].role is Role.NOISE
        found[name] = rng.uniform(-1, 1, shape) if draw is Draw.UNIFORM else rng.standard_normal(shape)
    return found


def _extent(size: Any, sizes: Mapping[str, int]) -> int:
    return size if isinstance(size, int) else int(size.subs({s: sizes[s.name] for s in size.free_symbols}))


def _lift(value: np.ndarray) -> Any:
    if value.dtype.kind != "f":
        return value
    lifted = np.empty(value.shape, object)
    for place in np.ndindex(value.shape):
        lifted[place] = mpmath.mpf(float(value[place]))
    return lifted


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
