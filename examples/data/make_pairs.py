"""Makes images.npz and pairs.npz from digits.npz: ``python make_pairs.py``."""

from __future__ import annotations

from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
PAIRS = 2000
SKIPPED = 4  # numbers an image that pairs.npz was drawn after


def main() -> None:
    """Write the two files beside this one."""
    with np.load(HERE / "digits.npz") as digits:
        x, label = digits["x"], digits["label"]
    # RandomState, because NumPy promises that its stream never changes; that of a Generator may.
    rng = np.random.RandomState(2013)
    np.savez_compressed(HERE / "images.npz", x=x)
    rng.standard_normal((len(x), SKIPPED))
    left, right = rng.randint(0, len(x), (2, PAIRS))
    for position in range(0, PAIRS, 2):  # every second pair shows one digit twice
        right[position] = rng.choice(np.flatnonzero(label == label[left[position]]))
    same = np.float32(label[left] == label[right])
    np.savez_compressed(HERE / "pairs.npz", left=x[left], right=x[right], same=same)


if __name__ == "__main__":
    main()
