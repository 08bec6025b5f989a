"""How many axes a group of axes has, where no tensor that is given says so."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

TEXT = """
operations: |
  op template(x[n, i], K[p...:sizes] as kernel = ones; sizes):
      y[n, i] = x[n, i] * sum(p..., K[p...]^2)
inputs: {{x: {{shape: [3]}}}}
layers:
  - template: {{sizes: {}}}
"""


@pytest.mark.parametrize(("sizes", "shape"), [("[2, 4]", (2, 4)), ("[2, 1, 3]", (2, 1, 3)), ("[5]", (5,)), ("5", (5,))])
def test_a_group_with_a_range_has_as_many_axes_as_its_attribute_lists(
    sizes: str, shape: tuple[int, ...], compiled: Callable[..., ModuleType]
) -> None:
    module = compiled(TEXT.format(sizes))
    assert tuple(module.PARAMETERS["K"]) == shape
    x, kernel = np.array([[1.0, -2.0, 0.5]]), np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
    np.testing.assert_allclose(module.forward({"K": kernel}, x), x * np.square(kernel).sum(), rtol=1e-14)
