"""What commutes with a maximum is computed behind it: of fewer elements, with the same results, ties and all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from types import ModuleType

import numpy as np
import pytest
from sympy import Ge, S, exp, symbols, tanh

from symbprop.calculus.functions import Select
from symbprop.calculus.gradient import Names
from symbprop.calculus.interpreter import Arithmetic, interpret
from symbprop.calculus.program import GradientProgram
from symbprop.language.source import Source
from symbprop.pipeline import derive, read
from symbprop.schedule.behind import behind
from symbprop.schedule.distribute import Distributed
from symbprop.schedule.rising import rises
from tests.networks import assert_same_gradient, body_of, point

Compiled = Callable[..., ModuleType]

EXACT = Arithmetic(rational=Fraction, functions={}, power=lambda base, exponent: Fraction(base) ** int(exponent))
X, Y = symbols("x y", real=True)

NET = """
inputs: {{x: {{shape: [{shape}]}}}}
targets: {{y: {{shape: [2]}}}}
layers:
{layers}
  - flatten
  - dense: {{units: 2}}
loss: mean_squared_error
"""
CONV = "conv2d: {filters: 2, kernel_size: 2, activation: relu}"
MOVES = {
    "pooling": ("5, 5, 1", CONV, "max_pooling2d"),
    "rows left over": ("6, 7, 1", CONV, "max_pooling2d"),
    "overlapping windows": ("6, 6, 1", CONV, "max_pooling2d: {pool_size: 3, strides: 2}"),
    "all of an image": ("4, 4, 1", CONV, "global_max_pooling2d"),
    "one axis": ("6, 2", "conv1d: {filters: 2, kernel_size: 3, activation: relu}", "max_pooling1d"),
    "leaky": ("5, 5, 1", CONV.replace("relu", "{leaky_relu: {negative_slope: 0.25}}"), "max_pooling2d"),
    "bounded": ("5, 5, 1", CONV.replace("relu", "relu6"), "max_pooling2d"),
    "no bias": ("5, 5, 1", CONV.replace("2, a", "2, use_bias: false, a"), "max_pooling2d"),
    "twice": ("11, 11, 1", CONV, "max_pooling2d", CONV, "max_pooling2d"),
}
STAYS = {
    "what falls": ("4, 4, 1", "formula: 'h[n, i, j, c] = -x[n, i, j, c] * k[i, j]'", "max_pooling2d"),
    "a factor of any sign": ("4, 4, 2", "conv2d: {filters: 2, kernel_size: 1}", "layer_scale", "max_pooling2d"),
    "as many maxima as elements": ("5, 5, 1", CONV, "max_pooling2d: {pool_size: 2, strides: 1}"),
    "an average": ("5, 5, 1", CONV, "average_pooling2d"),
}


def text_of(shape: str, *layers: str) -> str:
    text = NET.format(shape=shape, layers="".join(f"  - {each}\n" for each in layers).rstrip())
    return text.replace("inputs:", "parameters: {k: {shape: [4, 4]}}\ninputs:") if "k[" in text else text


def gradient_of(text: str) -> GradientProgram:
    found = derive(read(Source("net.yaml", text))).gradient
    assert found is not None
    return found


def moved(gradient: GradientProgram) -> Distributed:
    program = gradient.program
    return behind(program.statements, program.tensors, program.results, Names(program.tensors).fresh)


def in_its_place(compiled: Compiled, text: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module in which everything is computed where the description has it."""
    with monkeypatch.context() as patched:
        patched.setattr("symbprop.schedule.schedule.behind", lambda given, *_: Distributed(statements=list(given)))
        return compiled(text)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("name", MOVES)
def test_loss_and_gradient_are_exactly_the_same_on_fractions(name: str, ties: bool) -> None:
    gradient = gradient_of(text_of(*MOVES[name]))
    program, made = gradient.program, moved(gradient)
    assert made.tensors
    rng = np.random.default_rng(4)
    values = {}
    for each in program.tensors.values():
        shape = [size if isinstance(size, int) else 2 for size in each.shape]
        drawn = rng.integers(-2, 3, shape) if ties else rng.integers(-(10**6), 10**6, shape)
        values[each.name] = np.vectorize(lambda n: Fraction(int(n), 8), otypes=[object])(drawn)
    after = replace(program, tensors={**program.tensors, **made.tensors}, statements=tuple(made.statements))
    expected, found = (interpret(each, values, {"N": 2}, EXACT) for each in (program, after))
    for result in program.results:
        assert found[result] == expected[result]


@pytest.mark.parametrize("name", STAYS)
def test_what_does_not_commute_or_leaves_no_less_to_do_stays(name: str) -> None:
    gradient = gradient_of(text_of(*STAYS[name]))
    made = moved(gradient)
    assert made.statements == list(gradient.program.statements)
    assert not made.tensors


