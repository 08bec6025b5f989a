"""What other gradient checkers accept at their defaults: gradients that are wrong on purpose.

    python -m benchmarks.checkers

Torch's gradcheck, JAX's check_grads, and the complex step that every emitted module is held against, each given the same
faults. Prints a table; a checker that is not installed is left out.
"""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

SIZE = 200_000


def loss(x: Any, scale: float) -> Any:
    """Scale · Σ x³/3, whose gradient is scale · x²."""
    return scale * (x * x * x).sum() / 3


def flipped(x: Any, scale: float) -> Any:
    """The gradient with the wrong sign."""
    return -scale * x * x


def one_entry(x: Any, scale: float) -> Any:
    """The gradient with one entry of all those wrong by one hundredth."""
    made = scale * x * x
    factor = np.ones(x.shape)
    factor[len(factor) // 3] = 1.01
    return made * _like(factor, made)


def fifth_digit(x: Any, scale: float) -> Any:
    """The gradient off in the fifth digit everywhere."""
    return 1.00003 * scale * x * x


def right(x: Any, scale: float) -> Any:
    """The gradient."""
    return scale * x * x


def _like(array: np.ndarray, other: Any) -> Any:
    """``array`` for the library that ``other`` comes from."""
    return importlib.import_module("torch").from_numpy(array) if type(other).__module__.startswith("torch") else array


FAULTS: dict[str, tuple[Callable[[Any, float], Any], float, int]] = {
    "no fault": (right, 1.0, 50),
    f"no fault, {SIZE:,} entries": (right, 1.0, SIZE),
    "wrong sign, gradients of about 1e-6": (flipped, 1e-6, 50),
    "off in the fifth digit": (fifth_digit, 1.0, 50),
    f"one entry of {SIZE:,} off by 1%": (one_entry, 1.0, SIZE),
}


def point(size: int) -> np.ndarray:
    """Where it is checked."""
    return np.random.default_rng(0).uniform(0.5, 1.5, size)


def torch_accepts(backward: Callable[[Any, float], Any], scale: float, size: int, *, fast: bool) -> bool:
    """Whether ``torch.autograd.gradcheck`` is content, at its defaults; ``fast`` as ``fast_mode``."""
    torch = importlib.import_module("torch")

    class Planted(torch.autograd.Function):  # type: ignore[name-defined,misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return loss(x, scale)

        @staticmethod
        def backward(ctx: Any, cotangent: Any) -> Any:
            return cotangent * backward(ctx.saved_tensors[0], scale)

    x = torch.from_numpy(point(size)).requires_grad_()
    return bool(torch.autograd.gradcheck(Planted.apply, (x,), raise_exception=False, fast_mode=fast))


def jax_accepts(backward: Callable[[Any, float], Any], scale: float, size: int, *, double: bool) -> bool:
    """Whether ``jax.test_util.check_grads`` is content with reverse mode, at its defaults; ``double`` in float64."""
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", double)
    check = importlib.import_module("jax.test_util").check_grads

    @jax.custom_vjp
    def planted(x: Any) -> Any:
        return loss(x, scale)

    planted.defvjp(lambda x: (loss(x, scale), x), lambda x, cotangent: (cotangent * backward(x, scale),))
    try:
        check(planted, (jax.numpy.asarray(point(size)),), order=1, modes=["rev"])
    except AssertionError:
        return False
    return True


def complex_step_accepts(backward: Callable[[Any, float], Any], scale: float, size: int) -> bool:
    """Whether the complex step is: along a direction of ±1, |a − n| ≤ 1e-11 Σ|g u| + rounding."""
    x, direction = point(size), np.random.default_rng(1).choice([-1.0, 1.0], size)
    gradient = np.asarray(backward(x, scale))
    slope = np.imag(loss(x + 1e-30j * direction, scale)) / 1e-30
    terms = gradient * direction
    return bool(abs(terms.sum() - slope) <= 1e-11 * np.abs(terms).sum() + np.finfo(float).eps * np.abs(terms).sum())


def table() -> list[tuple[str, ...]]:
    """A row for each fault; the first row names the checkers."""
    checkers: dict[str, Callable[[Callable[[Any, float], Any], float, int], bool] | None] = {}
    if importlib.util.find_spec("torch"):
        checkers["torch gradcheck"] = lambda *given: torch_accepts(*given, fast=False)
        checkers["torch, fast mode"] = lambda *given: torch_accepts(*given, fast=True)
    if importlib.util.find_spec("jax"):
        checkers["jax check_grads, float32"] = lambda *given: jax_accepts(*given, double=False)
        checkers["jax check_grads, float64"] = lambda *given: jax_accepts(*given, double=True)
    checkers["complex step"] = complex_step_accepts
    rows = [("fault", *checkers)]
    for name, (backward, scale, size) in FAULTS.items():
        cells = []
        for checker, accepts in checkers.items():
            if checker == "torch gradcheck" and size > 10_000:
                cells.append("(n²: not run)")
                continue
            assert accepts is not None
            cells.append("accepted" if accepts(backward, scale, size) else "refused")
        rows.append((name, *cells))
    return rows


def main() -> None:
    """The command."""
    warnings.simplefilter("ignore")
    rows = table()
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


if __name__ == "__main__":
    main()
