"""The emitted erf, erfc and scaled erfc against mpmath and Arb, over both precisions, and the script of their coefficients."""

from __future__ import annotations

import math
from functools import partial
from types import ModuleType

import mpmath
import numpy as np
import pytest

from benchmarks.kernels.erf import KINDS, fitted
from symbprop.emit.missing import helper_source
from symbprop.verify.numbers import DIGITS, lifted

MIXED = 3.1  # mixed ulps: exp of NumPy alone is up to 2.3 ulps wrong in single precision
ENDS = {"float32": 10.2, "float64": 27.3}


@pytest.fixture(scope="module")
def kernel() -> ModuleType:
    return loaded("erf")


@pytest.fixture(scope="module")
def gaussian() -> ModuleType:
    return loaded("gauss")


def loaded(helper: str) -> ModuleType:
    module = ModuleType("kernel")
    module.__dict__["np"] = np
    exec(compile(helper_source(helper), "kernel.py", "exec"), module.__dict__)
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


@pytest.mark.parametrize("square", [-0.5, 3.0])
@pytest.mark.parametrize("dtype", ENDS)
def test_a_gaussian_beside_it_is_as_near(kernel: ModuleType, dtype: str, square: float) -> None:
    """factor erfc(c x) + slope s exp(-c² x²), near and far, and where its terms cancel."""
    root = mpmath.sqrt(abs(square)) * (1 if square > 0 else -1)
    x = (points(dtype, 1000) / float(abs(root))).astype(dtype)
    half = float(np.finfo(dtype).eps) / 2
    for part in (x, np.sort(x)[len(x) // 3 : 2 * len(x) // 3]):
        found = kernel._erfc_and_gauss(part, part, square, 0.5, 0.25)
        for ours, place in zip(found, part, strict=True):
            y = root * mpmath.mpf(float(place))
            tail, bell = mpmath.erfc(y) / 2, mpmath.mpf(float(place)) * mpmath.exp(-y * y) / 4
            units = float(np.spacing(abs(part.dtype.type(float(tail))))) + float(
                np.spacing(abs(part.dtype.type(float(bell))))
            )
            moved = (abs(y) / mpmath.sqrt(mpmath.pi) * mpmath.exp(-y * y) + 2 * y * y * abs(bell)) * half
            assert abs(float(ours) - (tail + bell)) <= MIXED * (units + moved), place


@pytest.mark.parametrize("dtype", ENDS)
def test_a_factor_costs_no_digit(kernel: ModuleType, dtype: str) -> None:
    x = points(dtype, 500)
    plain, scale = kernel._erfc(x, -2.0), np.linspace(1, 2, x.size, dtype=dtype)
    normal = np.abs(plain) > 4 * np.finfo(dtype).tiny
    np.testing.assert_array_equal((2 * kernel._erfc(x, -2.0, 0.5))[normal], plain[normal])
    np.testing.assert_array_equal(kernel._erfc(x, -2.0, -1.0), -plain)
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(kernel._erfc(x, -2.0, 0.3)[normal], 0.3 * plain[normal].astype(float), rtol=4 * eps)
    scaled = kernel._scaled_erfc(scale, x, -2.0, 0.5)
    np.testing.assert_allclose(scaled[normal], (scale * plain / 2)[normal], rtol=4 * eps)


def test_results_are_written_where_they_are_asked_for(kernel: ModuleType) -> None:
    x = np.random.default_rng(3).normal(0, 4, (70, 31))
    calls = (
        partial(kernel._erfc, x), partial(kernel._scaled_erfc, x, x), partial(kernel._erfc_and_gauss, x, x),
        partial(kernel._erfc, x.astype(np.float16)), partial(kernel._erfc, x * (1 + 0j)),
    )  # fmt: skip
    for call in calls:
        expected = call()
        for out in (np.full(x.shape, 7, expected.dtype), np.full(x.T.shape, 7, expected.dtype).T):
            assert call(out=out) is out
            np.testing.assert_array_equal(out, expected)


def test_scales_and_arguments_are_spread_over_each_other(kernel: ModuleType) -> None:
    x, scale = np.linspace(-3, 9, 40), np.linspace(1, 2, 7)[:, None]
    wide = np.broadcast_to(x, (7, 40))
    for helper in (kernel._scaled_erfc, kernel._erfc_and_gauss):
        np.testing.assert_array_equal(helper(scale, x), helper(np.broadcast_to(scale, (7, 40)), wide))


def test_fifty_digits_go_through_it(kernel: ModuleType) -> None:
    with mpmath.workdps(DIGITS):
        for place in ("-1.5", "0.25", "7"):
            y = mpmath.mpf(place)
            x = lifted(np.array([float(y)]))
            found = kernel._erfc_and_gauss(x, x, -2.0, 0.5, 0.25)[0].value
            truth = mpmath.erfc(-mpmath.sqrt(2) * y) / 2 + y * mpmath.exp(-2 * y * y) / 4
            assert abs(found - truth) < mpmath.mpf(10) ** -45


@pytest.mark.parametrize("dtype", ENDS)
def test_a_scaled_gaussian_keeps_what_underflow_would_take(gaussian: ModuleType, dtype: str) -> None:
    limit = float(np.sqrt(-2 * np.log(np.finfo(dtype).smallest_subnormal.astype(float))))
    x = np.concatenate([np.linspace(-1.01 * limit, 1.01 * limit, 4001), np.linspace(-3, 3, 2000)]).astype(dtype)
    eps, least = float(np.finfo(dtype).eps), float(np.finfo(dtype).smallest_subnormal)
    with np.errstate(all="raise", under="ignore"):
        for part in (x, x[4001:]):
            found = gaussian._scaled_gauss(part, part, 0.5, 0.375)
            for ours, place in zip(found, part, strict=True):
                y = mpmath.mpf(float(place))
                true = 0.375 * y * mpmath.exp(-y * y / 2)
                assert abs(float(ours) - true) <= (2.2 + 0.6 * y * y) * eps * abs(true) + 1.5 * least, place
        ends = np.array([np.inf, -np.inf, np.nan, 1e30, -1e30, 0.0], dtype)
        np.testing.assert_array_equal(gaussian._scaled_gauss(ends, ends), np.array([0, 0, np.nan, 0, 0, 0], dtype))


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
        np.testing.assert_array_equal(kernel._erfc_and_gauss(ends, ends), np.array([0, 2, np.nan, 0, 2, 1], dtype))
    assert kernel._erfc(ends[:0]).shape == (0,)


def test_shapes_and_strides_make_no_difference(kernel: ModuleType) -> None:
    x = np.random.default_rng(2).normal(0, 3, (301, 260))  # several blocks, the last one short
    whole = kernel._scaled_erfc(x, x)
    np.testing.assert_array_equal(kernel._scaled_erfc(x.T, x.T), whole.T)
    np.testing.assert_array_equal(kernel._scaled_erfc(x[:, 7], x[:, 7]), whole[:, 7])
    np.testing.assert_array_equal(kernel._scaled_erfc(x[0, 0], x[:1, :1])[0, 0], whole[0, 0])
    for row, column in ((0, 0), (3, 5), (200, 100)):
        one = np.s_[row : row + 1, column : column + 1]
        for helper in (kernel._erf, kernel._erfc):
            np.testing.assert_array_equal(helper(x[one]), helper(x)[one])


def test_the_sum_takes_complex_steps_near_and_far(kernel: ModuleType) -> None:
    x = np.linspace(-9, 9, 401)
    slope = kernel._erfc_and_gauss(x + 1e-30j, x + 1e-30j).imag / 1e-30
    truth = np.exp(-x * x) * (1 - 2 * x * x - 2 / np.sqrt(np.pi))
    np.testing.assert_allclose(slope, truth, rtol=1e-12, atol=1e-16)


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
