"""Makes xor.npz, the truth table of exclusive or: ``python make_xor.py``."""

from __future__ import annotations

from pathlib import Path

import numpy as np

if __name__ == "__main__":
    bits = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    truth = bits[:, :1] ^ bits[:, 1:]
    np.savez_compressed(Path(__file__).with_name("xor.npz"), x=bits.astype(np.float32), y=truth.astype(np.float32))
