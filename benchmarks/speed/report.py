"""Figures as a table for people, and as Markdown for docs/speed.md."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from symbprop.tuning.clock import Spread

PEER_NAMES = {
    "jax": "JAX jit", "torch": "torch eager", "torch_compiled": "torch.compile", "autograd": "autograd",
    "pytensor": "PyTensor", "naive": "naive NumPy", "fast": "ours, fast",
}  # fmt: skip
COUNTED = ("jax", "torch", "torch_compiled", "autograd", "pytensor")  # peers that differentiate by themselves


@dataclass(frozen=True, slots=True)
class Row:
    """A workload in a dtype: seconds of our call, ratios of the peers' to ours, seconds of everybody's first call.

    ``limit``: the part of the time that the products alone would take at the speed of a large one.
    """

    name: str
    title: str
    dtype: str
    ours: Spread
    limit: float
    ratios: dict[str, Spread]
    first: dict[str, float]
    failed: dict[str, str]

    @property
    def best(self) -> float | None:
        """The ratio of the fastest peer that differentiates by itself."""
        return min((self.ratios[peer].median for peer in COUNTED if peer in self.ratios), default=None)


def geometric_mean(values: Iterable[float]) -> float:
    """The geometric mean; NaN of nothing."""
    logs = [math.log(value) for value in values]
    return math.exp(sum(logs) / len(logs)) if logs else math.nan


def table(rows: Sequence[Row], dtype: str, peers: Sequence[str]) -> list[list[str]]:
    """Heads and cells of the steady state: ratios with the larger half of their interquartile range."""
    heads = ["workload", "ours, µs", "of the GEMM limit", *(PEER_NAMES[peer] for peer in peers), "best peer"]
    lines = [heads]
    for row in rows:
        if row.dtype == dtype:
            best = "–" if row.best is None else f"{row.best:.2f}"
            limit = f"{100 * row.limit:.0f} %" if row.limit > 0.05 else "–"
            lines.append([row.title, _time(row.ours), limit, *(_ratio(row, peer) for peer in peers), best])
    best = [row.best for row in rows if row.dtype == dtype and row.best is not None]
    means = [geometric_mean(r.ratios[p].median for r in rows if r.dtype == dtype and p in r.ratios) for p in peers]
    lines.append(["geometric mean", "", "", *(f"{mean:.2f}" for mean in means), f"{geometric_mean(best):.2f}"])
    return lines


def first_calls(rows: Sequence[Row], dtype: str, peers: Sequence[str]) -> list[list[str]]:
    """Heads and cells of the first call: description to file and import for us, tracing and compiling for peers."""
    lines = [["workload", "ours, s", *(PEER_NAMES[peer] for peer in peers)]]
    for row in rows:
        if row.dtype == dtype:
            found = (row.first.get(who) for who in ("ours", *peers))
            lines.append([row.title, *("–" if seconds is None else f"{seconds:.2f}" for seconds in found)])
    return lines


def as_text(lines: Sequence[Sequence[str]]) -> str:
    """A table in columns."""
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    return "\n".join(
        "  ".join(_put(c, w, i) for i, (c, w) in enumerate(zip(line, widths, strict=True))) for line in lines
    )


def as_markdown(lines: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    head, *body = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([head, "|---|" + "---:|" * (len(lines[0]) - 1), *body])


def _put(cell: str, width: int, place: int) -> str:
    return cell.ljust(width) if place == 0 else cell.rjust(width)


def _time(spread: Spread) -> str:
    value = 1e6 * spread.median
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _ratio(row: Row, peer: str) -> str:
    if peer in row.failed:
        return "failed"
    if peer not in row.ratios:
        return "–"
    spread = row.ratios[peer]
    half = max(spread.high - spread.median, spread.median - spread.low)
    digits = 0 if spread.median >= 20 else 1 if spread.median >= 4 else 2
    return f"{spread.median:.{digits}f} ± {half:.{digits}f}"
