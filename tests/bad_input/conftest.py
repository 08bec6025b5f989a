"""One process that has imported everything, for all tests of bad input that a worker runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from warm import Warm, started


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    """Runs commands in processes forked from it."""
    with started() as process:
        yield process
