"""Makes zen.npz from the Zen of Python, which every Python carries as the module ``this``: ``python make_zen.py``."""

from __future__ import annotations

import codecs
import contextlib
import io
from pathlib import Path

import numpy as np

WINDOW = 32  # characters that a window shows
STRIDE = 8  # from the start of one window to that of the next


def text() -> str:
    """The Zen of Python (PEP 20, Tim Peters 2004, in the public domain)."""
    with contextlib.redirect_stdout(io.StringIO()):
        import this
    return codecs.decode(this.s, "rot13")


def main() -> None:
    """Write ``zen.npz`` beside this file: windows of characters, and the same windows one character later."""
    zen = text()
    alphabet = sorted(set(zen))
    codes = np.array([alphabet.index(letter) for letter in zen])
    starts = np.arange(0, len(codes) - WINDOW, STRIDE)
    windows = codes[starts[:, None] + np.arange(WINDOW + 1)]
    np.savez_compressed(Path(__file__).with_name("zen.npz"), ids=windows[:, :-1], following=windows[:, 1:])
    print(f"{len(zen)} characters, {len(alphabet)} of them different, {len(windows)} windows")


if __name__ == "__main__":
    main()
