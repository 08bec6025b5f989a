"""Layer norm's and masked softmax's gradients in the shapes of a textbook."""

from __future__ import annotations

from symbprop.calculus.equations import number_equations
from symbprop.calculus.printer import format_equation
from symbprop.language.source import Source
from symbprop.pipeline import derive, read


def equations(text: str) -> dict[str, str]:
    gradient = derive(read(Source("net.yaml", text))).gradient
    assert gradient is not None
    found = (format_equation(each, gradient.program.tensors) for each in number_equations(gradient.program.statements))
    return dict(each.split(" = ", 1) for line in found for each in line.split("; "))


def test_the_gradient_of_a_layer_norm_has_three_terms() -> None:
    found = equations(
        "inputs: {x: {shape: [5]}}\ntargets: {y: {shape: [4]}}\n"
        "layers: [{dense: {units: 4}}, layer_normalization]\nloss: mean_squared_error\n"
    )
    assert found["m_sum[n]"] == "Σⱼ ū[n,j]"
    assert found["v_sum[n]"] == "Σⱼ ū[n,j] u[n,j]"
    assert found["z̄[n,j]"] == "(ū[n,j] − m_sum[n] / 4 − v_sum[n] u[n,j] / 4) / √(v[n] + 0.001)"


CAUSAL = """
inputs: {x: {shape: [T, 4]}}
targets: {y: {shape: [T, 4]}}
layers: [{multi_head_attention: {num_heads: 2, key_dim: 3, use_causal_mask: true}}]
loss: mean_squared_error
"""


def test_a_causal_softmax_masks_the_exponent_and_needs_no_guard() -> None:
    found = equations(CAUSAL)
    assert found["e_masked[n,h,t,t']"] == "{e[n,h,t,t'] if t' ≤ t else −∞}"
    assert found["w[n,h,t,t']"] == "z_term[n,h,t,t'] / z[n,h,t]"
    assert found["ē_masked[n,h,t,t']"] == "w[n,h,t,t'] (w̄[n,h,t,t'] − z_sum[n,h,t])"


def test_a_mask_that_is_given_may_leave_nothing_and_is_guarded() -> None:
    text = CAUSAL.replace("[T, 4]}}\ntargets", "[T, 4]}, mask: {shape: [T], dtype: int, classes: 2}}\ntargets")
    found = equations(text.replace("use_causal_mask: true", "inputs: {query: x, mask: mask}"))
    assert found["z_any[n]"] == "max_{t'} 1[mask[n,t'] > 0]"
    assert "∞" in found["w[n,h,t,t']"]
