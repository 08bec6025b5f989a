"""docs/accuracy.md, made from the two tables beside it: nothing in it is written by hand."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from benchmarks.accuracy.rows import ROWS

DOCS = Path(__file__).parents[2] / "docs"
TABLE, PEERS_TABLE, PAGE = DOCS / "accuracy.csv", DOCS / "accuracy_peers.csv", DOCS / "accuracy.md"
KINDS = ("float64", "float32")
PEERS = {"sympy": "SymPy, naive", "jax": "JAX", "torch": "PyTorch"}
MEASURED = ("value ulps", "derivative ulps")
TEXT = """# How accurate the kernels are

The worst error of a value and of a derivative (value / derivative) in *mixed ulps*,

    |error| / (ulp(f) + |x f'| 2^-p),        p = 53 (float64) or 24 (float32):

one unit in the last place of the result, plus what half a unit in the last place of the argument moves it. ∞ means: not a
number, or infinite where the truth is finite. The goal is 4 for functions and 8 for losses; what misses it is **bold**. The points are
zeros, subnormals, ±max, every magnitude between, and many where functions bend and where exponentials underflow. The truth is the plain
formula and its SymPy derivative in Arb's ball arithmetic, to 100 bits that are proved right.

symbprop: {points} points a row, [accuracy.csv](accuracy.csv) has the place of the worst. The peers: {count} points a row,
the formulas that their users write (`jax.nn`, `torch.nn.functional`), differentiated by their own means, on the CPU.

Made by `python -m benchmarks.accuracy --points {points}`; `python -m benchmarks.accuracy.peers --points {count}` measures the peers anew.

All this is `accuracy: accurate`, the default. With `accuracy: fast` in a description the cheapest form of each equation is computed
that is within a few roundings of the function's own size for |x| ≤ 20 and does not overflow for |x| ≤ 10⁴: 1 − h² and a (1 − a) as
they are printed, a sigmoid as ½ + ½ tanh(z/2), p − y as a difference. In a tail such a derivative is 0 too early, and at infinity
it may be no number; training in float32 does not notice. The two agree to 1e-12 (float64) and 1e-5 (float32) of the largest entry of
a gradient on normal inputs (`tests/accuracy/test_fast.py`), and modules of both kinds are verified.
"""


def read_table(file: Path) -> list[dict[str, str]]:
    """The lines of a table."""
    with file.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def rendered() -> str:
    """The page as the tables have it."""
    ours, peers = read_table(TABLE), read_table(PEERS_TABLE)
    parts = [TEXT.format(points=ours[0]["points"], count=peers[0]["points"])]
    parts.extend("\n".join([f"## {dtype}", "", *_section(dtype, ours, peers)]) for dtype in KINDS)
    return "\n\n".join(part.strip() for part in parts) + "\n"


def write_page() -> None:
    """Write the page."""
    PAGE.write_text(rendered(), encoding="utf-8")


def _section(dtype: str, ours: list[dict[str, str]], peers: list[dict[str, str]]) -> list[str]:
    """The rows of one precision: value and derivative, ours and of each peer."""
    found = {(line["function"], ""): line for line in ours if line["dtype"] == dtype}
    found |= {(line["function"], line["peer"]): line for line in peers if line["dtype"] == dtype}
    heads = ["function", "symbprop", *PEERS.values()]
    lines = ["| " + " | ".join(heads) + " |", "|---|" + "---:|" * (len(heads) - 1)]
    missed = dict.fromkeys(["", *PEERS], 0)
    for row in ROWS:
        cells = [row.name]
        for who in missed:
            pair = [float(found[row.name, who][each]) for each in MEASURED]
            missed[who] += sum(each > row.goal for each in pair)
            cells.append(" / ".join(_shown(each, row.goal) for each in pair))
        lines.append("| " + " | ".join(cells) + " |")
    total = " | ".join(f"{each} of {2 * len(ROWS)}" for each in missed.values())
    return [*lines, f"| *miss the goal* | {total} |"]


def _shown(ulps: float, goal: float) -> str:
    """A figure as a person reads it; bold where it misses the goal."""
    text = "∞" if math.isinf(ulps) else f"{ulps:.1f}" if ulps < 1000 else f"10^{math.log10(ulps):.0f}"
    return text if ulps <= goal else f"**{text}**"
