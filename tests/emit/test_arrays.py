"""What an emitted module does with the arrays it is given and gives: their kinds, their memory, their order."""

from __future__ import annotations

import itertools
import types
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from networks import ALL, BRANCHED, EMBEDDED, MLP, point
from random_networks import networks

from symbprop.calculus.interpreter import FLOAT, Arithmetic, interpret
from symbprop.calculus.program import Program
from symbprop.language.source import Source
from symbprop.network.build import build
from symbprop.pipeline import compile_description, read


def loaded(text: str) -> ModuleType:
    source = Source("net.yaml", text)
    module = types.ModuleType("emitted")
    exec(compile(compile_description(read(source), source).source, "emitted", "exec"), module.__dict__)
    return module


def program_of(text: str) -> Program:
    """The formulas as written: before any simplification."""
    return build(read(Source("net.yaml", text))).program


def as_tuple(result: Any) -> tuple[np.ndarray, ...]:
    return result if isinstance(result, tuple) else (result,)


def results(module: ModuleType, params: Mapping[str, np.ndarray], data: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Everything that a module gives back."""
    found = dict(module.loss_and_grad(params, *data)[1])
    found.update(zip(module.OUTPUTS, as_tuple(module.forward(params, *data[: len(module.INPUTS)])), strict=True))
    return found


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(networks())
def test_random_networks_compute_what_their_formulas_say_and_keep_their_hands_off(text: str) -> None:
    module, program = loaded(text), program_of(text)
    params, data = point(module, batch=3)
    before = [array.tobytes() for array in (*params.values(), *data)]
    names = [*module.INPUTS, *module.TARGETS]
    truth = interpret(program, {**params, **dict(zip(names, data, strict=True))}, {"N": 3}, FLOAT)
    assert program.loss is not None
    np.testing.assert_allclose(module.loss(params, *data), truth[program.loss][()], rtol=1e-11)
    found = results(module, params, data)
    for output in program.outputs:
        expected = np.reshape(list(truth[output].values()), found[output].shape)
        np.testing.assert_allclose(found[output], expected, rtol=1e-11, atol=1e-12 * np.abs(expected).max())
    assert [array.tobytes() for array in (*params.values(), *data)] == before
    for one, other in itertools.combinations((*found.values(), *params.values(), *data), 2):
        assert not np.shares_memory(one, other)
    for value in found.values():
        assert value.flags.writeable
    narrow = results(module, {name: value.astype(np.float32) for name, value in params.items()}, data)
    assert {value.dtype for value in narrow.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize("name", ALL)
def test_complex_parameters_give_the_analytic_continuation(name: str) -> None:
    module = loaded(ALL[name])
    params, data = point(module)
    loss, grads = module.loss_and_grad(params, *data)
    flat = {key: value.astype(complex) for key, value in params.items()}
    wide_loss, wide = module.loss_and_grad(flat, *data)
    np.testing.assert_allclose(wide_loss, loss, rtol=1e-14)
    for key, value in wide.items():
        assert value.dtype == np.complex128
        np.testing.assert_allclose(value.real, grads[key], rtol=1e-12, atol=1e-14)
        assert not np.any(value.imag)
    for key, value in params.items():
        stepped = {**flat, key: value + 1e-30j}
        moved = np.imag(module.loss(stepped, *data)) / 1e-30
        np.testing.assert_allclose(moved, np.sum(grads[key]), rtol=1e-10, atol=1e-13)
        outputs = as_tuple(module.forward(stepped, *data[: len(module.INPUTS)])) if module.OUTPUTS else ()
        assert all(np.iscomplexobj(output) for output in outputs)


def test_complex_inputs_are_continued_too() -> None:
    module = loaded(MLP)
    params, (x, label) = point(module)
    stepped = x.astype(complex)
    stepped[1, 2] += 1e-30j
    slope = np.imag(module.loss(params, stepped, label)) / 1e-30
    ahead, behind = x.copy(), x.copy()
    ahead[1, 2] += 1e-6
    behind[1, 2] -= 1e-6
    numeric = (module.loss(params, ahead, label) - module.loss(params, behind, label)) / 2e-6
    np.testing.assert_allclose(slope, numeric, rtol=1e-7)


# Sizes are Python's integers; in a division they must not become floats.
EXACT = Arithmetic(rational=Fraction, functions={}, power=lambda base, exponent: Fraction(base) ** int(exponent))
POLYNOMIALS = {
    "linear layers": "inputs: {x: {shape: [3]}}\ntargets: {y: {shape: [2]}}\nlayers: [{dense: {units: 4}}, {dense: {units: 2}}]\nloss: mean_squared_error\n",
    "kinks": "inputs: {x: {shape: [3]}}\ntargets: {y: {shape: [2]}}\nlayers: [{dense: {units: 4, activation: relu}}, {dense: {units: 2, activation: hard_tanh}}]\nloss: huber\n",
    "merges and a penalty": BRANCHED[: BRANCHED.index("loss:")].replace("t: {shape: [2]}, c: {shape: [], dtype: int, classes: 3}", "t: {shape: [2]}, c: {shape: [3]}")
    + "loss:\n  - mean_squared_error: {inputs: [value, t], weight: 0.5}\n  - mean_absolute_error: {inputs: [kind, c]}\n",
    "an embedding": EMBEDDED,
    "products and maxima": ALL["mixed"],
}  # fmt: skip


@pytest.mark.parametrize("name", POLYNOMIALS)
def test_networks_of_polynomials_and_kinks_are_exact_in_fractions(name: str) -> None:
    module, program = loaded(POLYNOMIALS[name]), program_of(POLYNOMIALS[name])
    params, data = point(module, batch=2)
    rational = {key: exact(value) for key, value in params.items()}
    given_data = [value if value.dtype.kind == "i" else exact(value) for value in data]
    names = [*module.INPUTS, *module.TARGETS]
    sizes = {"N": 2, "T": data[0].shape[1] if name == "an embedding" else 0}
    truth = interpret(program, {**rational, **dict(zip(names, given_data, strict=True))}, sizes, EXACT)
    assert program.loss is not None
    loss, grads = module.loss_and_grad(rational, *given_data, cotangent=Fraction(1))
    assert loss == truth[program.loss][()]
    _, plain = module.loss_and_grad(
        {key: value.astype(float) for key, value in rational.items()}, *map(as_float, given_data)
    )
    for key, value in grads.items():
        assert all(isinstance(each, (Fraction, int)) for each in value.reshape(-1)), key
        np.testing.assert_allclose(value.astype(float), plain[key], rtol=1e-11, atol=1e-13)


def exact(value: np.ndarray) -> np.ndarray:
    """Sixteenths."""
    made = np.empty(value.shape, object)
    for place, each in np.ndenumerate(value):
        made[place] = Fraction(round(float(each) * 16), 16)
    return made


def as_float(value: np.ndarray) -> np.ndarray:
    return value if value.dtype.kind == "i" else value.astype(float)


@pytest.mark.parametrize("kind", ["int8", "uint8", "int32", ">i8", "uint64"])
def test_labels_of_any_integer_type_are_the_same_labels(kind: str) -> None:
    module = loaded(MLP)
    params, (x, label) = point(module)
    assert module.loss(params, x, label.astype(kind)) == module.loss(params, x, label)


@pytest.mark.parametrize("name", ["mlp", "branched", "reshaped", "embedded", "mixed"])
def test_inputs_by_name_as_lists_and_read_only_are_the_same_inputs(name: str) -> None:
    module = loaded(ALL[name])
    params, data = point(module)
    loss, grads = module.loss_and_grad(params, *data)
    for array in (*params.values(), *data):
        array.setflags(write=False)
    named = dict(zip([*module.INPUTS, *module.TARGETS], data, strict=True))
    lists = [array.tolist() for array in data]
    for other_loss, other in (
        module.loss_and_grad(params, **dict(reversed(named.items()))),
        module.loss_and_grad(dict(reversed(params.items())), *data),
        module.loss_and_grad(params, *lists),
    ):
        assert other_loss == loss
        assert all(np.array_equal(other[key], grads[key]) for key in grads)
        assert list(other) == list(module.PARAMETERS)


def test_one_array_may_be_given_twice() -> None:
    module = loaded(BRANCHED)
    params, (a, _, t, c) = point(module)
    aliased = {**params, "b_value": params["b_value"], "b_left": params["b_left"]}
    loss, grads = module.loss_and_grad(aliased, a, a, t, c)
    copied_loss, copied = module.loss_and_grad(params, a, a.copy(), t, c)
    assert loss == copied_loss
    assert all(np.array_equal(grads[key], copied[key]) for key in grads)
    square = loaded('formulas: "L = sum((i, j), (V[i:3, j:3] - W[j, i])^2 * W[i, j])"')
    shared = np.arange(9.0).reshape(3, 3)
    loss, grads = square.loss_and_grad({"V": shared, "W": shared})
    copied_loss, copied = square.loss_and_grad({"V": shared, "W": shared.copy()})
    assert loss == copied_loss
    assert all(np.array_equal(grads[key], copied[key]) for key in grads)


def test_repeated_ids_accumulate() -> None:
    module = loaded(EMBEDDED)
    params, _ = point(module)
    ids, y = np.array([[1, 1, 1, 0], [2, 1, 2, 1]]), np.zeros((2, 3))
    _, grads = module.loss_and_grad(params, ids, y)
    output = module.forward(params, ids)
    slope = 2 * output / output.size @ params["W"].T / 4
    expected = np.zeros((3, 4))
    for n, t in np.ndindex(ids.shape):
        expected[ids[n, t]] += slope[n]
    np.testing.assert_allclose(grads["E"], expected, rtol=1e-12, atol=1e-15)


WINDOWS: dict[str, tuple[str, Callable[[np.ndarray], list[float]]]] = {
    "overlapping windows": ("y[n, i:5] = sum(p, x[n, i + p] * K[p:3])", lambda x: [sum(x[i + p] * [1, 10, 100][p] for p in range(3)) for i in range(5)]),
    "steps of two": ("y[n, i:3] = sum(p, x[n, 2*i + p] * K[p:3])", lambda x: [sum(x[2 * i + p] * [1, 10, 100][p] for p in range(3)) for i in range(3)]),
    "a flipped kernel": ("y[n, i:5] = sum(p, x[n, i + p] * K[2 - p])", lambda x: [sum(x[i + p] * [100, 10, 1][p] for p in range(3)) for i in range(5)]),
}  # fmt: skip


@pytest.mark.parametrize("name", WINDOWS)
def test_shifted_reads_are_the_windows_they_say(name: str) -> None:
    formula, truth = WINDOWS[name]
    text = f"inputs: {{x: {{shape: [7]}}}}\nparameters: {{K: {{shape: [3]}}}}\nformulas:\n  - {formula}\n  - L = sum((n, i), y[n, i]^2) / 2\nloss: L\noutputs: [y]\n"
    module = loaded(text)
    x = np.random.default_rng(0).standard_normal((2, 7))
    kernel = np.array([1.0, 10.0, 100.0])
    expected = np.array([truth(row) for row in x])
    np.testing.assert_allclose(module.forward({"K": kernel}, x), expected, rtol=1e-13)
    _, grads = module.loss_and_grad({"K": kernel}, x)
    for p in range(3):
        basis = np.eye(3)[p]
        slope = np.sum(expected * module.forward({"K": basis}, x))  # y is linear in K
        np.testing.assert_allclose(grads["K"][p], slope, rtol=1e-12)


@pytest.mark.parametrize("reduction", ["max", "min"])
def test_the_weights_of_tied_elements_sum_to_one(reduction: str) -> None:
    module = loaded(f'formulas: "L = {reduction}(i, w[i:4]) + 0 * v"')
    for tied in ([1.0, 1.0, 1.0, 1.0], [3.0, 1.0, 3.0, 1.0], [0.0, 0.0, -0.0, 2.0]):
        _, grads = module.loss_and_grad({"w": np.array(tied), **({"v": 1.0} if "v" in module.PARAMETERS else {})})
        assert np.sum(grads["w"]) == 1


@pytest.mark.parametrize("name", ["mlp", "reshaped", "embedded", "mixed"])
def test_the_order_of_examples_and_the_way_a_batch_is_split_change_nothing(name: str) -> None:
    module = loaded(ALL[name])
    params, data = point(module, batch=6)
    loss, grads = module.loss_and_grad(params, *data)
    order = np.array([3, 0, 5, 1, 4, 2])
    shuffled_loss, shuffled = module.loss_and_grad(params, *(array[order] for array in data))
    np.testing.assert_allclose(shuffled_loss, loss, rtol=1e-13)
    parts = [module.loss_and_grad(params, *(array[rows] for array in data)) for rows in (slice(0, 2), slice(2, 6))]
    for key, value in grads.items():
        size = np.abs(value).max(initial=0)
        np.testing.assert_allclose(shuffled[key], value, rtol=1e-11, atol=1e-13 * size)
        joined = parts[0][1][key] * 2 / 6 + parts[1][1][key] * 4 / 6
        np.testing.assert_allclose(joined, value, rtol=1e-11, atol=1e-13 * size)


def floats(params: Mapping[str, np.ndarray]) -> Iterator[tuple[str, float]]:
    for name, value in params.items():
        yield name, float(value)


def test_numbers_of_python_are_parameters_too() -> None:
    module = loaded(ALL["bare"])
    params, _ = point(module)
    assert module.loss(dict(floats(params))) == module.loss(params)
    _, grads = module.loss_and_grad(dict(floats(params)))
    assert all(value.dtype == np.float64 and value.shape == () for value in grads.values())


@pytest.mark.parametrize("name", ALL)
def test_floating_point_errors_never_fire_on_ordinary_input(name: str) -> None:
    module = loaded(ALL[name])
    for seed in range(5):
        params, data = point(module, seed)
        with np.errstate(all="raise"):
            module.loss_and_grad(params, *data)


def test_a_maximum_with_an_axis_of_one_element_has_a_gradient() -> None:
    module = loaded(
        "inputs: {x: {shape: [3]}}\ntargets: {y: {shape: [1]}}\nnodes:\n"
        "  h: {formula: 'h[n, o:1] = max(k, x[n, k] * w[k])', inputs: [x]}\n"
        "loss: {formula: 'L = sum(n, h[n, 0] * y[n, 0])', inputs: [h]}\n"
    )
    x, y = np.array([[1.0, 5.0, 2.0], [3.0, 1.0, 1.0]]), np.array([[2.0], [10.0]])
    _, grads = module.loss_and_grad({"w_h": np.ones(3)}, x, y)
    assert np.array_equal(grads["w_h"], [30.0, 10.0, 0.0])
