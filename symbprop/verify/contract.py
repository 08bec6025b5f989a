"""The contract: what every emitted module promises beside right numbers."""

from __future__ import annotations

from types import ModuleType

import numpy as np

from symbprop.verify.sampling import Point


def broken_promises(module: ModuleType, point: Point) -> list[str]:
    """A sentence for each promise that the module breaks at ``point``."""
    found = _forward(module, point)
    if hasattr(module, "loss_and_grad"):
        found += _gradient(module, point)
    for name, value in module.init(0).items():
        if value.shape != tuple(module.PARAMETERS[name]):
            found.append(f"init gives {name} shape {value.shape}, PARAMETERS says {module.PARAMETERS[name]}")
        elif value.dtype != np.dtype(module.DTYPE):
            found.append(f"init gives {name} dtype {value.dtype}, DTYPE says {module.DTYPE}")
    return found


def _forward(module: ModuleType, point: Point) -> list[str]:
    result = module.forward(point.params, *point.data[: _forward_arguments(module, point)])
    outputs = result if isinstance(result, tuple) else (result,)
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
        if any(np.shares_memory(value, given) for given in (*point.params.values(), *point.data)):
            found.append(f"the output {name} is a view of an argument")
    return found


def _forward_arguments(module: ModuleType, point: Point) -> int:
    """How many of the data ``forward`` takes: the inputs, and targets too where an output needs them."""
    code = module.forward.__code__
    return int(code.co_argcount) - 1


def _gradient(module: ModuleType, point: Point) -> list[str]:
    before = [value.tobytes() for value in (*point.params.values(), *point.data)]
    result = module.loss_and_grad(point.params, *point.data)
    if not (isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], dict)):
        return ["loss_and_grad does not return a loss and a dictionary"]
    loss, gradient = result
    found = []
    if list(gradient) != list(module.PARAMETERS):
        return [f"the gradient has the keys {list(gradient)}, the parameters are {list(module.PARAMETERS)}"]
    if np.shape(loss) != ():
        found.append(f"the loss has shape {np.shape(loss)}")
    for name, value in gradient.items():
        if np.shape(value) != point.params[name].shape:
            found.append(f"the gradient of {name} has shape {np.shape(value)}, not {point.params[name].shape}")
        elif value.dtype != point.params[name].dtype:
            found.append(f"the gradient of {name} has dtype {value.dtype}, not {point.params[name].dtype}")
        elif any(np.shares_memory(value, given) for given in (*point.params.values(), *point.data)):
            found.append(f"the gradient of {name} is a view of an argument")
        if name in module.ZERO_GRADIENTS and np.any(value):
            found.append(f"the gradient of {name} is said to be identically zero, and is not")
    if found:
        return found
    kept = {name: value.copy() for name, value in gradient.items()}
    again, second = module.loss_and_grad(point.params, *point.data)
    if again != loss or any(second[name].tobytes() != kept[name].tobytes() for name in kept):
        found.append("two calls give different numbers")
    if any(gradient[name].tobytes() != kept[name].tobytes() for name in kept):
        found.append("a second call changes what the first returned")
    if [value.tobytes() for value in (*point.params.values(), *point.data)] != before:
        found.append("an argument is modified")
    _, doubled = module.loss_and_grad(point.params, *point.data, cotangent=2.0)
    if any(not np.array_equal(doubled[name], 2 * kept[name]) for name in kept):
        found.append("twice the cotangent does not give twice the gradient")
    alone = module.loss(point.params, *point.data)
    if not abs(alone - loss) <= 1e-12 * max(abs(loss), 1e-300):
        found.append(f"loss says {alone!r}, loss_and_grad says {loss!r}")
    names = [*module.INPUTS, *module.TARGETS]
    named = dict(zip(names, point.data, strict=True))
    try:
        by_name, _ = module.loss_and_grad(point.params, **named)
    except TypeError:
        by_name = loss if _renamed(module, names) else None
    if by_name != loss:
        found.append("arguments by name do not give the same loss as in order")
    return found


def _renamed(module: ModuleType, names: list[str]) -> bool:
    """Whether an argument's name could not be kept, because Python has taken it."""
    code = module.loss_and_grad.__code__
    return names != list(code.co_varnames[1 : code.co_argcount])
