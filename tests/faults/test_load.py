"""One emitted module under load: threads, forks, changing batch sizes, exceptions on the way."""

from __future__ import annotations

import os
import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest
from warm import ROOT

from benchmarks.soak import GROWTH, cases, digest, soak
from symbprop.verify.module import load_module

MODULES = ("digits", "lstm_digits", "lenet", "two_towers")


@pytest.mark.parametrize("name", MODULES)
def test_four_threads_give_the_bits_of_one(name: str) -> None:
    """Ten thousand calls of the first, fewer of those that take longer."""
    calls = 10_000 if name == "digits" else 600
    outcome = soak(load_module(ROOT / "generated" / f"{name}.py"), calls, 4)
    assert outcome.errors == []
    assert outcome.calls == calls
    assert outcome.differences == 0
    # The arrays of a larger network for eight batch sizes and four threads are not all there after a tenth of a short run.
    assert outcome.growth < (GROWTH if name == "digits" else 4 * GROWTH)


def test_a_difference_would_be_seen() -> None:
    """A module with one array for all calls, as a compiler might make it: the load finds it out."""

    class Shared(ModuleType):
        PARAMETERS, INPUTS, TARGETS, INTEGERS, RANGES = {"w": (4,)}, {"x": ("N", 4)}, {}, {}, {}
        room = np.empty(4)

        def loss_and_grad(self, params: dict[str, np.ndarray], x: np.ndarray) -> tuple[float, dict[str, np.ndarray]]:
            np.copyto(self.room, x.sum(0))
            return float(x.sum() + params["w"].sum()), {"w": self.room}

    assert soak(Shared("shared"), 2000, 4).differences > 0


def test_a_growing_module_would_be_seen() -> None:
    class Growing(ModuleType):
        PARAMETERS, INPUTS, TARGETS, INTEGERS, RANGES = {"w": (4,)}, {"x": ("N", 4)}, {}, {}, {}
        kept: list[np.ndarray] = []  # noqa: RUF012

        def loss_and_grad(self, params: dict[str, np.ndarray], x: np.ndarray) -> tuple[float, dict[str, np.ndarray]]:
            self.kept.append(np.ones(4000))
            return float(x.sum()), {"w": params["w"].copy()}

    assert soak(Growing("growing"), 2000, 2).growth > GROWTH


def test_errors_on_the_way_leave_the_next_call_as_it_was() -> None:
    module = load_module(ROOT / "generated" / "digits.py")
    case = cases(module, (5,))[0]
    x, label = case.data
    for _ in range(50):
        for bad in ((x[:, :3], label), (x, label + 10), (x[:0], label[:0]), (x.astype(str), label)):
            with pytest.raises((TypeError, ValueError)):
                module.loss_and_grad(case.params, *bad)
        assert digest(module.loss_and_grad(case.params, x, label)) == case.digest


def test_an_alarm_in_the_middle_of_a_call_leaves_the_next_as_it_was() -> None:
    """Numbers that overflow, with NumPy told to raise: the call ends wherever it stands."""
    module = load_module(ROOT / "generated" / "digits.py")
    case = cases(module, (5,))[0]
    x, label = case.data
    huge = {name: np.full_like(value, 1e300) for name, value in case.params.items()}
    for _ in range(20):
        with np.errstate(all="raise"), pytest.raises(FloatingPointError):
            module.loss_and_grad(huge, 1e300 + x, label)
        assert digest(module.loss_and_grad(case.params, x, label)) == case.digest


def test_release_lets_go_and_breaks_nothing() -> None:
    module = load_module(ROOT / "generated" / "digits.py")
    prepared = cases(module)
    for each in prepared:
        if hasattr(module, "release"):
            module.release()
        kept = module.loss_and_grad(each.params, *each.data)
        if hasattr(module, "release"):
            module.release()
        assert digest(kept) == each.digest
        assert digest(module.loss_and_grad(each.params, *each.data)) == each.digest


def test_forks_share_a_module() -> None:
    """Forked in the midst of its use, in a process of its own because it is the only thread there."""
    script = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from benchmarks.soak import cases, digest
from symbprop.verify.module import load_module
module = load_module("generated/digits.py")
prepared = cases(module)
children = []
for _ in range(4):
    child = os.fork()
    if child == 0:
        wrong = sum(digest(module.loss_and_grad(c.params, *c.data)) != c.digest for _ in range(40) for c in prepared)
        os._exit(min(wrong, 100))
    children.append(child)
wrong = sum(digest(module.loss_and_grad(c.params, *c.data)) != c.digest for _ in range(40) for c in prepared)
print(wrong, [os.waitstatus_to_exitcode(os.waitpid(each, 0)[1]) for each in children])
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )  # fmt: skip
    assert done.stdout == "0 [0, 0, 0, 0]\n", done.stderr


def test_another_process_gives_the_same_bits() -> None:
    script = """
from benchmarks.soak import cases
from symbprop.verify.module import load_module
print([each.digest.hex() for each in cases(load_module("generated/digits.py"))])
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        check=True,
    )
    here = cases(load_module(ROOT / "generated" / "digits.py"))
    assert done.stdout == f"{[each.digest.hex() for each in here]}\n"
