"""The threads and caches that every contestant gets, and what they turned out to be. Nothing here needs NumPy loaded."""

from __future__ import annotations

import ctypes
import importlib.metadata
import importlib.util
import os
import platform
import tempfile
from pathlib import Path

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
PACKAGES = ("numpy", "jax", "torch", "autograd", "pytensor")


def settle(threads: int) -> None:
    """As many threads for all, on as many cores; the kernels the CPU is best at; compilers that remember nothing."""
    for name in THREADS:
        os.environ[name] = str(threads)
    # Someone may have pinned older kernels for reproducible bits.
    os.environ.pop("OPENBLAS_CORETYPE", None)
    if threads == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.environ["JAX_PLATFORMS"] = "cpu"
    os.environ["TORCHINDUCTOR_FORCE_DISABLE_CACHES"] = "1"
    os.environ["PYTENSOR_FLAGS"] = f"base_compiledir={tempfile.mkdtemp(prefix='pytensor')}"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])


def described(threads: int) -> dict[str, str]:
    """Processor, threads, BLAS kernels, and versions of what is installed."""
    versions = {each: importlib.metadata.version(each) for each in PACKAGES if importlib.util.find_spec(each)}
    return {
        "processor": processor(),
        "threads": str(threads),
        "BLAS kernels": kernels(),
        "load": f"{os.getloadavg()[0]:.2f}",
        "Python": platform.python_version(),
        **versions,
    }


def processor() -> str:
    """The processor's name, as the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def kernels() -> str:
    """Which kernels NumPy's own OpenBLAS chose; 'unknown' for another BLAS."""
    found = importlib.util.find_spec("numpy")
    folder = Path(found.origin or "").parents[1] / "numpy.libs" if found else Path()
    for file in sorted(folder.glob("*openblas*")):
        library = ctypes.CDLL(str(file))
        for symbol in ("scipy_openblas_get_corename64_", "openblas_get_corename64_", "openblas_get_corename"):
            if hasattr(library, symbol):
                function = getattr(library, symbol)
                function.restype = ctypes.c_char_p
                return f"OpenBLAS {function().decode()}"
    return "unknown"
