"""State, noise, modes and argmax in the language: what they elaborate to, and what is said of mistakes."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from symbprop.calculus.index import size_symbol
from symbprop.calculus.program import Role, Tensor
from symbprop.calculus.statement import Reduction
from symbprop.language.elaborate import Elaborated, elaborate
from symbprop.language.parser import parse_operations
from symbprop.language.source import Source, SourceError
from symbprop.language.syntax import Draw

X = {"x": Tensor("x", (size_symbol("N"), 3), Role.INPUT)}
COUNTER = """
op centred(x[n, k], state m[k] = zeros; rate = 1/10):
    m'[k] = (1 - rate) * m[k] + rate * mean(n, x[n, k])
    y[n, k] = x[n, k] - where(training, mean(n, x[n, k]), m[k])
"""


def made(text: str, given: Mapping[str, Tensor] = X, *, training: bool = True) -> Elaborated:
    (operation,) = parse_operations(Source("ops.sym", text))
    return elaborate(operation, given, {}, lambda local: local, {}, training=training)


def roles(elaborated: Elaborated) -> dict[str, Role]:
    return {tensor.name: tensor.role for tensor in elaborated.tensors}


def test_a_state_is_no_parameter_and_has_a_next_value_of_its_shape() -> None:
    found = made(COUNTER)
    assert roles(found)["m"] is Role.STATE
    assert not found.parameters
    assert found.modes.updates == {"m": "m_next"}
    assert found.modes.differ
    assert found.results == ("y",)
    shapes = {tensor.name: tensor.shape for tensor in found.tensors}
    assert shapes["m"] == shapes["m_next"] == (3,)


def test_training_is_known_when_compiling_so_that_only_one_branch_is_left() -> None:
    def reads(training: bool) -> set[str]:
        found = made(COUNTER, training=training)
        return {read.tensor for each in found.statements if each.target.tensor == "y" for read in each.reads}

    assert "m" not in reads(True)
    assert "m" in reads(False)


@pytest.mark.parametrize("draw", [draw for draw in Draw if draw is not Draw.ORTHOGONAL])
def test_noise_takes_its_shape_from_its_indices(draw: Draw) -> None:
    found = made(f"op noisy(x[n, k], u[n] ~ {draw.value}):\n    y[n, k] = x[n, k] * u[n]\n")
    noise = next(tensor for tensor in found.tensors if tensor.name == "u")
    assert noise.role is Role.NOISE
    assert noise.shape == (size_symbol("N"),)
    assert found.modes.noise == {"u": draw}
    assert not found.modes.differ


def test_a_next_value_can_be_read() -> None:
    found = made(
        "op running(x[n, k], state m[k] = zeros):\n    m'[k] = m[k] + sum(n, x[n, k])\n    y[n, k] = x[n, k] - m'[k]\n"
    )
    last = [each for each in found.statements if each.target.tensor == "y"]
    assert {read.tensor for each in last for read in each.reads} == {"x", "m_next"}


def test_argmax_gives_an_integer_below_the_extent_of_its_axis() -> None:
    found = made("op chosen(x[n, k]):\n    c[n] = argmax(k, x[n, k])\n")
    (statement,) = found.statements
    assert statement.reduction is Reduction.ARGMAX
    assert statement.selects
    (tensor,) = found.tensors
    assert (tensor.integer, tensor.classes, tensor.shape) == (True, 3, (size_symbol("N"),))


def test_what_argmax_chose_can_index() -> None:
    found = made("op largest(x[n, k]):\n    c[n] = argmin(k, x[n, k])\n    y[n] = x[n, c[n]]\n")
    assert any(access.tensor == "c" for each in found.statements for access in each.accesses())


def test_a_tensor_may_be_called_training_or_state() -> None:
    found = made(
        "op f(x[n, k], training[k] = ones, state[k] = zeros):\n    y[n, k] = training[k] * x[n, k] + state[k]\n"
    )
    assert roles(found)["training"] is Role.PARAMETER
    assert roles(found)["state"] is Role.PARAMETER
    assert not found.modes.differ


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("op f(x[n, k], u[n, k] ~ unifrm):\n    y[n, k] = x[n, k]", "there is no noise 'unifrm'", "uniform"),
        ("op f(x[n, k], u[n, k] ~ orthogonal):\n    y[n, k] = x[n, k]", "there is no noise 'orthogonal'", ""),
        ("op f(x[n, k]):\n    m'[k] = sum(n, x[n, k])\n    y[n, k] = x[n, k]", "no argument", "state m"),
        ("op f(x[n, k], m[k] = ones):\n    m'[k] = m[k]\n    y[n, k] = m[k] * x[n, k]", "is no state", "state m"),
        ("op f(x[n, k]):\n    c = argmax((n, k), x[n, k])", "chooses along one axis", ""),
        ("op f(x[n, k]):\n    y[n, k] = where(trainin, x[n, k], 0)", "a condition stands here", ""),
    ],
)
def test_a_mistake_is_told_where_it_is(text: str, message: str, hint: str) -> None:
    with pytest.raises(SourceError) as caught:
        made(text)
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert caught.value.span.source.name == "ops.sym"
