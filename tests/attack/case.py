"""A network under test: what it compiles to, a point, how far rounding moves it, and when two results agree."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np

from symbprop.calculus.program import Program
from symbprop.language.source import Source
from symbprop.pipeline import Result, compile_description, read
from symbprop.simplify.passes import BACKWARD, FORWARD
from symbprop.verify.calls import gradient_at
from symbprop.verify.point import Point
from symbprop.verify.sampling import sample

PASSES = (*FORWARD, *BACKWARD, "workspace")
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
        worst, floors = 0.0, dict.fromkeys(gradient, 0.0)
        rng = np.random.default_rng(self.seed)
        for _ in range(3):
            other = self.point.near(rng, by)
            with np.errstate(all="ignore"):
                there, slopes = gradient_at(self.module, other)
            worst = max(worst, abs(float(there) - float(loss)))
            for name, value in slopes.items():
                floors[name] = max(floors[name], float(np.max(np.abs(value - gradient[name]), initial=0)))
        return worst, {name: np.asarray(value) for name, value in floors.items()}


def agree(check: str, case: Case, loss: Any, gradient: Mapping[str, np.ndarray], other: Point | None = None) -> None:
    """Loss and gradient are those at the point, up to rounding."""
    mine, slopes = case.at_point
    moved, floors = case.floors
    if abs(loss - mine) > 1e-12 * abs(mine) + 64 * moved + 1e-15:  # of terms of the size of 1 that cancel
        raise Broken(check, f"the loss is {loss!r} and {mine!r}")
    largest = max((float(np.max(np.abs(value), initial=0)) for value in slopes.values()), default=0.0)
    for name, value in slopes.items():
        size = float(np.max(np.abs(value), initial=0))
        apart = float(np.max(np.abs(gradient[name] - value), initial=0))
        if not apart <= 1e-11 * size + 256 * float(floors[name]) + 1e-14 * (largest + abs(mine)):
            raise Broken(check, f"the gradient of {name} is {apart:.2e} apart, its largest entry {size:.2e}")
