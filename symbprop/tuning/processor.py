"""The processor: its name, its vector instructions, the cores this process may use, and how busy they are."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

CPUINFO = Path("/proc/cpuinfo")
CGROUP = Path("/proc/self/cgroup")
ROOT = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Processor:
    """``features`` as the system names them (``avx2``, ``avx512f``). ``cores`` may be used; ``limit`` is a container's.

    ``load`` is the average number of processes that wanted a core in the last minute.
    """

    name: str
    features: frozenset[str]
    cores: int
    limit: float | None
    load: float | None

    @property
    def usable(self) -> int:
        """The cores that threads can have at once."""
        return max(1, min(self.cores, math.floor(self.limit) if self.limit is not None else self.cores))


def processor() -> Processor:
    """The machine at hand."""
    name, features = _described()
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return Processor(name, features, cores, _limit(), load)


def _described() -> tuple[str, frozenset[str]]:
    name, features = platform.processor() or platform.machine(), frozenset[str]()
    if CPUINFO.exists():
        for line in CPUINFO.read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                name = value.strip()
            elif key.strip() in ("flags", "Features"):
                features = frozenset(value.split())
                break
    return name, features


def _limit() -> float | None:
    """The processors a control group grants: the least of those from this process's group up to the root."""
    limits = []
    for folder in _groups():
        for file, read in (("cpu.max", _of_two), ("cpu.cfs_quota_us", _of_one)):
            try:
                limit = read(folder / file)
            except (OSError, ValueError, IndexError):
                continue
            if limit is not None and limit > 0:
                limits.append(limit)
    return min(limits, default=None)


def _groups() -> Iterator[Path]:
    """The folders of the groups this process is in; version 2 has one tree, version 1 one for processors."""
    yield from (ROOT, ROOT / "cpu")
    try:
        rows = CGROUP.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for row in rows:
        _, controllers, path = ([*row.split(":", 2), "", ""])[:3]
        if controllers in ("", "cpu", "cpu,cpuacct"):
            top = ROOT if controllers == "" else ROOT / controllers
            here = top / path.lstrip("/")
            yield from (each for each in (here, *here.parents) if each.is_relative_to(ROOT))


def _of_two(path: Path) -> float | None:
    quota, period = path.read_text(encoding="ascii").split()
    return None if quota == "max" else float(quota) / float(period)


def _of_one(path: Path) -> float | None:
    quota = float(path.read_text(encoding="ascii"))
    return quota / float(path.with_name("cpu.cfs_period_us").read_text(encoding="ascii")) if quota > 0 else None


def numpy_simd() -> dict[str, tuple[str, ...]]:
    """The vector instructions that NumPy was built to need, those it uses here beyond, and those it could use elsewhere."""
    config: Any = np.show_config(mode="dicts")
    found = config.get("SIMD Extensions", {})
    return {
        name: tuple(found.get(key, ()))
        for name, key in (("baseline", "baseline"), ("used", "found"), ("unused", "not found"))
    }
