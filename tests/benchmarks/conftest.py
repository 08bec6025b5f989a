"""The hand-written gradients of the benchmark take erf from SciPy; without it their tests are not collected."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore = [] if find_spec("scipy") else ["test_speed.py"]
