"""Every operation of the library, alone in a small network, passes verification. Nothing here lists operations."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest
from networks import MLP, point

from symbprop.calculus.interpreter import interpret
from symbprop.language.source import Source
from symbprop.library.catalogue import catalogue
from symbprop.network.build import build
from symbprop.pipeline import read
from symbprop.verify.module import verify_module

Compiled = Callable[..., ModuleType]


def assert_right(module: ModuleType, text: str) -> None:
    """The gradient passes verification, and the loss is what index loops over the formulas give."""
    certificate = verify_module(module)
    assert certificate.passed, certificate.format()
    params, data = point(module, batch=3)
    program = build(read(Source("net.yaml", text))).program
    values = {**params, **dict(zip((*module.INPUTS, *module.TARGETS), data, strict=True))}
    assert program.loss is not None
    truth = interpret(program, values, {"N": 3})
    np.testing.assert_allclose(module.loss(params, *data), truth[program.loss][()], rtol=1e-11)


ACTIVATIONS = [name for name in catalogue().operations if catalogue().category(name) == "activations"]
LOSSES = [name for name in catalogue().operations if catalogue().category(name) == "losses"]
PENALTIES = [name for name in catalogue().operations if catalogue().category(name) == "penalties"]
INITIALIZERS = [name for name in catalogue().operations if catalogue().category(name) == "initializers"]
SPATIAL = [name for name, operation in catalogue().operations.items() if operation.axes]
LAYERS = [name for name in catalogue().operations if catalogue().category(name) == "layers"]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_passes_verification(name: str, compiled: Compiled) -> None:
    text = f"""
inputs: {{x: {{shape: [6]}}}}
targets: {{y: {{shape: [3]}}}}
layers: [{{dense: {{units: 5, activation: {name}}}}}, {{dense: {{units: 3, activation: {name}}}}}]
loss: mean_squared_error
"""
    assert_right(compiled(text), text)


@pytest.mark.parametrize("logits", [False, True])
@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_passes_verification(name: str, logits: bool, compiled: Compiled) -> None:
    operation = catalogue().operations[name]
    if logits and not any(each.name == "from_logits" for each in operation.attributes):
        pytest.skip("it has no form for logits")
    prediction, target = operation.arguments
    sparse = len(target.index) < len(prediction.index)
    where = "{shape: [], dtype: int, classes: 3}" if sparse else "{shape: [3]}"
    needs_probabilities = prediction.interval is not None or (
        any(a.name == "from_logits" for a in operation.attributes) and not logits
    )
    activation = "softmax" if needs_probabilities else "linear"
    text = f"""
inputs: {{x: {{shape: [6]}}}}
targets: {{y: {where}}}
layers: [{{dense: {{units: 5, activation: tanh}}}}, {{dense: {{units: 3, activation: {activation}}}}}]
loss: {{{name}: {{{"from_logits: true" if logits else ""}}}}}
"""
    assert_right(compiled(text), text)


@pytest.mark.parametrize("name", PENALTIES)
def test_every_penalty_passes_verification(name: str, compiled: Compiled) -> None:
    text = MLP.replace("units: 5,", f"units: 5, kernel_regularizer: {name},")
    assert_right(compiled(text), text)


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_passes_verification_between_others(name: str, compiled: Compiled) -> None:
    operation = catalogue().operations[name]
    data = [each for each in operation.arguments if not each.initializer]
    required = {"units": "3", "target_shape": "[2, 2]"}
    arguments = ", ".join(f"{a.name}: {required[a.name]}" for a in operation.attributes if a.default is None)
    reshapes = any(a.default is None and a.name == "target_shape" for a in operation.attributes)
    tail = "  end: {flatten: {}, inputs: [u]}" if reshapes else "  end: {dense: {units: 2}, inputs: [w]}"
    last = "u" if reshapes else "w"
    text = f"""
inputs: {{x: {{shape: [6]}}}}
targets: {{y: {{shape: [{4 if last == "u" else 2}]}}}}
nodes:
  a: {{dense: {{units: 4, activation: tanh}}, inputs: [x]}}
  b: {{dense: {{units: 4}}, inputs: [x]}}
  {last}: {{{name}: {{{arguments}}}, inputs: [{"a, b" if len(data) == 2 else "a"}]}}
{tail}
outputs: [end]
loss: mean_squared_error
"""
    if name == "dot":
        text = text.replace(tail + "\n", "").replace("shape: [2]", "shape: []").replace("[end]", "[w]")
    assert_right(compiled(text), text)


IMAGES = {1: [7, 2], 2: [5, 6, 2], 3: [4, 3, 5, 2]}


@pytest.mark.parametrize("name", SPATIAL)
def test_every_spatial_operation_passes_verification(name: str, compiled: Compiled) -> None:
    operation = catalogue().operations[name]
    required = {each.name: 2 for each in operation.attributes if each.default is None}
    choices = [each for each in operation.attributes if each.choices]
    for word in choices[0].choices if choices else ("",):
        arguments = {**required, **({choices[0].name: word} if choices else {})}
        written = ", ".join(f"{key}: {value}" for key, value in arguments.items())
        head = f"inputs: {{x: {{shape: {IMAGES[operation.axes]}}}}}\n"
        layers = f"layers: [bias, {{{name}: {{{written}}}}}]\n"
        shape = build(read(Source("net.yaml", head + layers))).program
        out = [size for size in shape.tensors[shape.outputs[0]].shape if isinstance(size, int)]
        text = f"{head}targets: {{y: {{shape: {out}}}}}\n{layers}loss: mean_squared_error\n"
        assert_right(compiled(text), text)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_every_initialiser_has_the_spread_of_its_formula(name: str, compiled: Compiled) -> None:
    module = compiled(MLP.replace("[6]", "[300]").replace("units: 5,", f"units: 200, kernel_initializer: {name},"))
    first, again, other = module.init(1)["W1"], module.init(1)["W1"], module.init(2)["W1"]
    assert np.array_equal(first, again)
    fan_in, fan_out = 300, 200
    spread = {
        "glorot": np.sqrt(2 / (fan_in + fan_out)), "he": np.sqrt(2 / fan_in), "lecun": np.sqrt(1 / fan_in),
        "random_uniform": 0.05 / np.sqrt(3), "random_normal": 0.05, "truncated_normal": 0.05 * 0.87962566103423978,
    }  # fmt: skip
    expected = next((value for key, value in spread.items() if name.startswith(key)), None)
    if expected is not None:
        assert not np.array_equal(first, other)
        np.testing.assert_allclose(np.std(first), expected, rtol=0.02)
        np.testing.assert_allclose(np.mean(first), 0, atol=expected / 50)
    elif name == "orthogonal":
        np.testing.assert_allclose(first.T @ first, np.eye(fan_out), atol=1e-12)
    elif name == "forget_ones":  # four gates side by side, the second one's ones
        np.testing.assert_array_equal(first, np.broadcast_to(np.repeat([0, 1, 0, 0], fan_out // 4), first.shape))
    else:
        assert np.ptp(first) == 0
