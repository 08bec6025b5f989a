"""``python -m benchmarks.accuracy [--points N]``: measure, and write docs/accuracy.csv and docs/accuracy.md."""

from __future__ import annotations

import argparse
import csv
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from benchmarks.accuracy.ours import emitted
from benchmarks.accuracy.page import KINDS, TABLE, write_page
from benchmarks.accuracy.rows import ROWS
from benchmarks.accuracy.sweep import points, worst

FIELDS = (
    "function", "dtype", "points", "goal", "value ulps", "value at", "value y", "derivative ulps", "derivative at", "derivative y",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Job:
    """A row by its number, so that a worker process can find it, a dtype, and how many points."""

    row: int
    dtype: str
    points: int
    seed: int


def measure(job: Job) -> dict[str, str]:
    """One line of the table."""
    row = ROWS[job.row]
    x, y = points(row, job.points, job.dtype, job.seed)
    value, slope = worst(row, emitted(row), x, y)
    return {
        "function": row.name, "dtype": job.dtype, "points": str(job.points), "goal": f"{row.goal:g}",
        "value ulps": f"{value.ulps:.2f}", "value at": repr(value.x), "value y": f"{value.y:g}",
        "derivative ulps": f"{slope.ulps:.2f}", "derivative at": repr(slope.x), "derivative y": f"{slope.y:g}",
    }  # fmt: skip


def main() -> None:
    """Measure every row in both precisions and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1)
    given = parser.parse_args()
    jobs = [Job(number, kind, given.points, given.seed) for number in range(len(ROWS)) for kind in KINDS]
    with TABLE.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, FIELDS, lineterminator="\n")
        writer.writeheader()
        with ProcessPoolExecutor(given.processes) as pool:
            for line in pool.map(measure, jobs):
                writer.writerow(line)
                stream.flush()
                print(*line.values(), sep="  ", file=sys.stderr, flush=True)
    write_page()


if __name__ == "__main__":
    main()
