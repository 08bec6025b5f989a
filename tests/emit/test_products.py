"""Contractions with a batch are products of matrices, also of complex, float32 and rational numbers."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

Compiled = Callable[..., ModuleType]
SIZES = {"n": 3, "h": 2, "t": 5, "s": 6, "d": 7, "k": 4}  # wide enough for products of matrices to pay
CASES = {  # the left operand's indices, the right one's, the result's, and the call that is expected
    "scores": ("nthd", "nshd", "nhts", "np.matmul"),
    "values": ("nhts", "nshd", "nthd", "np.matmul"),
    "transposed": ("nhts", "nthd", "nshd", "np.matmul"),
    "two rows": ("nthd", "ndk", "nthk", "np.matmul"),
    "two summed": ("nhsd", "nsdk", "nhk", "np.matmul"),
    "two rows, batch along memory": ("hdn", "dkn", "hkn", "np.einsum"),  # a sum of products runs along it
    "two summed, wide": ("ntsd", "nsdk", "ntk", "np.matmul"),
    "vector": ("ntd", "nd", "nt", "np.matmul"),
    "weights": ("ntd", "dhk", "nthk", ".dot("),
    "inner": ("ntd", "ntd", "nt", "np.einsum"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_product_is_right_in_every_arithmetic_and_lowered_as_it_should(name: str, compiled: Compiled) -> None:
    left, right, result, call = CASES[name]
    shapes = [[SIZES[i] for i in each] for each in (left, right)]
    summed = [i for i in dict.fromkeys(left + right) if i not in result]
    a, b, c = (", ".join(each) for each in (left, right, result))
    module = compiled(
        f"inputs: {{a: {{shape: {shapes[0]}, batch: false}}, b: {{shape: {shapes[1]}, batch: false}}}}\n"
        f"nodes:\n  y: {{formula: 'y[{c}] = sum(({', '.join(summed)}), a[{a}] * b[{b}])', inputs: [a, b]}}\n"
    )
    assert call in Path(str(module.__file__)).read_text(encoding="utf-8")
    rng = np.random.default_rng(0)
    x, y = (rng.integers(-9, 9, shape) for shape in shapes)
    expected = np.einsum(f"{left},{right}->{result}", x, y)
    assert np.array_equal(module.forward({}, x.astype(float), y.astype(float)), expected)
    single = module.forward({}, x.astype(np.float32), y.astype(np.float32))
    assert np.array_equal(single, expected)
    assert np.array_equal(module.forward({}, x * 1j, y.astype(complex)), expected * 1j)
    thirds = module.forward({}, x.astype(object) * Fraction(1, 3), y.astype(object))
    assert np.array_equal(thirds * 3, expected)


def test_repeated_rows_of_an_embedding_add_up_in_every_arithmetic(compiled: Compiled) -> None:
    module = compiled(
        "inputs: {ids: {shape: [T], dtype: int, classes: 4}, w: {shape: [T, 2]}}\nlayers:\n"
        "  - {name: e, embedding: {input_dim: 4, output_dim: 2}, inputs: [ids]}\n"
        "loss: {formula: 'L = sum((n, t, d), e[n, t, d] * w[n, t, d])', inputs: [e]}\n"
    )
    ids = np.array([[0, 2, 2], [2, 0, 2]])
    w = np.arange(12).reshape(2, 3, 2)
    expected = np.zeros((4, 2), int)
    for n, t in np.ndindex(2, 3):
        expected[ids[n, t]] += w[n, t]
    name = next(iter(module.PARAMETERS))
    for dtype in (float, np.float32, complex, object):
        params = {name: np.ones((4, 2), dtype)}
        _, grads = module.loss_and_grad(params, ids, w.astype(dtype))
        assert np.array_equal(grads[name], expected)


def test_inner_products_of_long_rows_are_a_stack_of_products(compiled: Compiled) -> None:
    """Softmax alone: what is pulled back is weighted row by row."""
    text = "inputs: {{x: {{shape: [{}]}}}}\nlayers: [softmax]\nfunctions: [vjp]\n"
    for length in (64, 200):
        module = compiled(text.format(length))
        written = Path(str(module.__file__)).read_text(encoding="utf-8")
        assert ("[..., None, :]" in written) == (length == 200)
        assert ("np.einsum(" in written) == (length == 64)
        rng = np.random.default_rng(length)
        x, bar = rng.normal(size=(2, 5, length))
        p = module.forward({}, x)
        (found,) = module.vjp({}, x, {next(iter(module.OUTPUTS)): bar}).values()
        np.testing.assert_allclose(found, p * (bar - np.sum(bar * p, axis=1, keepdims=True)), rtol=1e-12, atol=1e-16)
