"""The contract: what every emitted module promises beside right numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import ModuleType

import numpy as np

from symbprop.verify.calls import gradient_at, has_modes, keywords, loss_at, outputs_of, takes
from symbprop.verify.modes import broken_metrics, broken_noise, broken_state
from symbprop.verify.point import Point


def broken_promises(module: ModuleType, point: Point) -> list[str]:
    """A sentence for each promise that the module breaks at ``point``.

    The promises of a gradient are looked at only while those about its keys and shapes hold.
    """
    found: list[str] = []
    before = [value.copy() for value in _given(point)]
    for name, promise in _promises(module).items():
        found += promise(module, point)
        if not all(_same_bits(*pair) for pair in zip(_given(point), before, strict=True)):
            return [*found, f"{name} modifies an argument"]
        if found and promise is _shapes:
            break
    return found


def not_finite(module: ModuleType, point: Point) -> list[str]:
    """A sentence for each result that is not finite at ``point``, where the loss is."""
    with np.errstate(all="ignore"):
        training = has_modes(module)  # of what is inferred without noise the loss says nothing
        outputs = outputs_of(module, point, training=training)
        results = {f"output{' in training' * training}": dict(zip(module.OUTPUTS, outputs, strict=False))}
        if hasattr(module, "loss_and_grad"):
            results["gradient of"] = gradient_at(module, point)[1]
    found = []
    for what, values in results.items():
        names = [name for name, value in values.items() if not np.all(np.isfinite(value))]
        if names:
            found.append(f"at scale {point.scale:g} the loss is finite, and the {what} {_listed(names)} is not")
    return found


def _listed(names: list[str]) -> str:
    """The names, or the first of them and how many more there are."""
    return ", ".join(names) if len(names) <= 5 else f"{', '.join(names[:4])} and {len(names) - 4} more"


Promise = Callable[[ModuleType, Point], list[str]]


def _promises(module: ModuleType) -> dict[str, Promise]:
    """The promises of each function, by the function that would break them."""
    promises: dict[str, Promise] = {"init": _start, "forward": _outputs}
    if has_modes(module):
        promises |= {"forward in training": _outputs_in_training}
    if hasattr(module, "metrics"):
        promises |= {"metrics": broken_metrics}
    promises |= {"the next state": broken_state}
    if hasattr(module, "loss_and_grad"):
        promises |= {
            "loss_and_grad": _shapes,
            "a second call": _repeats,
            "arrays that are kept": _leftovers,
            "loss": _losses,
            "a float32 call": _precision,
        }
    return promises | {"noise": broken_noise}


def _start(module: ModuleType, _: Point) -> list[str]:
    """``init`` gives what PARAMETERS and DTYPE say, the same for the same seed, in the dtype that is asked for."""
    first, again = module.init(0), module.init(0)
    if list(first) != list(module.PARAMETERS):
        return [f"init has the keys {list(first)}, the parameters are {list(module.PARAMETERS)}"]
    found = []
    for name, value in first.items():
        if value.shape != tuple(module.PARAMETERS[name]):
            found.append(f"init gives {name} shape {value.shape}, PARAMETERS says {module.PARAMETERS[name]}")
        elif value.dtype != np.dtype(module.DTYPE):
            found.append(f"init gives {name} dtype {value.dtype}, DTYPE says {module.DTYPE}")
        elif not _same_bits(again[name], value):
            found.append(f"init gives {name} other numbers for the same seed")
    for dtype in {"float32", "float64"} - {str(module.DTYPE)}:
        for name, value in module.init(0, dtype=dtype).items():
            if value.dtype != np.dtype(dtype):
                found.append(f"init(dtype={dtype!r}) gives {name} dtype {value.dtype}")
    return found


def _outputs_in_training(module: ModuleType, point: Point) -> list[str]:
    return _outputs(module, point, training=True)


def _outputs(module: ModuleType, point: Point, *, training: bool = False) -> list[str]:
    outputs = outputs_of(module, point, training=training)
    if len(outputs) != len(module.OUTPUTS):
        return [f"forward returns {len(outputs)} arrays, OUTPUTS names {len(module.OUTPUTS)}"]
    found = []
    for (name, shape), value in zip(module.OUTPUTS.items(), outputs, strict=True):
        sizes = [size for size in shape if isinstance(size, int)]
        got = np.shape(value)
        fixed = [length for length, size in zip(got, shape, strict=False) if isinstance(size, int)]
        if len(got) != len(shape) or fixed != sizes:
            found.append(f"forward gives {name} shape {got}, OUTPUTS says {shape}")
        if np.asarray(value).dtype.kind not in "iu" and np.asarray(value).dtype != np.float64:
            found.append(f"forward gives {name} dtype {np.asarray(value).dtype} for float64 parameters")
        if _is_view(value, point):
            found.append(f"the output {name} is a view of an argument")
    kept = [np.asarray(value).tobytes() for value in outputs]
    if [np.asarray(value).tobytes() for value in outputs_of(module, point, training=training)] != kept:
        found.append("two calls of forward give different numbers")
    if [np.asarray(value).tobytes() for value in outputs] != kept:
        found.append("a second call of forward changes what the first returned")
    return found


def _shapes(module: ModuleType, point: Point) -> list[str]:
    result = module.loss_and_grad(point.params, *point.data, **keywords(module, point))
    if not (isinstance(result, tuple) and len(result) == 2 + bool(point.state) and isinstance(result[1], dict)):
        return ["loss_and_grad does not return a loss and a dictionary"]
    loss, gradient = result[:2]
    if list(gradient) != list(module.PARAMETERS):
        return [f"the gradient has the keys {list(gradient)}, the parameters are {list(module.PARAMETERS)}"]
    found = [f"the loss has shape {np.shape(loss)}"] if np.shape(loss) != () else []
    for name, value in gradient.items():
        if np.shape(value) != point.params[name].shape:
            found.append(f"the gradient of {name} has shape {np.shape(value)}, not {point.params[name].shape}")
        elif value.dtype != point.params[name].dtype:
            found.append(f"the gradient of {name} has dtype {value.dtype}, not {point.params[name].dtype}")
        elif _is_view(value, point):
            found.append(f"the gradient of {name} is a view of an argument")
        if name in module.ZERO_GRADIENTS and np.any(value):
            found.append(f"the gradient of {name} is said to be identically zero, and is not")
    return found


def _leftovers(module: ModuleType, point: Point) -> list[str]:
    """Nothing is read from the arrays that are kept from call to call before it is written there."""
    _, first = gradient_at(module, point)
    for kept in getattr(module, "_IDLE", {}).values():
        for array in (array for work in kept for array in vars(work).values()):
            if isinstance(array, np.ndarray) and array.flags.writeable:
                array.fill(True if array.dtype == bool else np.nan)
    _, again = gradient_at(module, point)
    names = [name for name in first if not _same_bits(first[name], again[name])]
    return [f"the gradient of {_listed(names)} depends on what an earlier call left behind"] if names else []


def _repeats(module: ModuleType, point: Point) -> list[str]:
    """The same call gives the same bytes, another one leaves them alone, and the cotangent is a factor."""
    loss, gradient = gradient_at(module, point)
    kept = {name: value.copy() for name, value in gradient.items()}
    again, second = gradient_at(module, point)
    found = []
    if again != loss or any(not _same_bits(value, kept[name]) for name, value in second.items()):
        found.append("two calls give different numbers")
    _, doubled = gradient_at(module, point, cotangent=2.0)
    # The doubled call has other numbers, so a buffer that two calls share cannot keep both.
    if any(
        not _same_bits(gradient[name], kept[name]) or np.shares_memory(gradient[name], second[name]) for name in kept
    ):
        found.append("a second call changes what the first returned")
    elif any(not np.array_equal(doubled[name], 2 * gradient[name]) for name in kept):
        found.append("twice the cotangent does not give twice the gradient")
    return found


def _losses(module: ModuleType, point: Point) -> list[str]:
    """``loss`` says what ``loss_and_grad`` says, for arguments in order and by name."""
    loss, _ = gradient_at(module, point)
    alone = loss_at(module, point)
    found = []
    if not abs(alone - loss) <= 1e-12 * max(abs(loss), 1e-300):
        found.append(f"loss says {alone!r}, loss_and_grad says {loss!r}")
    names = [*module.INPUTS, *module.TARGETS]
    named = dict(zip(names, point.data, strict=True))
    try:
        by_name, *_ = module.loss_and_grad(point.params, **named, **keywords(module, point))
    except TypeError:
        by_name = loss if _renamed(module, names) else None
    if by_name != loss:
        found.append("arguments by name do not give the same loss as in order")
    return found


def _precision(module: ModuleType, point: Point) -> list[str]:
    """The dtype of the parameters is that of the gradient, whatever it is."""
    params = _narrowed(point.params)
    data = [value.astype(np.float32) if value.dtype.kind == "f" else value for value in point.data]
    with np.errstate(all="ignore"):
        _, gradient = gradient_at(module, replace(point, data=tuple(data)), params)
    names = [name for name, value in gradient.items() if value.dtype != np.float32]
    return [f"the gradient of {_listed(names)} is not float32 for float32 parameters"] if names else []


def _narrowed(params: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: value.astype(np.float32) for name, value in params.items()}


def _same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two arrays of one dtype and shape agree to the bit."""
    return a.dtype == b.dtype and a.shape == b.shape and np.array_equal(_bits(a), _bits(b))


def _bits(value: np.ndarray) -> np.ndarray:
    """The bits as integers, whatever numbers they mean."""
    flat = np.ascontiguousarray(value).reshape(-1)
    return flat.view(np.uint64 if value.dtype.itemsize % 8 == 0 else np.uint8)


def _is_view(value: np.ndarray, point: Point) -> bool:
    return any(np.shares_memory(value, given) for given in _given(point))


def _given(point: Point) -> list[np.ndarray]:
    return [*point.params.values(), *point.data, *point.state.values()]


def _renamed(module: ModuleType, names: list[str]) -> bool:
    """Whether an argument's name could not be kept, because Python has taken it."""
    return names != takes(module.loss_and_grad)
