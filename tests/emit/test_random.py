"""Random small graphs of layers, merges and formulas, each verified."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from symbprop.verify.module import verify_module

Compiled = Callable[..., ModuleType]

MERGES = ("add", "multiply", "maximum", "concatenate", "average")
PLAIN = ("tanh", "sigmoid", "relu", "softplus", "elu", "gelu", "softmax", "silu", "linear")


@st.composite
def graphs(draw: st.DrawFn) -> str:
    """Random graphs of dense layers, merges and formulas over odd sizes."""
    width = draw(st.integers(2, 7))
    nodes = [f"  v0: {{dense: {{units: {width}, activation: {draw(st.sampled_from(PLAIN))}}}, inputs: [x]}}"]
    for number in range(1, draw(st.integers(2, 5))):
        before = st.sampled_from([f"v{i}" for i in range(number)])
        kind = draw(st.sampled_from(["dense", "merge", "formula"]))
        if kind == "dense":
            bias = draw(st.sampled_from(["true", "false"]))
            inner = f"dense: {{units: {width}, activation: {draw(st.sampled_from(PLAIN))}, use_bias: {bias}}}"
            nodes.append(f"  v{number}: {{{inner}, inputs: [{draw(before)}]}}")
        elif kind == "merge":
            merge = draw(st.sampled_from([m for m in MERGES if m != "concatenate"]))
            nodes.append(f"  v{number}: {{{merge}: {{}}, inputs: [{draw(before)}, {draw(before)}]}}")
        else:
            name = draw(before)
            formula = draw(st.sampled_from([
                "y[n, j] = {v}[n, j] * sigmoid(beta[j] * {v}[n, j])", "y[n, j] = sum(k, {v}[n, k] * B[j, k] * {v}[n, j])",
                "y[n, j] = {v}[n, j] - max(k, {v}[n, k]) / 2", "y[n, j] = c * {v}[n, j]^2 + d[j]",
            ])).format(v=name)  # fmt: skip
            nodes.append(f'  v{number}: {{formula: "{formula}", inputs: [{name}]}}')
    last = f"v{len(nodes) - 1}"
    nodes.append(f"  out: {{dense: {{units: 3}}, inputs: [{last}]}}")
    penalty = draw(st.sampled_from(["", ", kernel_regularizer: l2", ", kernel_regularizer: l1"]))
    nodes[0] = nodes[0].replace("activation", f"kernel_initializer: he_uniform{penalty}, activation")
    head = f"inputs: {{x: {{shape: [{draw(st.integers(1, 6))}]}}}}\ntargets: {{y: {{shape: [3]}}}}\nnodes:\n"
    return (
        head
        + "\n".join(nodes)
        + f"\noutputs: [out]\nloss: {{{draw(st.sampled_from(['mean_squared_error', 'huber', 'log_cosh']))}: {{inputs: [out, y]}}}}\n"
    )


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(graphs())
def test_random_small_networks_pass_verification(compiled: Compiled, text: str) -> None:
    certificate = verify_module(compiled(text))
    assert certificate.passed, f"{text}\n{certificate.format()}"
