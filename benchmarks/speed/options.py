"""What may be chosen on the command line. NumPy is not loaded here."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

PEERS = ("jax", "torch", "torch_compiled", "autograd", "pytensor", "naive", "fast")
DTYPES = ("float32", "float64")


@dataclass(frozen=True, slots=True)
class Options:
    """The choices. ``only`` empty: every workload. ``seconds``: of timing, for each workload and dtype."""

    only: tuple[str, ...]
    dtypes: tuple[str, ...]
    peers: tuple[str, ...]
    seconds: float
    threads: int
    cpu: bool
    json: Path | None
    page: tuple[Path, ...]
    write: bool
    lines: bool
    memory: bool
    compile: bool
    scaling: bool


def read_options(arguments: list[str] | None = None) -> Options:
    """The choices in ``arguments``, by default those of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these workloads; by default all")
    parser.add_argument("--dtype", choices=[*DTYPES, "both"], default="both")
    parser.add_argument(
        "--peers", nargs="*", default=list(PEERS), choices=PEERS, help="by default all that are installed"
    )
    parser.add_argument("--seconds", type=float, default=3.0, help="of timing, for each workload and dtype")
    parser.add_argument(
        "--threads", type=int, default=1, help="of BLAS, torch and JAX; the process keeps to as many cores"
    )
    parser.add_argument("--cpu", action="store_true", help="count processor time, where the machine is not quiet")
    parser.add_argument("--json", type=Path, metavar="FILE", help="all figures, to be read by programs")
    parser.add_argument(
        "--page", type=Path, nargs="+", default=[], metavar="FILE",
        help="write docs/speed.md from files of --json: the figures of the first, and of peers that only others have",
    )  # fmt: skip
    parser.add_argument("--write", action="store_true", help="write docs/speed.md")
    parser.add_argument("--lines", action="store_true", help="the dearest lines of each emitted module instead")
    parser.add_argument("--memory", action="store_true", help="the peak memory of a gradient instead")
    parser.add_argument("--compile", action="store_true", help="times of compiling and importing instead")
    parser.add_argument(
        "--scaling", action="store_true", help="how time and memory grow, drawn in docs/speed_scaling.png, instead"
    )
    given = parser.parse_args(arguments)
    dtypes = DTYPES if given.dtype == "both" else (given.dtype,)
    return Options(
        tuple(given.only), dtypes, tuple(given.peers), given.seconds, given.threads, given.cpu, given.json, tuple(given.page), given.write, given.lines,
        given.memory, given.compile, given.scaling,
    )  # fmt: skip
