"""``python -m benchmarks.speed``: time gradients of emitted modules against peers; ``--help`` lists what to choose.

Threads are settled before anything imports NumPy: a BLAS library reads its environment once, when it is loaded.
"""

from __future__ import annotations

import importlib

from benchmarks.speed.options import read_options
from benchmarks.speed.surroundings import settle

if __name__ == "__main__":
    given = read_options()
    settle(given.threads)
    importlib.import_module("benchmarks.speed.run").run(given)
