"""Makes iris.npz from the ``iris.csv`` that scikit-learn distributes: ``python make_iris.py iris.csv``."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np


def main(source: str) -> None:
    """Write ``iris.npz`` beside this file."""
    table = np.loadtxt(source, delimiter=",", skiprows=1)
    # Petal length and width. In float64, because no tenth is exact in binary.
    np.savez_compressed(Path(__file__).with_name("iris.npz"), x=table[:, 2:4])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
