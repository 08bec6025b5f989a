"""Makes digits.npz from the ``digits.csv.gz`` that scikit-learn distributes: ``python make_digits.py digits.csv.gz``."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np


def main(source: str) -> None:
    """Write ``digits.npz`` beside this file."""
    table = np.loadtxt(source, delimiter=",", dtype=np.int64)
    # The file's order goes writer by writer. Shuffled once and for all, its last fifth can be the held-out set.
    # RandomState, because NumPy promises that its stream never changes; that of a Generator may.
    table = np.random.RandomState(1998).permutation(table)
    pixels, labels = table[:, :64], table[:, 64]
    # Sixteenths are exact in binary, so float32 loses nothing.
    np.savez_compressed(Path(__file__).with_name("digits.npz"), x=np.float32(pixels) / np.float32(16), label=labels)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
