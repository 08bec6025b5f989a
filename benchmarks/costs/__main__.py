"""``python -m benchmarks.costs``: what the cost model says of each workload of ``benchmarks.speed``, and what the clock says.

The model's constants are measured first (``symbprop doctor --calibrate`` prints them), or read from a file that
``--machine`` names. The last column is the estimate divided by the measured time. One thread; the process's own time
counts, so that others on the machine disturb little.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

from symbprop.tuning.threads import settle


def main() -> None:
    """Print the table, and the geometric mean and the spread of the ratios."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.costs", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help="these workloads; by default all with a loss"
    )
    parser.add_argument("--dtype", nargs="+", default=["float32", "float64"], choices=["float32", "float64"])
    parser.add_argument("--machine", type=Path, help="a table of constants; by default they are measured")
    parser.add_argument("--bounds", action="store_true", help="only the constants at which the compiler changes form")
    options = parser.parse_args()
    settle(1)
    if options.bounds:
        from benchmarks.costs.bounds import bounds, shown

        for bound in bounds():
            print(shown(bound))
        return
    from benchmarks.costs.compare import compared, constants  # NumPy is loaded after the threads are settled

    machine = constants(options.machine)
    print(f"constants: {machine.source}\n")
    print(f"{'workload':10}  {'dtype':7}  {'estimated µs':>12}  {'measured µs':>11}  {'ratio':>5}")
    ratios = []
    for row in compared(options.only, options.dtype, machine):
        ratios.append(row.estimated / row.measured)
        print(
            f"{row.name:10}  {row.dtype:7}  {1e6 * row.estimated:12.0f}  {1e6 * row.measured:11.0f}  {ratios[-1]:5.2f}"
        )
    print(f"\ngeometric mean {statistics.geometric_mean(ratios):.2f}, from {min(ratios):.2f} to {max(ratios):.2f}")


if __name__ == "__main__":
    main()
