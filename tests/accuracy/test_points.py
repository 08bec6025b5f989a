"""Emitted values and derivatives of activations and losses against 1,200 digits, near 0 and far out.

The truth is the unsimplified program and its tangent, interpreted index by index in mpmath: it shares no rule with what
makes the emitted form safe.
"""

from __future__ import annotations

import types
import warnings
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import mpmath
import numpy as np
import pytest

from symbprop.calculus.gradient import jvp
from symbprop.calculus.interpreter import Arithmetic, interpret
from symbprop.language.source import Source
from symbprop.library.catalogue import catalogue
from symbprop.network.build import build
from symbprop.pipeline import compile_description, read

DIGITS = 1200  # 1 − tanh² at 750 needs 652 of them
NAMES = "exp sqrt sin cos tan sinh cosh tanh asin acos atan asinh acosh atanh erf erfc log".split()
SIZES = (0.0, 1e-300, 1e-20, 1e-3, 1.0, 30.0, 710.0, 750.0, 1e5)
POINTS = [sign * size for size in SIZES for sign in (1, -1)]
CLOSE = 1e-13


@dataclass(frozen=True)
class Case:
    """A network of one unit u = x + b between an input and a loss, and the targets to try."""

    name: str
    nodes: str
    loss: str
    targets: tuple[float, ...] = ()

    def text(self) -> str:
        given = "targets: {y: {shape: [1]}}\n" if self.targets else ""
        unit = "  u: {formula: 'u[n, j] = x[n, j] + b[j]', inputs: [x]}\n"
        return f"inputs: {{x: {{shape: [1]}}}}\n{given}nodes:\n{unit}{self.nodes}loss: {self.loss}\n"


def activation(name: str, arguments: str = "{}") -> Case:
    return Case(
        f"{name} {arguments}", f"  h: {{{name}: {arguments}, inputs: [u]}}\n", "{formula: 'L = sum((n, j), h[n, j])'}"
    )


ACTIVATIONS = [
    activation(name) for name, operation in catalogue().operations.items()
    if catalogue().category(name) == "activations" and len(operation.arguments) == 1 and len(operation.arguments[0].index) == 1
]  # fmt: skip
SIGMOID = "  a: {sigmoid: {}, inputs: [u]}\n"
CASES = [
    *ACTIVATIONS,
    activation("gelu", "{approximate: true}"),
    activation("celu", "{alpha: 0.5}"),
    activation("leaky_relu", "{negative_slope: 0.01}"),
    Case("cross-entropy of logits", "", "{binary_crossentropy: {inputs: [u, y], from_logits: true}}", (0.0, 1.0, 0.3)),
    Case("cross-entropy of a sigmoid", SIGMOID, "{binary_crossentropy: {inputs: [a, y]}}", (0.0, 1.0, 0.3)),
    Case(
        "focal cross-entropy of logits",
        "",
        "{binary_focal_crossentropy: {inputs: [u, y], from_logits: true}}",
        (0.0, 1.0, 0.3),
    ),
    Case("focal cross-entropy of a sigmoid", SIGMOID, "{binary_focal_crossentropy: {inputs: [a, y]}}", (0.0, 1.0, 0.3)),
    Case("log cosh", "", "{log_cosh: {inputs: [u, y]}}", (0.0, 1.0)),
    Case("Huber", "", "{huber: {inputs: [u, y]}}", (0.0, 1.0)),
    Case("squared hinge", "", "{squared_hinge: {inputs: [u, y]}}", (-1.0, 1.0)),
    Case(
        "softplus, squared", "  a: {softplus: {}, inputs: [u]}\n", "{mean_squared_error: {inputs: [a, y]}}", (0.0, 3.0)
    ),
]


