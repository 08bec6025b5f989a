"""The functions beside the gradient, held against steps in the complex plane through ``forward``, ``loss`` and ``loss_and_grad``.

Those three are verified by themselves; so a derivative that agrees with how they move is right. A function is probed by
what moves one tensor at a time, so that nothing small hides behind something large.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import numpy as np

from symbprop.verify.calls import Arrays, gradient_at, has_noise, keywords, loss_at, outputs_of, takes
from symbprop.verify.certificate import FunctionResult
from symbprop.verify.complex_step import STEP, TOLERANCE
from symbprop.verify.floor import NEARBY
from symbprop.verify.point import Point

ROUNDING = 2.0**-52
VANISHING = 2.0**-50  # of the largest entry: below this an entry is rounding
MOVES = 3


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a function says, what it should say, and what errors are relative to, entry by entry."""

    says: np.ndarray
    truth: np.ndarray
    scale: np.ndarray


Comparisons = dict[str, Comparison]


def probe_functions(module: ModuleType, point: Point) -> tuple[FunctionResult, ...]:
    """What is found at ``point`` of each function that the module was asked for."""
    with np.errstate(all="ignore"):
        return tuple(_result(name, module, point) for name in COMPARED if hasattr(module, name))


def merged(results: Sequence[FunctionResult]) -> tuple[FunctionResult, ...]:
    """What was found at several points, function by function."""
    found: dict[str, FunctionResult] = {}
    for each in results:
        before = found.get(each.name, FunctionResult(each.name, 0.0, 0))
        error, wrong = max(before.error, each.error), (*before.wrong, *each.wrong)
        found[each.name] = FunctionResult(each.name, error, before.probes + each.probes, wrong)
    return tuple(found.values())


def _result(name: str, module: ModuleType, point: Point) -> FunctionResult:
    here = COMPARED[name](module, point)
    suspects = [what for what, each in here.items() if not _agrees(each, np.zeros(()))]
    noise: dict[str, np.ndarray] = {}
    if any(here[what].says.shape == here[what].truth.shape for what in suspects):
        narrow, wide = (_moved(COMPARED[name], module, point, size) for size in (ROUNDING, NEARBY))
        for what in suspects:
            says = [np.abs(each[what].says - here[what].says) for each in narrow]
            truth = [np.abs(each[what].truth - here[what].truth) for each in wide]
            noise[what] = 4 * np.asarray(np.max(says, axis=0) + np.max(truth, axis=0), np.float64)
    wrong = tuple(
        _sentence(what, here[what]) for what in suspects if not _agrees(here[what], noise.get(what, np.zeros(())))
    )
    largest = max((float(np.max(each.scale, initial=0.0)) for each in here.values()), default=0.0)
    return FunctionResult(name, max((_error(each, largest) for each in here.values()), default=0.0), len(here), wrong)


def _agrees(each: Comparison, noise: np.ndarray) -> bool:
    """Whether both sides are the same up to rounding; where the truth is not finite, nothing can be said."""
    if each.says.shape != each.truth.shape:
        return False
    tolerance = TOLERANCE * each.scale + VANISHING * np.max(each.scale, initial=0.0) + noise
    return bool(np.all(~np.isfinite(each.truth) | (np.abs(each.says - each.truth) <= tolerance)))


def _error(each: Comparison, largest: float) -> float:
    """The largest error, relative to the largest entry of all that was compared."""
    if each.says.shape != each.truth.shape:
        return float("inf")
    apart = float(np.max(np.abs(each.says - each.truth), initial=0.0, where=np.isfinite(each.truth)))
    return apart / largest if largest > 0 else apart


def _sentence(what: str, each: Comparison) -> str:
    if each.says.shape != each.truth.shape:
        return f"{what}: it has shape {each.says.shape}, not {each.truth.shape}"
    apart = np.where(np.isfinite(each.truth), np.nan_to_num(np.abs(each.says - each.truth), nan=np.inf), -1.0)
    place = np.unravel_index(int(np.argmax(apart)), apart.shape)
    return f"{what}: it says {each.says[place]:.12g}, it should be {each.truth[place]:.12g}"


