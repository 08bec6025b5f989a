"""Mutation testing of every room: ``python -m benchmarks.mutation --minutes 40 --seed 0``.

A random sample of mutants, each in a copy of the package, against the fast tests of its room. A mutant is killed if a
test fails or takes too long. Prints each mutant and the score; the time is what is given, not the number of mutants.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from benchmarks.mutation.mutants import Mutant, mutant, places
from benchmarks.mutation.rooms import FORMULAS, TESTS, WHOLE, sources, tests_of
from benchmarks.mutation.trial import COPIED, LIMIT, QUICK, WHOLE_LIMIT, passes

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Mutants until the time is over; 1 if the tests of a room fail without any."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutation", description=__doc__)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", choices=list(TESTS), default=list(TESTS), help="these rooms")
    parser.add_argument("--whole", action="store_true", help="then try what survives on the tests of all rooms too")
    parser.add_argument("--trust", action="store_true", help="do not run the tests without a mutant first")
    arguments = parser.parse_args()
    # A shell starts what runs in the background deaf to interrupts, and a test interrupts the command that it has started.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    score: Counter[tuple[str, str]] = Counter()
    survivors: list[tuple[str, Path, Mutant]] = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / name)
        honest = [TESTS[room] for room in arguments.only]
        if "library" in arguments.only:
            honest.extend(FORMULAS.values())
        broken = [] if arguments.trust else [tests for tests in honest if not passes(copy, tests, QUICK, LIMIT)]
        if arguments.whole and not arguments.trust and not passes(copy, WHOLE, "not attentive", WHOLE_LIMIT):
            broken.append(WHOLE)
        if broken:
            print(f"the tests fail without any mutant: {broken}", file=sys.stderr)
            return 1
        end = time.monotonic() + 60 * arguments.minutes
        for room, path, each in sample(arguments.seed, arguments.only):
            if time.monotonic() > end:
                break
            killed = not survives(copy, path, each, tests_of(room, path.name), QUICK, LIMIT)
            score[room, "killed" if killed else "survived"] += 1
            print(f"{'killed' if killed else 'SURVIVED'}: {told(path, each)}", flush=True)
            if not killed:
                survivors.append((room, path, each))
        for room, path, each in survivors if arguments.whole else []:
            if not survives(copy, path, each, WHOLE, "not attentive", WHOLE_LIMIT):
                score[room, "killed by all"] += 1
                print(f"killed by the tests of all rooms: {told(path, each)}", flush=True)
    for room in arguments.only:
        killed_ones, survived, late = (score[room, each] for each in ("killed", "survived", "killed by all"))
        also = f", {late} more by the tests of all rooms" if arguments.whole else ""
        print(f"{room}: {killed_ones} of {killed_ones + survived} killed{also}")
    return 0


def sample(seed: int, rooms: list[str]) -> Iterator[tuple[str, Path, Mutant]]:
    """One mutant for every place, in an order that the seed decides, the rooms in turn."""
    queues = [_mutants(random.Random(f"{seed} {room}"), room) for room in rooms]
    for turn in zip_longest(*queues):
        yield from (each for each in turn if each is not None)


def _mutants(rng: random.Random, room: str) -> Iterator[tuple[str, Path, Mutant]]:
    texts = {path: path.read_text(encoding="utf-8") for path in sources(ROOT / "symbprop", room)}
    found = [(path, place) for path, text in texts.items() for place in places(text, python=path.suffix == ".py")]
    rng.shuffle(found)
    for path, place in found:
        made = mutant(texts[path], place, rng.choice(place.choices), python=path.suffix == ".py")
        if made is not None:
            yield room, path.relative_to(ROOT), made


def told(path: Path, each: Mutant) -> str:
    """Where a mutant is and what it changes."""
    return f"{path.as_posix()}:{each.line}: {each.kind}: {each.old} -> {each.new}"


def survives(copy: Path, path: Path, each: Mutant, tests: list[str], chosen: str, limit: float) -> bool:
    """Whether all tests pass with a mutant. The package in ``copy`` is honest again afterwards."""
    (copy / path).write_text(each.text, encoding="utf-8")
    try:
        return passes(copy, tests, chosen, limit)
    finally:
        shutil.copy(ROOT / path, copy / path)


if __name__ == "__main__":
    sys.exit(main())