def loaded(text: str) -> tuple[ModuleType, Any]:
    source = Source("net.yaml", text)
    module = types.ModuleType("emitted")
    exec(compile(compile_description(read(source), source).source, "emitted", "exec"), module.__dict__)
    return module, build(read(source)).program


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_values_and_derivatives_are_right_and_silent_near_zero_and_far_out(case: Case) -> None:
    module, program = loaded(case.text())
    tangent, dot = jvp(program, ["b_u"])
    with mpmath.workdps(DIGITS):
        exact = Arithmetic(
            rational=lambda p, q: mpmath.mpf(p) / q,
            functions={**{name: getattr(mpmath, name) for name in NAMES}, "Floor": mpmath.floor},
            pi=mpmath.pi + 0,
            e=mpmath.e + 0,
        )
        for x in POINTS:
            for y in case.targets or (0.0,):
                given = {"x": [[mpmath.mpf(x)]], "y": [[mpmath.mpf(y)]]}
                point = {**given, "b_u": [mpmath.mpf(0)], dot["b_u"]: [mpmath.mpf(1)]}
                try:
                    values = interpret(tangent, point, {"N": 1}, exact)
                except ZeroDivisionError:
                    continue  # beyond what even these digits tell apart
                truth = values[program.loss][()], values[dot[program.loss]][()]
                if max(map(abs, truth)) > np.finfo(float).max:
                    continue
                data = [np.array([[x]]), *([np.array([[y]])] if case.targets else [])]
                with warnings.catch_warnings(), np.errstate(over="raise", invalid="raise", divide="raise"):
                    warnings.simplefilter("error")
                    loss, grads = module.loss_and_grad({"b_u": np.zeros(1)}, *data)
                for what, got, right in zip(("value", "derivative"), (loss, grads["b_u"][0]), truth, strict=True):
                    error = abs(mpmath.mpf(float(got)) - right)
                    assert error <= CLOSE * (1 + abs(right)), f"{what} at {x}, {y}: {got}, not {mpmath.nstr(right, 17)}"


LOGITS = "inputs: {{x: {{shape: [3]}}}}\ntargets: {{y: {target}}}\nnodes:\n  u: {{formula: 'u[n, j] = x[n, j] + b[j]', inputs: [x]}}\n{node}loss: {{{loss}}}\n"
NUMBER, ONE_HOT = "{shape: [], dtype: int, classes: 3}", "{shape: [3]}"
SOFTMAX = "  p: {softmax: {}, inputs: [u]}\n"


@pytest.mark.parametrize(
    ("target", "node", "loss"),
    [
        (NUMBER, "", "sparse_categorical_crossentropy: {inputs: [u, y], from_logits: true}"),
        (NUMBER, SOFTMAX, "sparse_categorical_crossentropy: {inputs: [p, y]}"),
        (ONE_HOT, "", "categorical_crossentropy: {inputs: [u, y], from_logits: true}"),
        (ONE_HOT, SOFTMAX, "categorical_crossentropy: {inputs: [p, y]}"),
    ],
)
def test_softmax_cross_entropy_is_right_for_any_finite_logits(target: str, node: str, loss: str) -> None:
    module, _ = loaded(LOGITS.format(target=target, node=node, loss=loss))
    for row in ([0.0, 0.0, 0.0], [1e5, 0.0, -1e5], [-1e5, -1e5 + 1, -1e5], [750.0, 710.0, 30.0], [1e300, -1e300, 0.0]):
        for label in range(3):
            y = np.array([label]) if target == NUMBER else np.eye(3)[[label]]
            with np.errstate(all="raise", under="ignore"):
                value, grads = module.loss_and_grad({"b_u": np.zeros(3)}, np.array([row]), y)
            with mpmath.workdps(50):
                parts = [mpmath.exp(mpmath.mpf(z) - max(row)) for z in row]
                truth = mpmath.log(sum(parts)) + max(row) - mpmath.mpf(row[label])
                slopes = [float(part / sum(parts) - (k == label)) for k, part in enumerate(parts)]
            # log Σ exp(z) and z have digits of the logits' size only.
            rounding = 4 * np.finfo(float).eps * np.abs(row).max()
            np.testing.assert_allclose(float(value), float(truth), rtol=CLOSE, atol=CLOSE + rounding)
            np.testing.assert_allclose(grads["b_u"], slopes, rtol=CLOSE, atol=CLOSE)
