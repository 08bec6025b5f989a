"""What a rate is, of a call that takes half a second: bytes and operations are counted here, no clock is read."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from symbprop.tuning import calibrate

HALF = 0.5


@pytest.fixture(autouse=True)
def half_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call runs once, and takes half a second."""

    def planted(call: Callable[[], object], **_: object) -> float:
        call()
        return HALF

    monkeypatch.setattr(calibrate, "seconds_of", planted)


def test_a_sum_of_two_arrays_moves_three() -> None:
    array = np.ones(calibrate.STREAM, np.float32)
    assert calibrate.streaming() == pytest.approx((array.nbytes + array.nbytes + array.nbytes) / 1e9 / HALF)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_product_multiplies_and_adds_once_for_each_term_of_each_element(dtype: str) -> None:
    terms = sum(1 for _ in np.ndindex(7, 11, 5))
    assert calibrate.speed(7, 11, 5, dtype) == pytest.approx(2 * terms / 1e9 / HALF)
