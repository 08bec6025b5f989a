"""Commands in processes of their own, forked from one that has imported everything: a real exit status in milliseconds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
GIGABYTE = 1 << 30


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: ``status`` is negative for a signal, ``cpu`` is in seconds, ``peak`` in bytes."""

    status: int
    seconds: float
    cpu: float
    stdout: str
    stderr: str
    peak: int


class Warm:
    """The process that forks. ``run`` is one command in one folder."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(
        self, folder: Path, *argv: str, stdin: str = "", seconds: float = 20.0, bytes: int = 4 * GIGABYTE, **env: str
    ) -> Ended:
        job: dict[str, Any] = {"argv": argv, "cwd": str(folder), "env": {"NO_COLOR": "1", **env}}
        job |= {"stdin": stdin, "seconds": seconds, "bytes": bytes}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))


@contextmanager
def started() -> Iterator[Warm]:
    """The forking process; it ends with the block."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", "PYTHONUTF8": "1"}
    command = [sys.executable, str(Path(__file__).with_name("warm_server.py"))]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", env=environment
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Warm(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=30)
        process.stdout.close()
