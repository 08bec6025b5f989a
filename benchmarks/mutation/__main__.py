"""Mutation testing of four rooms: ``python -m benchmarks.mutation --minutes 15 --seed 0``.

A random sample of mutants, each in a copy of the package, against the fast tests of its room. A mutant is killed if a
test fails or takes too long. Prints each survivor and the score; the time is what is given, not the number of mutants.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.mutation.mutants import Mutant, mutants

ROOT = Path(__file__).resolve().parents[2]
EVERYWHERE = ["tests/verify/test_planted_bugs.py::test_honest_modules_raise_no_alarm"]
TESTS = {
    "calculus": [*EVERYWHERE, "tests/calculus/test_rule.py", "tests/calculus/test_check.py"],
    "simplify": [*EVERYWHERE, "tests/simplify/test_closed_forms.py", "tests/simplify/test_proof.py"],
    "schedule": [*EVERYWHERE, "tests/schedule", "tests/emit/test_recurrences.py"],
    "emit": [*EVERYWHERE, "tests/emit/test_modules.py", "tests/emit/test_windows.py", "tests/emit/test_products.py"],
}
SHOWN = ("printer.py", "expression_printer.py", "notation.py", "showing.py")  # what is printed has tests elsewhere
QUICK = "not ten_thousand and not random and not attentive"
LIMIT = 120.0  # seconds for the tests of one mutant
WHOLE = [
    f"tests/{name}" for name in (
        "calculus", "simplify", "schedule", "emit", "faithful", "generated", "functions", "explain", "training", "sensitivity",
        "verify/test_planted_bugs.py", "attack/test_random_networks.py",
    )
]  # fmt: skip
WHOLE_LIMIT = 1200.0


def main() -> int:
    """Mutants until the time is over; 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutation", description=__doc__)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--whole", action="store_true", help="then try what survives on the tests of all rooms too")
    arguments = parser.parse_args()
    end = time.monotonic() + 60 * arguments.minutes
    score: Counter[tuple[str, str]] = Counter()
    survivors: list[tuple[str, str, Mutant]] = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in ("symbprop", "templates", "tests", "examples", "generated", "pyproject.toml"):
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / name)
        for room, path, mutant in sample(arguments.seed):
            if time.monotonic() > end:
                break
            outcome = tried(copy, path, mutant, TESTS[room], QUICK, LIMIT)
            score[room, outcome] += 1
            if outcome == "survived":
                survivors.append((room, path, mutant))
                print(told(path, mutant), flush=True)
        for room, path, mutant in survivors if arguments.whole else []:
            if tried(copy, path, mutant, WHOLE, "not attentive", WHOLE_LIMIT) == "killed":
                score[room, "killed by all"] += 1
                print(f"killed by the tests of all rooms: {told(path, mutant)}", flush=True)
    for room in TESTS:
        killed, survived, late = (score[room, each] for each in ("killed", "survived", "killed by all"))
        also = f", {late} more by the tests of all rooms" if arguments.whole else ""
        print(f"{room}: {killed} of {killed + survived} killed{also}")
    return 0


def sample(seed: int) -> list[tuple[str, str, Mutant]]:
    """All mutants in an order that the seed decides, the rooms in turn."""
    rng = random.Random(seed)
    queues = []
    for room in TESTS:
        found = []
        for path in sorted((ROOT / "symbprop" / room).glob("*.py")):
            if path.name not in SHOWN:
                name = path.relative_to(ROOT).as_posix()
                found += [(room, name, each) for each in mutants(path.read_text(encoding="utf-8"))]
        rng.shuffle(found)
        queues.append(found)
    return [each for four in zip(*queues, strict=False) for each in four]


def told(path: str, mutant: Mutant) -> str:
    """Where a mutant is and what it changes."""
    return f"{path}:{mutant.line}: {mutant.kind}: {mutant.old} -> {mutant.new}"


def tried(copy: Path, path: str, mutant: Mutant, tests: list[str], chosen: str, limit: float) -> str:
    """``killed`` or ``survived``. The package in ``copy`` is honest again afterwards."""
    (copy / path).write_text(mutant.text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider", "-k", chosen, *tests]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, timeout=limit)
        return "survived" if done.returncode == 0 else "killed"
    except subprocess.TimeoutExpired:
        return "killed"
    finally:
        shutil.copy(ROOT / path, copy / path)


if __name__ == "__main__":
    sys.exit(main())
