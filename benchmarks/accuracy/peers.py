"""``python -m benchmarks.accuracy.peers``: the same rows computed by SymPy's naive code, JAX and PyTorch.

Writes docs/accuracy_peers.csv and renews docs/accuracy.md; a peer that is not installed keeps the figures it has.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import math
from collections.abc import Callable

import numpy as np
from sympy import diff, lambdify

from benchmarks.accuracy.page import KINDS, PEERS, PEERS_TABLE, read_table, write_page
from benchmarks.accuracy.rows import ROWS, Row, X, Y
from benchmarks.accuracy.sweep import Array, Results, points, worst

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


COMPUTE = {"sympy": naive, "jax": by_jax, "torch": by_torch}


def measure(row: Row, dtype: str, peer: str, count: int) -> dict[str, str]:
    """One line of the table: the worst errors of a peer."""
    x, y = points(row, count, dtype, 1)
    pair = [one.ulps for one in worst(row, COMPUTE[peer](row), x, y)]
    ulps = dict(zip(("value ulps", "derivative ulps"), (f"{each:.3g}" for each in pair), strict=True))
    return {"function": row.name, "dtype": dtype, "peer": peer, "points": str(count), **ulps}


def main() -> None:
    """Measure the peers that are installed, and write their table and the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=10_000)
    count = parser.parse_args().points
    lines = {(line["function"], line["dtype"], line["peer"]): line for line in read_table(PEERS_TABLE)}
    for row in ROWS:
        for dtype in KINDS:
            for peer in filter(importlib.util.find_spec, PEERS):
                lines[row.name, dtype, peer] = measure(row, dtype, peer, count)
    with PEERS_TABLE.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, next(iter(lines.values())), lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines.values())
    write_page()


if __name__ == "__main__":
    main()
