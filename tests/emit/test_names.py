"""Any text may be a name, and no name changes the program."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest
from networks import point

from symbprop.verify.module import verify_module

Compiled = Callable[..., ModuleType]

HOSTILE = ("lambda", "np", "params", "grads", "dtype", "loss", "forward", "__class__", "class", "N", "print", "Ω", "x y", "a-b",
           "{{ x }}", "{% raw %}", "quote\\\"quote", "it's", "init", "t", "cotangent", "L", "L_bar", "match", "ﬁ")  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_changes_the_program(name: str, compiled: Compiled) -> None:
    quoted = '"' + name + '"'
    text = f"""
name: {quoted}
inputs: {{{quoted}: {{shape: [3]}}}}
targets: {{y: {{shape: [2]}}}}
nodes:
  first: {{dense: {{units: 4, activation: softmax}}, inputs: [{quoted}]}}
  out: {{dense: {{units: 2}}, inputs: [first]}}
loss: mean_squared_error
"""
    module = compiled(text)
    certificate = verify_module(module, effort="quick")
    assert certificate.passed, certificate.format()
    plain = compiled(text.replace(quoted, "plain"))
    params, data = point(plain)
    assert module.loss(params, *data) == plain.loss(params, *data)