def _moved(
    compared: Callable[[ModuleType, Point], Comparisons], module: ModuleType, point: Point, size: float
) -> list[Comparisons]:
    """The comparisons where every parameter has moved by ``size`` relative to itself, and in extended precision."""
    rng = np.random.default_rng([point.seed, 4])
    others = [
        {k: v * (1 + size * rng.uniform(-1.0, 1.0, v.shape)) for k, v in point.params.items()} for _ in range(MOVES)
    ]
    others.append({name: value.astype(np.longdouble) for name, value in point.params.items()})
    return [compared(module, replace(point, params=params)) for params in others]


# Directions, steps and calls --------------------------------------------------------------------------------------------


def _real_inputs(module: ModuleType) -> dict[str, int]:
    """The places among the data of the inputs that are not integers."""
    return {name: place for place, name in enumerate(module.INPUTS) if name not in module.INTEGERS}


def _directions(arrays: Arrays, seed: int) -> list[tuple[str, np.ndarray]]:
    """A direction of ±1 for each of some arrays."""
    rng = np.random.default_rng([seed, 5])
    return [(name, rng.choice([-1.0, 1.0], np.shape(value))) for name, value in arrays.items()]


def _inputs(module: ModuleType, point: Point) -> Arrays:
    return {name: point.data[place] for name, place in _real_inputs(module).items()}


def _stepped(module: ModuleType, point: Point, name: str, u: np.ndarray) -> Point:
    """The point, moved by i h along a direction of one parameter or input."""
    if name in point.params:
        return replace(point, params={**point.params, name: point.params[name] + 1j * STEP * u})
    data = list(point.data)
    place = _real_inputs(module)[name]
    data[place] = data[place] + 1j * STEP * u
    return replace(point, data=tuple(data))


def _slope(value: Any) -> np.ndarray:
    """The derivative that a step has left in the imaginary part."""
    return np.asarray(np.imag(value)) / STEP


def _outputs(module: ModuleType, point: Point) -> dict[str, np.ndarray]:
    return dict(zip(module.OUTPUTS, outputs_of(module, point), strict=True))


def _call(module: ModuleType, name: str, point: Point, *seeds: Arrays) -> Any:
    """A function at a point, with what it asks for of state and noise."""
    function = getattr(module, name)
    asked = inspect.signature(function).parameters
    given = {key: value for key, value in keywords(module, point).items() if key in asked}
    return function(point.params, *point.data[: len(takes(function)) - len(seeds)], *seeds, **given)


def _by_entry(says: np.ndarray, truth: np.ndarray) -> Comparison:
    return Comparison(np.asarray(says), np.asarray(truth), np.abs(says))


def _along(gradient: np.ndarray, u: np.ndarray, truth: np.ndarray) -> Comparison:
    """A derivative by a tensor, applied to a direction of it."""
    axes, shape = np.ndim(u), (*np.shape(truth), *np.shape(u))
    if np.shape(gradient) != shape:
        return Comparison(np.asarray(gradient), np.zeros(shape), np.zeros(shape))
    return Comparison(np.tensordot(gradient, u, axes), truth, np.tensordot(np.abs(gradient), np.abs(u), axes))


def _by_size(says: np.ndarray, truth: np.ndarray, whole: np.ndarray) -> Comparison:
    """What is a sum of things as large as ``whole``, and is computed in the same way on both sides."""
    return Comparison(says, truth, np.full(np.shape(truth), np.max(np.abs(whole), initial=0.0)))


# What each function is held against -------------------------------------------------------------------------------------


def _input_grad(module: ModuleType, point: Point) -> Comparisons:
    says = _call(module, "input_grad", point)
    return {
        f"the gradient by {name}": _along(says[name], u, _slope(loss_at(module, _stepped(module, point, name, u))))
        for name, u in _directions(_inputs(module, point), point.seed)
    }


def _jvp(module: ModuleType, point: Point) -> Comparisons:
    found = {}
    for name, u in _directions({**point.params, **_inputs(module, point)}, point.seed):
        truth = _outputs(module, _stepped(module, point, name, u))
        for output, value in _call(module, "jvp", point, {name: u}).items():
            found[f"the tangent of {output} along {name}"] = _by_entry(value, _slope(truth[output]))
    return found


