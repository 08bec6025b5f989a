"""Fresh random networks for as long as it is told: ``python -m tests.attack --hours 2 --seed 1``.

Prints every network that fails, made small. Exit status 1 if there was one.
"""

from __future__ import annotations

import argparse
import sys
import time

from .attack import attack, failure_of, smallest


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__)
    parser.add_argument("--hours", type=float, default=1.0, help="how long to go on (1)")
    parser.add_argument("--seed", type=int, default=0, help="the first network; others follow (0)")
    arguments = parser.parse_args()
    end = time.monotonic() + 3600 * arguments.hours
    seed = arguments.seed * 1_000_000
    failed = refused = done = 0
    while time.monotonic() < end:
        sketch, failure = attack(seed)
        done += 1
        refused += sketch is None
        if sketch is not None and failure is not None:
            failed += 1
            small = smallest(sketch, seed, failure.check)
            print(f"network {seed}: {failure_of(small, seed) or failure}\n{small.text}", flush=True)
        if sys.stderr.isatty():
            print(f"\r{done} networks, {failed} failures, {refused} refused", end="", file=sys.stderr)
        seed += 1
    print(f"{done} networks, {failed} failures, {refused} refused, from seed {arguments.seed * 1_000_000}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
