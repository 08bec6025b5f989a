"""Bugs planted in the compiler's own steps: what it emits then must not pass, and the verdict says which gradient is wrong."""

from __future__ import annotations

import types
from functools import cache
from types import ModuleType

import pytest
from attack.bugs import BUGS
from attack.patched import patched

from symbprop.language.source import Source
from symbprop.pipeline import compile_description, read
from symbprop.verify.module import verify_module


def emitted(text: str) -> str:
    """The module that the compiler, honest or not, makes of a description."""
    source = Source("net.yaml", text)
    return compile_description(read(source), source).source


@cache
def honest(text: str) -> str:
    return emitted(text)


def test_there_are_at_least_thirty() -> None:
    assert len(BUGS) >= 30


@pytest.mark.parametrize("name", BUGS)
def test_a_bug_planted_in_the_compiler_is_caught(name: str) -> None:
    bug = BUGS[name]
    before = honest(bug.network)
    with patched(bug.module, bug.old, bug.new):
        text = emitted(bug.network)
    assert text != before, "the bug changes nothing in this network"
    certificate = verify_module(imported(text), effort="quick")
    assert not certificate.passed
    named = {each.name for each in certificate.parameters if each.wrong}
    assert bug.wrong in named or any(f"the gradient of {bug.wrong} " in each for each in certificate.failures), (
        certificate.format()
    )


def test_the_honest_compiler_is_back_afterwards() -> None:
    bug = next(iter(BUGS.values()))
    before = honest(bug.network)  # in a process of its own no earlier test has made it
    with patched(bug.module, bug.old, bug.new):
        assert emitted(bug.network) != before
    assert emitted(bug.network) == before
    assert verify_module(imported(before), effort="quick").passed


def test_a_text_that_is_not_there_once_cannot_be_planted() -> None:
    for text in ("no such text", "return"):
        with pytest.raises(ImportError, match="not once"), patched("calculus.adjoint", text, ""):
            pass


def imported(text: str) -> ModuleType:
    module = types.ModuleType("emitted")
    exec(compile(text, "emitted", "exec"), module.__dict__)
    return module
