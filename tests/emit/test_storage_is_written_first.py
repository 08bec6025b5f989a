"""What is allocated bare is written before it is read: a module in which ``np.empty`` gives NaN computes the same."""

from types import ModuleType

import numpy as np
import pytest

from symbprop.language.source import Source
from symbprop.pipeline import compile_description, read

DESCRIPTION = """
inputs: {{x: {{shape: [{steps}, 3]}}}}
targets: {{y: {{shape: [{outputs}]}}}}
layers: [{{{layer}: {{units: 4, return_sequences: {sequences}}}}}, flatten]
loss: mean_squared_error
"""


def _module(text, **names):
    module = ModuleType("made")
    module.__dict__.update(names)
    exec(compile(text, "made.py", "exec"), module.__dict__)
    return module


@pytest.mark.parametrize("sequences", [True, False])
@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize("layer", ["simple_rnn", "lstm", "gru"])
def test_a_recurrence_reads_nothing_that_it_has_not_written(layer, steps, sequences):
    outputs = 4 * steps if sequences else 4
    text = DESCRIPTION.format(steps=steps, outputs=outputs, layer=layer, sequences=str(sequences).lower())
    if not sequences:
        text = text.replace(", flatten", "")
    source = Source("made.yaml", text)
    made = compile_description(read(source), source).source
    plain = _module(made)
    poisoned = _module(
        made.replace("np.empty(", "_empty(").replace("np.empty_like(", "_empty_like("),
        _empty=lambda shape, dtype=float: np.full(shape, np.nan, dtype),
        _empty_like=lambda array: np.full_like(array, np.nan),
    )
    rng = np.random.default_rng(0)
    params = {name: value + rng.normal(size=value.shape) for name, value in plain.init(0).items()}
    x, y = rng.normal(size=(2, steps, 3)), rng.normal(size=(2, outputs))
    (loss, grads), (found, found_grads) = plain.loss_and_grad(params, x, y), poisoned.loss_and_grad(params, x, y)
    assert found == loss
    for name, value in found_grads.items():
        assert np.isfinite(value).all(), name
        np.testing.assert_array_equal(value, grads[name])
