"""The emitted erf, erfc and scaled erfc against mpmath and Arb, over both precisions, and the script of their coefficients."""

from __future__ import annotations

import math
from types import ModuleType

import mpmath
import numpy as np
import pytest

from benchmarks.kernels.erf import KINDS, fitted
from symbprop.emit.missing import helper_source

MIXED = 3.1  # mixed ulps: exp of NumPy alone is up to 2.3 ulps wrong in single precision
ENDS = {"float32": 10.2, "float64": 27.3}


@pytest.fixture(scope="module")
def kernel() -> ModuleType:
    module = ModuleType("kernel")
    module.__dict__["np"] = np
    exec(compile(helper_source("erf"), "kernel.py", "exec"), module.__dict__)
    return module


def points(dtype: str, count: int = 3000) -> np.ndarray:
    rng = np.random.default_rng(5)
    sizes = [rng.uniform(0, ENDS[dtype], count), rng.uniform(0, 1.5, count), 10 ** rng.uniform(-9, 0.3, count)]
    return (np.concatenate(sizes) * rng.choice([-1, 1], 3 * count)).astype(dtype)


def worst(got: np.ndarray, truth: list[mpmath.mpf], x: np.ndarray) -> float:
    digits = np.finfo(x.dtype).nmant + 1
    found = 0.0
    for ours, true, place in zip(got, truth, x, strict=True):
        size = mpmath.mpf(float(place))
        unit = float(np.spacing(abs(x.dtype.type(float(true)))))
        slope = 2 * abs(size) * mpmath.exp(-size * size) / mpmath.sqrt(mpmath.pi)
        found = max(found, float(abs(mpmath.mpf(float(ours)) - true) / (unit + slope * mpmath.mpf(2) ** -digits)))
    return found


@pytest.mark.parametrize("dtype", ENDS)
def test_erf_and_erfc_are_within_a_few_mixed_ulps(kernel: ModuleType, dtype: str) -> None:
    x = points(dtype)
    plain = np.sort(x)[: 2 * len(x) // 3]  # blocks without an underflow take another way than blocks with one
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert worst(kernel._erf(x), [mpmath.erf(float(each)) for each in x], x) <= MIXED
        for part in (x, plain):
            truth = [mpmath.erfc(float(each)) for each in part]
            assert worst(kernel._erfc(part), truth, part) <= MIXED
            scaled = kernel._scaled_erfc(part, part)
            assert worst(scaled / part, truth, part) <= MIXED + 1 or np.any(np.abs(scaled) < np.finfo(dtype).tiny)


@pytest.mark.parametrize("square", [0.5, -0.5, 3.0])
@pytest.mark.parametrize("dtype", ENDS)
def test_a_root_in_the_argument_is_not_rounded(kernel: ModuleType, dtype: str, square: float) -> None:
    """erfc(c x) is as near as erfc(x) is, though c = √½ is no number of the machine."""
    root = mpmath.sqrt(abs(square)) * (1 if square > 0 else -1)
    x = (points(dtype, 800) / float(abs(root))).astype(dtype)
    for part in (x, np.sort(x)[:800], np.sort(x)[-800:]):
        found = kernel._erfc(part, square)
        for ours, place in zip(found, part, strict=True):
            y = root * mpmath.mpf(float(place))
            true = mpmath.erfc(y)
            moved = 2 * abs(y) * mpmath.exp(-y * y) / mpmath.sqrt(mpmath.pi) * np.finfo(dtype).eps / 2
            assert abs(float(ours) - true) <= MIXED * (float(np.spacing(abs(part.dtype.type(float(true))))) + moved)
    ends = np.array([np.inf, -np.inf, np.nan, 1e30, -1e30, 0.0], dtype) * (1 if square > 0 else -1)
    np.testing.assert_array_equal(kernel._erfc(ends.astype(dtype), square), np.array([0, 2, np.nan, 0, 2, 1], dtype))


@pytest.mark.parametrize("dtype", ENDS)
def test_a_scale_keeps_what_underflow_would_take(kernel: ModuleType, dtype: str) -> None:
    x = np.linspace(0.97, 1.0, 200).astype(dtype) * np.asarray(ENDS[dtype], dtype)
    scale = np.full_like(x, 1e20)
    found = kernel._scaled_erfc(scale, x)
    truth = [1e20 * mpmath.erfc(float(each)) for each in x]
    errors = [abs(float(ours) - float(true)) / float(true) for ours, true in zip(found, truth, strict=True)]
    assert max(errors) < 1.5 * float(np.max(x)) ** 2 * np.finfo(dtype).eps


@pytest.mark.parametrize("dtype", ENDS)
def test_the_ends_of_the_error_function(kernel: ModuleType, dtype: str) -> None:
    ends = np.array([np.inf, -np.inf, np.nan, 1e30, -1e30, 0.0], dtype)
    with np.errstate(all="raise", under="ignore"):
        np.testing.assert_array_equal(kernel._erfc(ends), np.array([0, 2, np.nan, 0, 2, 1], dtype))
        np.testing.assert_array_equal(kernel._erf(ends), np.array([1, -1, np.nan, 1, -1, 0], dtype))
        np.testing.assert_array_equal(
            kernel._scaled_erfc(-ends, ends), np.array([0, np.inf, np.nan, 0, 2e30, 0], dtype)
        )
    assert kernel._erfc(ends[:0]).shape == (0,)


def test_shapes_and_strides_make_no_difference(kernel: ModuleType) -> None:
    x = np.random.default_rng(2).normal(0, 3, (301, 260))  # several blocks, the last one short
    whole = kernel._scaled_erfc(x, x)
    np.testing.assert_array_equal(kernel._scaled_erfc(x.T, x.T), whole.T)
    np.testing.assert_array_equal(kernel._scaled_erfc(x[:, 7], x[:, 7]), whole[:, 7])
    np.testing.assert_array_equal(kernel._scaled_erfc(x[0, 0], x[:1, :1])[0, 0], whole[0, 0])


@pytest.mark.parametrize("name", ["erf", "erfc"])
def test_the_error_function_takes_complex_steps(kernel: ModuleType, name: str) -> None:
    x = np.linspace(-5, 5, 401)
    slope = getattr(kernel, f"_{name}")(x + 1e-30j).imag / 1e-30
    truth = 2 / np.sqrt(np.pi) * np.exp(-x * x) * (1 if name == "erf" else -1)
    np.testing.assert_allclose(slope, truth, rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("dtype", ["float16", "longdouble", "complex64", "clongdouble"])
def test_other_precisions_are_computed_in_double(kernel: ModuleType, dtype: str) -> None:
    x = np.linspace(-3, 3, 61).astype(dtype)
    truth = np.array([math.erfc(each) for each in x.real.astype(float)])
    for found, true in (
        (kernel._erfc(x), truth),
        (kernel._scaled_erfc(x, x), truth * x.real),
        (kernel._erf(x), 1 - truth),
    ):
        assert found.dtype == x.dtype
        np.testing.assert_allclose(found, true, atol=4 * max(np.finfo(x.real.dtype).eps, 2e-16))


def test_the_coefficients_are_those_of_the_script(kernel: ModuleType) -> None:
    for kind, (degree, end) in KINDS.items():
        found = fitted(degree, end)
        for ours, theirs in zip(kernel._MILLS[kind], (found.above, found.below), strict=True):
            np.testing.assert_array_equal(ours, [float(each) for each in theirs])
        assert found.error < np.finfo(kind).eps / 2
