"""The tests, run in a copy of the repository."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

COPIED = (
    "symbprop", "templates", "tests", "benchmarks", "examples", "generated", "docs", "README.md", "CHANGELOG.md",
    "pyproject.toml",
)  # fmt: skip
QUICK = "not thousand and not random and not attentive and not hash_seed"
LIMIT = 100.0  # seconds for the tests of one mutant
WHOLE_LIMIT = 1200.0


def passes(copy: Path, tests: list[str], chosen: str, limit: float) -> bool:
    """Whether the tests whose names pytest's ``-k`` chooses all pass in time."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider", "-k", chosen, *tests]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