def test_a_tensor_that_is_wanted_or_read_elsewhere_stays() -> None:
    program = gradient_of(text_of(*MOVES["pooling"])).program
    for wanted, stays in (("h", "h"), ("z1", "z1"), ("z1_bar", "h")):
        made = behind(program.statements, program.tensors, [*program.results, wanted], Names(program.tensors).fresh)
        assert {wanted, stays} <= {each.target.tensor for each in made.statements}
    branched = """
inputs: {x: {shape: [5, 5, 1]}}
targets: {y: {shape: [2]}}
nodes:
  h: {conv2d: {filters: 2, kernel_size: 2, activation: relu}, inputs: [x]}
  most: {global_max_pooling2d: {}, inputs: [h]}
  mean: {global_average_pooling2d: {}, inputs: [h]}
  sum: {add: {}, inputs: [most, mean]}
loss: {mean_squared_error: {}, inputs: [sum, y]}
"""
    program = gradient_of(branched).program
    made = behind(program.statements, program.tensors, program.results, Names(program.tensors).fresh)
    assert not made.tensors


def test_where_a_largest_element_is_stays_what_it_was_if_somebody_asks() -> None:
    text = """
inputs: {x: {shape: [6]}}
layers:
  - relu
  - formula: 'y[n] = max(k, x[n, k]) + argmax(k, x[n, k])'
"""
    program = derive(read(Source("net.yaml", text))).forward
    made = behind(program.statements, program.tensors, program.results, Names(program.tensors).fresh)
    assert not made.tensors


@pytest.mark.parametrize("name", [*MOVES, "tanh"])
def test_the_emitted_gradient_is_the_same(name: str, compiled: Compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    text = text_of(*MOVES["pooling"]).replace("relu", "tanh") if name == "tanh" else text_of(*MOVES[name])
    module, plain = compiled(text), in_its_place(compiled, text, monkeypatch)
    params, data = point(module, batch=4)
    for _ in range(2):  # the second time over what the first has left in the workspace
        assert_same_gradient(module, plain, params, data, loss=1e-13, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(module.forward(params, data[0]), plain.forward(params, data[0]), rtol=1e-13)
    for key, value in params.items():
        step = 1e-6 * np.random.default_rng(1).normal(size=value.shape)
        above, below = (module.loss({**params, key: value + s * step}, *data) for s in (1, -1))
        assert np.sum(module.loss_and_grad(params, *data)[1][key] * step) == pytest.approx(
            (above - below) / 2, rel=2e-4, abs=1e-11
        )


def test_bias_and_relu_are_computed_of_the_largest_elements_alone(compiled: Compiled) -> None:
    module = compiled(text_of("9, 9, 1", CONV, "max_pooling2d"))
    params, data = point(module, batch=3)
    module.loss_and_grad(params, *data)
    ((work,),) = module._IDLE.values()
    large = [name for name, each in vars(work).items() if np.ndim(each) == 4 and np.size(each) == 3 * 8 * 8 * 2]
    assert large == ["z1_part"]  # which the cotangent lives in when all has been read
    assert "z1_max = np.add(" in body_of(module)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_number_shows(bad: float, compiled: Compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    text = text_of(*MOVES["pooling"])
    module, plain = compiled(text), in_its_place(compiled, text, monkeypatch)
    params, (x, y) = point(module, batch=3)
    x[1, 2, 2, 0] = bad
    with np.errstate(all="ignore"):
        for each in (module.forward(params, x), plain.forward(params, x)):
            assert np.isfinite(each).all(axis=1).tolist() == [True, False, True]
        found, expected = (each.loss_and_grad(params, x, y) for each in (module, plain))
    assert np.isfinite(found[0]) == np.isfinite(expected[0])
    for key, value in found[1].items():
        np.testing.assert_array_equal(np.isnan(value), np.isnan(expected[1][key]))


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (Select(X > 0, X, S.Zero), True),
        (Select(X < 0, S.Zero, X), True),
        (Select(X > 0, X, X / 100), True),
        (Select(X > 0, X, -X), False),
        (Select(X > 0, X, S.One), False),  # it falls at 0
        (Select(Select(X > 0, X, S.Zero) < 6, Select(X > 0, X, S.Zero), S(6)), True),
        (Select(Ge(S.Zero, X, evaluate=False), S.Zero, X), True),
        (Select(X + Y > 6, S(6), X + Y), True),
        (Select(Y > 0, X, S.Zero), False),  # not where y changes as well
        (2 * tanh(X) + exp(X) - Y, True),
        (X * Y, False),
        (-X, False),
        (Y, True),
    ],
)
def test_what_never_falls_is_told_by_its_parts(expr: object, expected: bool) -> None:
    assert rises(expr, X) is expected  # type: ignore[arg-type]
