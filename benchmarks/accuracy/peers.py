"""``python -m benchmarks.accuracy.peers``: the same rows computed by SymPy's naive code, JAX and PyTorch.

Writes docs/accuracy.md from docs/accuracy.csv and what it measures; peers that are not installed get no column.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sympy import diff, lambdify

from benchmarks.accuracy.rows import ROWS, Row, X, Y
from benchmarks.accuracy.sweep import Array, Results, points, worst

DOCS = Path(__file__).parents[2] / "docs"
Compute = Callable[[Array, Array], Results]


def naive(row: Row) -> Compute:
    """What ``lambdify`` makes of the formula and of its derivative."""
    missing = {"erf": np.vectorize(math.erf)}
    value, slope = (lambdify((X, Y), each, [missing, "numpy"]) for each in (row.formula, diff(row.formula, X)))

    def compute(x: Array, y: Array) -> Results:
        pair = [np.broadcast_to(np.asarray(each(x, y), x.dtype), x.shape) for each in (value, slope)]
        return pair[0], pair[1]

    return compute


def by_jax(row: Row) -> Compute:
    """jax.grad of the row's expression, which is a constant of ``rows.py``."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    function = eval(f"lambda x, y: {row.jax}", {"np": jnp, "nn": jax.nn})
    slope = jax.vmap(jax.grad(function))

    def compute(x: Array, y: Array) -> Results:
        return np.asarray(function(jnp.asarray(x), jnp.asarray(y))), np.asarray(slope(jnp.asarray(x), jnp.asarray(y)))

    return compute


def by_torch(row: Row) -> Compute:
    """torch.autograd of the row's expression."""
    import torch

    function = eval(f"lambda x, y: {row.torch}", {"torch": torch, "F": torch.nn.functional, "math": math})

    def compute(x: Array, y: Array) -> Results:
        given = torch.tensor(x, requires_grad=True)
        value = function(given, torch.tensor(y))
        value.sum().backward()
        assert given.grad is not None
        return value.detach().numpy(), given.grad.numpy()

    return compute


PEERS = {"sympy": ("SymPy, naive", naive), "jax": ("JAX", by_jax), "torch": ("PyTorch", by_torch)}


def shown(ulps: float, goal: float) -> str:
    """A figure as a person reads it; bold where it misses the goal."""
    text = "∞" if math.isinf(ulps) else f"{ulps:.1f}" if ulps < 1000 else f"10^{math.log10(ulps):.0f}"
    return text if ulps <= goal else f"**{text}**"


def table(dtype: str, count: int, installed: list[str]) -> list[str]:
    """The rows of one precision: value and derivative of each peer."""
    with (DOCS / "accuracy.csv").open(encoding="utf-8") as stream:
        ours = {(line["function"], line["dtype"]): line for line in csv.DictReader(stream)}
    heads = ["function", "symbprop", *(PEERS[each][0] for each in installed)]
    lines = ["| " + " | ".join(heads) + " |", "|---|" + "---:|" * (len(heads) - 1)]
    missed = dict.fromkeys(["symbprop", *installed], 0)
    for row in ROWS:
        line = ours[row.name, dtype]
        pair = [float(line["value ulps"]), float(line["derivative ulps"])]
        cells = [" / ".join(shown(each, row.goal) for each in pair)]
        missed["symbprop"] += sum(each > row.goal for each in pair)
        x, y = points(row, count, dtype, 1)
        for each in installed:
            found = [one.ulps for one in worst(row, PEERS[each][1](row), x, y)]
            missed[each] += sum(one > row.goal for one in found)
            cells.append(" / ".join(shown(one, row.goal) for one in found))
        lines.append("| " + " | ".join([row.name, *cells]) + " |")
    total = " | ".join(f"{missed[each]} of {2 * len(ROWS)}" for each in missed)
    return [*lines, f"| *miss the goal* | {total} |"]


TEXT = """# How accurate the kernels are

The worst error of a value and of a derivative (value / derivative) in *mixed ulps*,

    |error| / (ulp(f) + |x f'| 2^-p),        p = 53 (float64) or 24 (float32):

one unit in the last place of the result, plus what half a unit in the last place of the argument moves it. ∞ means: not a
number, or infinite where the truth is finite. The goal is 4 for functions and 8 for losses; what misses it is **bold**. The points are
zeros, subnormals, ±max, every magnitude between, and many where functions bend and where exponentials underflow. The truth is the plain
formula and its SymPy derivative in Arb's ball arithmetic, to 100 bits that are proved right.

symbprop: {points} points a row, all of them in [accuracy.csv](accuracy.csv) with the place of the worst. The peers: {count} points a row,
the formulas that their users write (`jax.nn`, `torch.nn.functional`), differentiated by their own means, on the CPU.

Made by `python -m benchmarks.accuracy --points {points}` and `python -m benchmarks.accuracy.peers --points {count}`.
"""


def main() -> None:
    """Measure the peers that are installed and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=10_000)
    count = parser.parse_args().points
    installed = [each for each in PEERS if importlib.util.find_spec(each)]
    with (DOCS / "accuracy.csv").open(encoding="utf-8") as stream:
        measured = next(csv.DictReader(stream))["points"]
    parts = [TEXT.format(points=measured, count=count)]
    kinds = ("float64", "float32")
    parts.extend("\n".join([f"## {dtype}", "", *table(dtype, count, installed)]) for dtype in kinds)
    (DOCS / "accuracy.md").write_text("\n\n".join(part.strip() for part in parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
