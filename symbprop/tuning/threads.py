"""How many threads BLAS may use. It reads this when NumPy is loaded, so nothing here loads NumPy."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

VARIABLES = (
    "OPENBLAS_NUM_THREADS",
    "GOTO_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "OMP_NUM_THREADS",
)


def settle(threads: int | None = None, environment: MutableMapping[str, str] = os.environ) -> None:
    """So many threads, for a NumPy that is loaded afterwards; without a number one, unless the user has set any."""
    if threads is None and any(environment.get(name) for name in VARIABLES):
        return
    for name in VARIABLES:
        environment[name] = str(threads or 1)


def settle_peers(threads: int, environment: MutableMapping[str, str] = os.environ) -> None:
    """As many threads for JAX, on the processor, before it is loaded."""
    environment["JAX_PLATFORMS"] = "cpu"
    if threads == 1:
        environment["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
