"""What to set, where what NumPy runs on is not the best this processor can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from symbprop.tuning.blas import Blas
from symbprop.tuning.processor import Processor
from symbprop.tuning.rates import Rates

PINS = (
    "OPENBLAS_CORETYPE",
    "OPENBLAS_VERBOSE",
    "OPENBLAS_NUM_THREADS",
    "GOTO_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OMP_THREAD_LIMIT",
    "OMP_PROC_BIND",
    "BLIS_NUM_THREADS",
    "BLIS_ARCH_TYPE",
    "VECLIB_MAXIMUM_THREADS",
    "MKL_",  # all that begin so
    "NPY_DISABLE_CPU_FEATURES",
    "NPY_ENABLE_CPU_FEATURES",
)
# OpenBLAS' names of its kernels for x86, by the vector instructions they are written in.
WIDTHS: Mapping[str, tuple[str, ...]] = {
    "AVX-512": ("skylakex", "cooperlake", "sapphirerapids"),
    "AVX2": ("haswell", "zen", "excavator"),
    "AVX": ("sandybridge", "bulldozer", "piledriver", "steamroller"),
}
OLDEST = "SSE"
NEEDED: Mapping[str, frozenset[str]] = {
    "AVX-512": frozenset(("avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd")),
    "AVX2": frozenset(("avx2", "fma")),
    "AVX": frozenset(("avx",)),
}
LOSS = 0.95  # several threads slower than this part of one's speed are slower
QUIET = 0.5  # of a core that others may use before a machine counts as busy


@dataclass(frozen=True, slots=True)
class Advice:
    """What is wrong, and what to do about it."""

    wrong: str
    remedy: str


def pins(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that decide kernels or threads, of those that are set."""
    return {
        name: value
        for name, value in sorted(environment.items())
        if value and any(name.startswith(each) if each.endswith("_") else name == each for each in PINS)
    }


def kernels_width(kernels: str) -> str:
    """The vector instructions of kernels by OpenBLAS' name for them; empty for those of another architecture."""
    found = next((width for width, names in WIDTHS.items() if kernels.lower() in names), "")
    arm = kernels.lower().startswith(("arm", "neoverse", "cortex", "vortex", "thunder", "tsv", "falkor", "power", "z1"))
    return found or ("" if arm else OLDEST)


def best_width(features: frozenset[str]) -> str:
    """The widest vector instructions of a processor that OpenBLAS has kernels for; empty if unknown."""
    return next((width for width, needed in NEEDED.items() if needed <= features), "")


def advice(blas: Blas, processor: Processor, rates: Rates, environment: Mapping[str, str]) -> list[Advice]:
    """Everything that is worth setting otherwise, the dearest first."""
    return [
        *_about_kernels(blas, processor, environment),
        *_about_numpy(environment),
        *_about_threads(blas, processor, rates),
    ]


def _about_kernels(blas: Blas, processor: Processor, environment: Mapping[str, str]) -> list[Advice]:
    if blas.kernels is None:
        return []
    used, best = kernels_width(blas.kernels), best_width(processor.features)
    order = [*WIDTHS, OLDEST]
    if not used or not best or order.index(used) <= order.index(best):
        return []
    wrong = f"BLAS uses its {used} kernels ({blas.kernels}), and this processor has {best}"
    if environment.get("OPENBLAS_CORETYPE"):
        return [Advice(f"{wrong}: OPENBLAS_CORETYPE pins them", "unset OPENBLAS_CORETYPE")]
    remedy = "install a newer NumPy (pip install -U numpy)"
    if best == "AVX-512":
        remedy += ", or try: export OPENBLAS_CORETYPE=SkylakeX"
    return [Advice(wrong, remedy)]


def _about_numpy(environment: Mapping[str, str]) -> list[Advice]:
    return [
        Advice(f"{name}={environment[name]} keeps NumPy from vector instructions", f"unset {name}")
        for name in ("NPY_DISABLE_CPU_FEATURES", "NPY_ENABLE_CPU_FEATURES")
        if environment.get(name)
    ]


def _about_threads(blas: Blas, processor: Processor, rates: Rates) -> list[Advice]:
    """One piece of advice at most: the number of threads is one number."""
    count = blas.threads
    if count is None or count <= 1:
        return []
    set_one = "export OPENBLAS_NUM_THREADS=1"
    if count > processor.usable:
        return [
            Advice(
                f"BLAS uses {count} threads, and {processor.usable} {_cores(processor.usable)} may be used",
                f"export OPENBLAS_NUM_THREADS={processor.usable}",
            )
        ]
    slower = [shape for shape, (one, many) in rates.threads.items() if many < LOSS * one]
    if slower:
        return [Advice(f"{count} threads are slower than one, at {' and '.join(slower)}", set_one)]
    busy = 0 if processor.load is None else processor.load
    if busy > processor.usable - count + QUIET:
        return [
            Advice(
                f"BLAS uses {count} threads, and others use the machine (load {busy:.1f}): they wait for one another",
                set_one,
            )
        ]
    return []


def _cores(count: int) -> str:
    return "core" if count == 1 else "cores"