def _vjp(module: ModuleType, point: Point) -> Comparisons:
    found = {}
    outputs = {
        name: value for name, value in _outputs(module, point).items() if np.asarray(value).dtype.kind not in "iu"
    }
    slopes = {
        (name, output): _slope(value)
        for name, u in _directions({**point.params, **_inputs(module, point)}, point.seed)
        for output, value in _outputs(module, _stepped(module, point, name, u)).items()
    }
    for output, c in _directions(outputs, point.seed + 1):
        says = _call(module, "vjp", point, {output: c})
        for name, u in _directions({**point.params, **_inputs(module, point)}, point.seed):
            truth = np.sum(c * slopes[name, output])
            found[f"the cotangent of {name} for {output}"] = _along(says[name], u, truth)
    return found


def _jacobian(module: ModuleType, point: Point) -> Comparisons:
    found = {}
    says = _call(module, "jacobian", point)
    for name, u in _directions(_inputs(module, point), point.seed):
        truth = _outputs(module, _stepped(module, point, name, u))
        for output, blocks in says.items():
            what, slope = f"the Jacobian of {output} by {name}", _slope(truth[output])
            if blocks[name].shape != (*slope.shape, *u.shape[1:]):
                found[what] = _along(blocks[name], u, slope)
            else:  # a Jacobian for each example
                rows = [_along(row, v, slope[n]) for n, (row, v) in enumerate(zip(blocks[name], u, strict=True))]
                sides = (np.array([getattr(row, side) for row in rows]) for side in ("says", "truth", "scale"))
                found[what] = Comparison(*sides)
    return found


def _hvp(module: ModuleType, point: Point) -> Comparisons:
    found = {}
    for name, u in _directions(point.params, point.seed):
        _, truth = gradient_at(module, _stepped(module, point, name, u))
        for other, value in _call(module, "hvp", point, {name: u}).items():
            found[f"the Hessian times a vector, {other} for {name}"] = _by_entry(value, _slope(truth[other]))
    return found


def _hessian(module: ModuleType, point: Point) -> Comparisons:
    found = {}
    says = _call(module, "hessian", point)
    for name, u in _directions(point.params, point.seed):
        _, truth = gradient_at(module, _stepped(module, point, name, u))
        for other in point.params:
            block, mirrored = says[other][name], says[name][other]
            found[f"the block of {other} and {name}"] = _along(block, u, _slope(truth[other]))
            turned = np.moveaxis(mirrored, range(u.ndim), range(-u.ndim, 0))
            found[f"the block of {other} and {name}, transposed"] = _by_size(turned, block, block)
    return found


def _per_example_grad(module: ModuleType, point: Point) -> Comparisons:
    """The rows sum to the gradient; a row depends on its own example alone; and it goes where its example goes.

    Rows with these three properties are what the examples add to the gradient: they could differ from that only by what
    no example changes, is the same in every row, and adds up to nothing.
    """
    _, gradient = gradient_at(module, point)
    says = _call(module, "per_example_grad", point)
    count = len(next(iter(says.values())))
    order = np.roll(np.arange(count), 1)
    moved = None if has_noise(module) else _call(module, "per_example_grad", _taken(module, point, order))
    beside = {}
    for kept in {0, count - 1}:
        rows = np.where(np.arange(count) == kept, kept, order)
        beside[kept] = _call(module, "per_example_grad", _taken(module, point, rows))
    found = {}
    for name, value in says.items():
        total = Comparison(np.sum(value, axis=0), gradient[name], np.sum(np.abs(value), axis=0))
        found[f"the gradients of {name} by example, summed"] = total
        for kept, other in beside.items():
            what = f"the gradient of {name} by example {kept}, with others beside it"
            found[what] = _by_size(other[name][kept], value[kept], value)
        if moved is not None:
            found[f"the gradients of {name} by example, in another order"] = _by_size(moved[name], value[order], value)
    return found


def _taken(module: ModuleType, point: Point, rows: np.ndarray) -> Point:
    """The point with these examples, in this order."""
    shapes = (*module.INPUTS.values(), *module.TARGETS.values())
    data = (value[rows] if shape[:1] == ("N",) else value for value, shape in zip(point.data, shapes, strict=True))
    return replace(point, data=tuple(data))


COMPARED: Mapping[str, Callable[[ModuleType, Point], Comparisons]] = {
    "input_grad": _input_grad,
    "vjp": _vjp,
    "jvp": _jvp,
    "jacobian": _jacobian,
    "hvp": _hvp,
    "hessian": _hessian,
    "per_example_grad": _per_example_grad,
}
