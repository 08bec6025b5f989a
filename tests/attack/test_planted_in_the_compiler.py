"""Bugs planted in the compiler's own steps: what it emits then must not pass, and the verdict says which gradient is wrong."""

from __future__ import annotations

import importlib
import types
from types import ModuleType

import pytest
from attack.bugs import BUGS
from attack.patched import patched

import symbprop.pipeline
from symbprop.verify.module import verify_module


def emitted_by(pipeline: ModuleType, text: str) -> str:
    """The module that a compiler, honest or not, makes of a description. A patched one has its own ``Source``."""
    source = importlib.import_module("symbprop.language.source").Source("net.yaml", text)
    found: str = pipeline.compile_description(pipeline.read(source), source).source
    return found


def test_there_are_at_least_thirty() -> None:
    assert len(BUGS) >= 30


@pytest.mark.parametrize("name", BUGS)
def test_a_bug_planted_in_the_compiler_is_caught(name: str) -> None:
    bug = BUGS[name]
    honest = emitted_by(symbprop.pipeline, bug.network)
    with patched(bug.module, bug.old, bug.new) as pipeline:
        text = emitted_by(pipeline, bug.network)
    assert text != honest, "the bug changes nothing in this network"
    module = types.ModuleType("bugged")
    exec(compile(text, "bugged", "exec"), module.__dict__)
    certificate = verify_module(module, effort="quick")
    assert not certificate.passed
    named = {each.name for each in certificate.parameters if each.wrong}
    assert bug.wrong in named or any(f"the gradient of {bug.wrong} " in each for each in certificate.failures), (
        certificate.format()
    )


def test_the_honest_compiler_is_back_afterwards() -> None:
    bug = next(iter(BUGS.values()))
    before = emitted_by(symbprop.pipeline, bug.network)
    with patched(bug.module, bug.old, bug.new):
        pass
    assert importlib.import_module("symbprop.pipeline") is symbprop.pipeline
    assert emitted_by(symbprop.pipeline, bug.network) == before
    assert verify_module(symbprop_module(before), effort="quick").passed


def symbprop_module(text: str) -> ModuleType:
    module = types.ModuleType("honest")
    exec(compile(text, "honest", "exec"), module.__dict__)
    return module
