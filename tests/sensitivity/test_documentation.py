"""What the page on gradient flow shows is what there is."""

from __future__ import annotations

import doctest
from pathlib import Path


def test_the_session_of_the_page_runs(root: Path) -> None:
    failed, tried = doctest.testfile(str(root / "docs" / "gradient_flow.md"), module_relative=False)
    assert tried > 5
    assert failed == 0
