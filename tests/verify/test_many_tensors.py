"""Nets of hundreds of tensors: none hides behind another, the wrong one is named, the work stays bounded."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
from many_tensors import deep

from symbprop.verify.module import verify_module
from symbprop.verify.probe import ALIKE, directions


@pytest.mark.parametrize("decay", [1.0, 0.5, 0.1])
def test_one_wrong_tensor_among_many_is_found_and_it_alone_is_blamed(decay: float) -> None:
    assert verify_module(deep(200, decay)).passed
    for name in ("w0", "w67", "w131", "w199"):
        module = deep(200, decay)

        def wrong(*args: Any, honest: Any = module.loss_and_grad, name: str = name, **named: Any) -> Any:
            loss, gradient = honest(*args, **named)
            return loss, {**gradient, name: gradient[name] * gradient[name].dtype.type(1.00001)}

        module.loss_and_grad = functools.wraps(module.loss_and_grad)(wrong)  # type: ignore[attr-defined]
        certificate = verify_module(module, effort="quick")
        assert [each.name for each in certificate.parameters if not each.passed] == [name]


def test_every_tensor_is_in_one_group_and_no_group_hides_a_small_gradient() -> None:
    gradient = {f"w{k}": np.full(3, 0.1**k) for k in range(200)} | {"zero": np.zeros(3)}
    groups = directions(gradient, np.random.default_rng(0), 40)
    assert sorted(name for group in groups for name in group) == sorted(gradient)
    for group in groups:
        sizes = [float(np.sum(gradient[name])) for name in group]
        assert max(sizes) <= ALIKE * min(sizes)


def test_the_work_does_not_grow_with_the_square_of_the_tensors() -> None:
    """Each evaluation costs what the net costs; so their number must not grow with the net."""
    calls = {}
    for count in (100, 1000):
        module = deep(count, 1.0)
        counted = [0]

        def count_calls(*args: Any, honest: Any = module.loss, counted: list[int] = counted) -> Any:
            counted[0] += 1
            return honest(*args)

        module.loss = count_calls  # type: ignore[attr-defined]
        assert verify_module(module).passed
        calls[count] = counted[0]
    assert calls[1000] <= 1.2 * calls[100]
