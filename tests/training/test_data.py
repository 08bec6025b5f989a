"""Examples that are held out are not trained on."""

from __future__ import annotations

import numpy as np
import pytest

from symbprop.train.data import Examples


@pytest.mark.parametrize(("share", "held"), [(0.0, 0), (0.04, 0), (0.2, 2), (0.25, 2), (0.9, 9), (1.0, 10)])
def test_every_example_is_either_trained_on_or_held_out(share: float, held: int) -> None:
    x, table, label = np.arange(30).reshape(10, 3), np.arange(4), np.arange(10)
    train, validation = Examples((x, table, label), 2, (True, False, True)).split(share)
    assert len(train) == 10 - held
    assert train.inputs == 2
    parts = [train] if validation is None else [train, validation]
    assert len(parts) == (2 if held else 1)
    for position, whole in ((0, x), (2, label)):
        np.testing.assert_array_equal(np.concatenate([part.arrays[position] for part in parts]), whole)
    assert all(np.array_equal(part.arrays[1], table) for part in parts)
